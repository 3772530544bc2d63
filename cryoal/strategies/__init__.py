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
    },
    "cryoal.strategies",
)
"""Each is a subclass of :class:`cryoal.strategies.base.Strategy`, made without arguments."""
