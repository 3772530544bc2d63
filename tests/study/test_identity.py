from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.config import Config, make_config
from cryoal.errors import ConfigError
from cryoal.records import read_json, write_json
from cryoal.study.compare import cells
from cryoal.study.config import read_study
from cryoal.study.identity import are_same_settings, as_once_told, settings_told
from tests.study.images import STUDY, write_study

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.study.cell import Cell

FIRST = (
    "Config(classes=('a', 'b'), seed=0, device='auto', renamed=(),"
    " pool=PoolConfig(box=32, min_inside=0.7),"
    " model=ModelConfig(teacher='resnet18', student='resnet10', width=64, stem='pool', channels=1,"
    " dropout=0.0), train=TrainConfig(epochs=100, batch_size=64, learning_rate=0.1,"
    " decay_at=(0.8,), decay=0.1, optimizer='sgd', momentum=0.9, weight_decay=0.0005,"
    " transfer_weight=100.0, transfer='attention', restart='scratch', batch_norm='running',"
    " precision='auto', class_weights='none'), augment=AugmentConfig(rotations=True, mirror=True,"
    " shift=1, recrop=False), query=QueryConfig(strategy='knowledge-transfer',"
    " subset_factor=10.0), review=ReviewConfig(keys=(), junk='junk', repeats=0.05, thickness=3))"
)
"""What ``repr`` gave of ``Config(classes=("a", "b"))`` in the first version."""

FIRST_IDENTITY = "e2473be114c02aa24fa8bd30abf509bf174e0aa6033f8eb51221b2c7c09847bd"
"""What the first version kept of the cell ``random-0`` of STUDY."""


def _cell(folder: Path, text: str = STUDY) -> Cell:
    study = read_study(write_study(folder, text))
    return cells(study, folder / "out")[0]


def test_the_first_version_told_a_configuration_so() -> None:
    assert as_once_told(Config(classes=("a", "b")))[0] == FIRST


def test_a_cell_of_the_first_version_goes_on(tmp_path: Path) -> None:
    cell = _cell(tmp_path)
    cell.folder.mkdir(parents=True)
    # as the first version wrote it for this study, before settings were kept by name
    own = {"identity": FIRST_IDENTITY, "strategy": "random", "seed": 0}
    (cell.folder / "cell.json").write_text(str(own).replace("'", '"'))
    cell._claim()
    write_json(cell.folder / "cell.json", own | {"identity": "0" * 64})
    with pytest.raises(ConfigError, match="of the same settings and data"):
        cell._claim()


def test_a_setting_that_came_later_must_have_its_default(tmp_path: Path) -> None:
    cell = _cell(tmp_path)
    cell.folder.mkdir(parents=True)
    cell._claim()
    file = cell.folder / "cell.json"
    kept = read_json(file)
    assert kept["settings"]["train.epochs"] == 3
    del kept["settings"]["train.class_weights"]  # as of a version that had no such setting
    write_json(file, kept)
    cell._claim()
    with pytest.raises(ConfigError, match="of the same settings and data"):
        _cell(
            tmp_path,
            STUDY.replace('"train.epochs=3"', '"train.epochs=3", "train.class_weights=balanced"'),
        )._claim()
    kept["settings"]["model.gone"] = 3  # of a version that had one more
    write_json(file, kept)
    with pytest.raises(ConfigError, match="of the same settings and data"):
        cell._claim()


def test_settings_that_no_cell_reads_make_no_other_cell() -> None:
    plain = make_config(("a", "b"), "laptop", [])
    other = make_config(("a", "b"), "laptop", ["pretrain.steps=7", "query.strategy=bald"])
    assert are_same_settings(settings_told(plain), settings_told(other))
    for setting in ("train.epochs=7", "seed=1", "augment.shift=0", "pool.box=16"):
        changed = make_config(("a", "b"), "laptop", [setting])
        assert not are_same_settings(settings_told(plain), settings_told(changed)), setting
