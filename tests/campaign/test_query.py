from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cryoal.campaign.query import read_query
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

QUERY: dict[str, Any] = {
    "cycle": 0, "strategy": "random", "reason": None, "seed": 0, "n_eligible": 9, "n_subset": 9,
    "n_labelled": 0,
}  # fmt: skip
ASKED: dict[str, Any] = {"key": "a/1", "score": None, "suggestion": "ring", "probability": 0.5}


def write(folder: Path, asked: object, **changes: object) -> Path:
    home = folder / "cycle_000"
    home.mkdir()
    (home / "query.json").write_text(json.dumps({**QUERY, "asked": asked} | changes))
    return home


def test_a_query_without_a_check_is_read(tmp_path: Path) -> None:
    query = read_query(write(tmp_path, [ASKED, ASKED | {"score": 1, "suggestion": None}]))
    assert query.keys() == ["a/1", "a/1"]


@pytest.mark.parametrize(
    "changes", [{"key": ["a"]}, {"key": None}, {"score": "high"}, {"suggestion": 5}, {"extra": 1}]
)
def test_a_box_of_another_kind_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    (name,) = changes
    with pytest.raises(FileFormatError, match=rf"expected a query in .*query\.json, .*{name}"):
        read_query(write(tmp_path, [ASKED | changes]))


@pytest.mark.parametrize("changes", [{"strategy": {}}, {"seed": "0"}, {"n_subset": None}])
def test_a_fact_of_another_kind_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    (name,) = changes
    with pytest.raises(FileFormatError, match=rf"expected a query in .*query\.json, {name} is "):
        read_query(write(tmp_path, [ASKED], **changes))
