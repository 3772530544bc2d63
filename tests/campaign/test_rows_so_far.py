"""What long work has told so far, span by span."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign.rows_so_far import RowsSoFar, Told
from cryoal.crew import ALONE, spans_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TOLD = {"log_p": Told("<f4", 3), "share": Told("<f8"), "gap": Told("<f4")}
SPANS = spans_of(10, 4)


class Thirds:
    """Work that counts what it was asked for."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def of(self, start: int, stop: int) -> dict[str, NDArray[np.floating]]:
        self.asked.append((start, stop))
        rows = np.arange(start, stop)
        share = np.where(rows == 5, np.nan, rows / 3)
        log_p = np.stack([rows, rows + 0.25, -rows], axis=1).astype(np.float32)
        return {"share": share, "log_p": log_p, "gap": (rows / 7).astype(np.float32)}


def whole(kept: RowsSoFar, work: Thirds) -> dict[str, NDArray[np.floating]]:
    parts = [kept.read(work, *span) for span in SPANS]
    return {name: np.concatenate([part[name] for part in parts]) for name in TOLD}


def assert_right(kept: RowsSoFar) -> None:
    work = Thirds()
    for name, values in Thirds().of(0, 10).items():
        found = whole(kept, work)[name]
        assert found.dtype == values.dtype
        np.testing.assert_array_equal(found, values)
    assert work.asked == []


def test_every_bit_comes_back(tmp_path: Path) -> None:
    work = Thirds()
    kept = RowsSoFar(tmp_path / "rows", "ab", TOLD)
    assert list(kept.fill(work, SPANS, ALONE)) == SPANS == work.asked
    assert_right(kept)


@pytest.mark.parametrize(
    ("kept_bytes", "asked"),
    [
        (4 * 28, [(4, 8), (8, 10)]),
        (5 * 28 + 3, [(4, 8), (8, 10)]),  # a row of seven words that was cut short
        (10 * 28, []),
    ],
)
def test_what_is_there_is_not_made_again(
    tmp_path: Path, kept_bytes: int, asked: list[tuple[int, int]]
) -> None:
    list(RowsSoFar(tmp_path / "rows", "ab", TOLD).fill(Thirds(), SPANS, ALONE))
    file = tmp_path / "rows" / "rows.f32"
    content = file.read_bytes()
    file.write_bytes(content[:kept_bytes])
    work, kept = Thirds(), RowsSoFar(tmp_path / "rows", "ab", TOLD)
    list(kept.fill(work, SPANS, ALONE))
    assert work.asked == asked
    assert file.read_bytes() == content
    assert_right(kept)


def test_a_flipped_bit_is_found_and_its_span_made_again(tmp_path: Path) -> None:
    list(RowsSoFar(tmp_path / "rows", "ab", TOLD).fill(Thirds(), SPANS, ALONE))
    file = tmp_path / "rows" / "rows.f32"
    content = bytearray(file.read_bytes())
    content[6 * 28 + 5] ^= 8
    file.write_bytes(content)
    work, kept = Thirds(), RowsSoFar(tmp_path / "rows", "ab", TOLD)
    whole(kept, work)
    assert work.asked == [(4, 8)]
    assert_right(kept)  # it was put in its place


@pytest.mark.parametrize("facts", ['{"of": "cd"}', "{", None])
def test_rows_of_something_else_are_removed(tmp_path: Path, facts: str | None) -> None:
    list(RowsSoFar(tmp_path / "rows", "ab", TOLD).fill(Thirds(), SPANS, ALONE))
    if facts is None:
        (tmp_path / "rows" / "made_from.json").unlink()
    else:
        (tmp_path / "rows" / "made_from.json").write_text(facts)
    assert len(RowsSoFar(tmp_path / "rows", "ab", TOLD)) == 0
