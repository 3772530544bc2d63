from __future__ import annotations

from cryoal.companions import COMPANIONS
from cryoal.companions.base import Companion
from cryoal.scoring.fields import companions_for
from cryoal.strategies import STRATEGIES
from cryoal.strategies.base import make_strategy
from cryoal.study.config import DataConfig, StudyConfig, Variant
from cryoal.study.teachers import other_teachers


def _study(*names: str, variants: tuple[Variant, ...] = ()) -> StudyConfig:
    return StudyConfig("s", DataConfig("there"), 10, 5, 2, strategies=names, variants=variants)


def test_dropout_joint_losses_and_own_settings_make_another_teacher() -> None:
    variants = (
        Variant("longer", "margin", ("train.epochs=99",)),
        Variant("lambda-0", "knowledge-transfer", ("train.transfer_weight=0",)),
    )
    names = ("random", "mc-dropout", "bald", "ll4al", "vaal", "committee", "knowledge-transfer")
    assert other_teachers(_study(*names, variants=variants)) == {
        "mc-dropout": "dropout of 0.5 before its last layer",
        "bald": "dropout of 0.5 before its last layer",
        "ll4al": "learns the loss of its loss-predictor too",
        "longer": "settings of its own: train.epochs=99",
    }


def test_dropout_that_all_teachers_have_is_none_of_its_own() -> None:
    study = StudyConfig("s", DataConfig("there"), 10, 5, 2, strategies=("bald",),
                        settings=("model.dropout=0.5",))  # fmt: skip
    assert other_teachers(study) == {}


def test_every_other_strategy_has_companions_that_leave_the_teacher_alone() -> None:
    names = sorted(STRATEGIES.builtins)
    marked = other_teachers(_study(*names))
    for name in names:
        strategy = make_strategy(name)
        companions = companions_for(strategy.needs)
        gives = [COMPANIONS.load(c).joint is not Companion.joint for c in companions]  # type: ignore[attr-defined]
        assert (name in marked) == (any(gives) or strategy.dropout > 0), name
