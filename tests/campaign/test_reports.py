from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cryoal.campaign.reports import read_report
from cryoal.errors import FileFormatError
from cryoal.records import write_json

if TYPE_CHECKING:
    from pathlib import Path

TEST: dict[str, Any] = {
    "n": 4, "accuracy": 0.5, "macro_f1": 0.5, "classes": ["a", "b"], "recall": [0.5, 0.5],
    "precision": [0.5, 0.5], "f1": [0.5, 0.5], "support": [2, 2], "confusion": [[1, 1], [1, 1]],
}  # fmt: skip
REPORT: dict[str, Any] = {
    "n_labelled": 5, "trained": True, "seconds": {"train": 1.5}, "history": {"teacher_loss": [1.0]},
    "test": TEST, "made_from": {"labels": "0a"},
}  # fmt: skip


def test_what_a_training_left_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / "report.json", REPORT)
    assert read_report(tmp_path / "report.json")["test"] == TEST


@pytest.mark.parametrize(
    "changes",
    [
        {"n_labelled": "5"},
        {"trained": None},
        {"seconds": [1.5]},
        {"history": {"teacher_loss": 1.0}},
        {"test": []},
        {"test": TEST | {"recall": [0.5]}},
        {"test": TEST | {"confusion": [[1, 1]]}},
        {"test": TEST | {"accuracy": None}},
        {"made_from": "cycle 0"},
    ],
)
def test_a_report_of_another_kind_is_refused_by_its_file(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    (name,) = changes
    write_json(tmp_path / "report.json", REPORT | changes)
    with pytest.raises(
        FileFormatError, match=rf"expected a report in .*report\.json, found {name}"
    ):
        read_report(tmp_path / "report.json")
