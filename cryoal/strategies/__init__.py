"""Acquisition strategies by name: one a file, and one line in this table."""

from cryoal.registry import Table

__all__ = ["STRATEGIES"]

STRATEGIES = Table(
    "strategy",
    {
        "knowledge-transfer": "cryoal.strategies.knowledge_transfer:KnowledgeTransfer",
        "random": "cryoal.strategies.random_choice:RandomChoice",
        "entropy": "cryoal.strategies.entropy:Entropy",
        "margin": "cryoal.strategies.margin:Margin",
        "least-confidence": "cryoal.strategies.least_confidence:LeastConfidence",
        "power-entropy": "cryoal.strategies.power:PowerEntropy",
        "power-margin": "cryoal.strategies.power:PowerMargin",
        "power-least-confidence": "cryoal.strategies.power:PowerLeastConfidence",
        "mc-dropout": "cryoal.strategies.mc_dropout:MCDropout",
        "bald": "cryoal.strategies.bald:BALD",
        "committee": "cryoal.strategies.committee:Committee",
        "core-set": "cryoal.strategies.core_set:CoreSet",
        "vaal": "cryoal.strategies.vaal:VAAL",
        "ll4al": "cryoal.strategies.ll4al:LL4AL",
        "sraal": "cryoal.strategies.sraal:SRAAL",
        "gradient-norm": "cryoal.strategies.gradient_norm:GradientNorm",
        "badge": "cryoal.strategies.badge:BADGE",
        "typiclust": "cryoal.strategies.typiclust:TypiClust",
        "tcm": "cryoal.strategies.tcm:TCM",
        "maxherding": "cryoal.strategies.herding:MaxHerding",
        "uherding": "cryoal.strategies.herding:UHerding",
        "dropquery": "cryoal.strategies.dropquery:DropQuery",
        "student-teacher-kl": "cryoal.strategies.student_distance:StudentTeacherKL",
        "jensen-shannon": "cryoal.strategies.student_distance:JensenShannon",
        "posterior-mse": "cryoal.strategies.student_distance:PosteriorMse",
        "posterior-l1": "cryoal.strategies.student_distance:PosteriorL1",
        "feature-attention": "cryoal.strategies.student_distance:FeatureAttention",
        "feature-mse": "cryoal.strategies.student_distance:FeatureMse",
        "feature-l1": "cryoal.strategies.student_distance:FeatureL1",
        "stratified-margin": "cryoal.strategies.stratified:StratifiedMargin",
        "stratified-power-entropy": "cryoal.strategies.stratified:StratifiedPowerEntropy",
        "stratified-knowledge-transfer": "cryoal.strategies.stratified:StratifiedKnowledgeTransfer",
    },
    "cryoal.strategies",
)
"""Each is a subclass of :class:`cryoal.strategies.base.Strategy`, made without arguments."""
