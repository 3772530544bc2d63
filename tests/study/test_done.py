from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cryoal.errors import FileFormatError
from cryoal.records import write_json
from cryoal.study.done import read_done
from tests.study.samples import CLASSES, row

if TYPE_CHECKING:
    from pathlib import Path

OWN: dict[str, Any] = {"strategy": "margin", "seed": 3, "classes": CLASSES}


def write(folder: Path, **changes: Any) -> Path:
    facts = row("margin", 3, 1, 0.5) | {"deeper_accuracy": None} | changes
    file = folder / "cycle_001.json"
    done = {"row": facts, "answers": [[5, 1], [7, None]], "agreement": [], "predicted": [0, 1]}
    write_json(file, done)
    return file


def test_what_a_cycle_left_is_read(tmp_path: Path) -> None:
    terms = {"distance": 0.5, "error": 0.4, "loss": 0.3, "slack": 0.6}
    assert read_done(write(tmp_path, bound=terms), OWN)["row"]["accuracy"] == 0.5


@pytest.mark.parametrize(
    "changes",
    [
        {"strategy": "random"},
        {"seed": 4},
        {"classes": ["ring", "rod"]},
        {"accuracy": "0.5"},
        {"n_labelled": None},
        {"recall": [0.5]},
        {"support": [1, 2, None]},
        {"seconds": {"train": "long"}},
        {"advice": [5]},
        {"n_picked": []},
        {"bound": {"distance": 0.5, "error": 0.4}},
        {"bound": {"distance": 0.5, "error": 0.4, "loss": None}},
    ],
)
def test_a_row_of_something_else_is_refused_by_its_file(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    (name,) = changes
    with pytest.raises(FileFormatError, match=rf"expected {name} .*cycle_001\.json, found"):
        read_done(write(tmp_path, **changes), OWN)


@pytest.mark.parametrize(
    "name", sorted({*row("margin", 3, 1, 0.5)} - {"miou", *OWN, "deeper_accuracy"})
)
def test_a_row_without_a_field_is_refused_by_its_file(tmp_path: Path, name: str) -> None:
    facts = row("margin", 3, 1, 0.5)
    facts.pop(name)
    file = tmp_path / "cycle_001.json"
    write_json(file, {"row": facts, "answers": [], "agreement": [], "predicted": []})
    with pytest.raises(FileFormatError, match=rf"expected {name} in .*cycle_001\.json, found none"):
        read_done(file, OWN)


@pytest.mark.parametrize(
    "changes",
    [{"answers": [5]}, {"answers": 5}, {"predicted": None}, {"agreement": ["x"]}, {"row": []}],
)
def test_facts_of_another_kind_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    file = write(tmp_path)
    facts = {"row": row("margin", 3, 1, 0.5), "answers": [], "agreement": [], "predicted": []}
    write_json(file, facts | changes)
    with pytest.raises(FileFormatError, match=r"cycle_001\.json, found"):
        read_done(file, OWN)
