from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.data.pool_there import PoolThere
from cryoal.descriptors import columns
from cryoal.descriptors.columns import Columns, Made
from cryoal.errors import PoolError
from tests.data.samples import grid_picks, tomogram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.crew import Crew, Work

    Rows = dict[str, NDArray[np.float32]]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "STEP", 4)
    monkeypatch.setattr(columns, "SPAN", 4)


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    _add(tmp_path, "TS_01", 14)
    return tmp_path


def _add(folder: Path, name: str, n: int) -> None:
    picks = grid_picks(folder / f"{name}.csv", [name], n=n)
    extract(folder / "pool.zarr", [tomogram(folder, name, "int8")], picks, box=8, density="white")


class Teller:
    """Means and extremes of boxes; remembers how many boxes it was shown for each."""

    def __init__(self, stops_after: int = 1000) -> None:
        self.shown = {"mean": 0, "ends": 0}
        self.left = stops_after

    def __call__(self, boxes: NDArray[np.float32], names: Sequence[str]) -> Rows:
        found = {
            "mean": boxes.mean(axis=(1, 2, 3))[:, None],
            "ends": np.stack([boxes.min(axis=(1, 2, 3)), boxes.max(axis=(1, 2, 3))], axis=1),
        }
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        for name in names:
            self.shown[name] += len(boxes)
        return {name: found[name] for name in names}


def _open(folder: Path, teller: Teller, version: str = "1") -> Columns:
    made = [Made("mean", version, 1), Made("ends", "1", 2)]
    return Columns(folder / "descriptors", Pool.open(folder / "pool.zarr"), made, teller)


def _assert_right(found: Columns) -> None:
    boxes = found.pool.read_normalised(np.arange(len(found.pool)))
    for name, rows in Teller()(boxes, ["mean", "ends"]).items():
        np.testing.assert_array_equal(found.read(name, np.arange(len(rows))), rows)
        some = np.array([5, 0, 5, 13])
        np.testing.assert_array_equal(found.read(name, some), rows[some])


def test_each_box_is_described_once(campaign: Path) -> None:
    teller = Teller()
    found = _open(campaign, teller)
    assert found.n_missing() == 14
    found.fill()
    assert found.n_missing() == 0
    _assert_right(found)
    again = _open(campaign, teller)
    again.fill()
    _assert_right(again)
    assert teller.shown == {"mean": 14, "ends": 14}


def test_a_pool_that_grew_gets_the_new_rows_alone(campaign: Path) -> None:
    _open(campaign, Teller()).fill()
    _add(campaign, "TS_02", 9)
    teller = Teller()
    found = _open(campaign, teller)
    assert found.n_missing() == 9
    found.fill()
    _assert_right(found)
    assert teller.shown == {"mean": 11, "ends": 11}  # from 12 on, where a step begins


def test_another_version_is_made_anew_alone(campaign: Path) -> None:
    _open(campaign, Teller()).fill()
    teller = Teller()
    found = _open(campaign, teller, version="2")
    found.fill()
    _assert_right(found)
    assert teller.shown == {"mean": 14, "ends": 0}


def test_it_goes_on_where_it_was_stopped(campaign: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _open(campaign, Teller(stops_after=2)).fill()
    file = campaign / "descriptors" / "ends.f32"
    file.write_bytes(file.read_bytes() + b"half a row")
    teller = Teller()
    found = _open(campaign, teller)
    assert found.n_missing() == 6
    found.fill()
    _assert_right(found)
    assert teller.shown == {"mean": 6, "ends": 6}


def test_rows_of_a_part_that_was_added_anew_are_made_anew(campaign: Path) -> None:
    _add(campaign, "TS_02", 9)
    _open(campaign, Teller()).fill()
    for name in ("mean", "ends"):
        file = campaign / "descriptors" / f"{name}.json"
        facts = json.loads(file.read_text())
        facts["parts"][1][0] = "0123456789abcdef"
        del facts["check"]
        file.write_text(json.dumps(facts))
    teller = Teller()
    found = _open(campaign, teller)
    assert found.n_missing() == 9
    found.fill()
    _assert_right(found)


def test_a_kind_that_is_ahead_of_another_after_a_kill_stays_as_far(campaign: Path) -> None:
    first = _open(campaign, Teller())
    first.fill()
    file = campaign / "descriptors" / "ends.f32"
    content = file.read_bytes()
    file.write_bytes(content[: 5 * 12])  # rows of two numbers and a check
    teller = Teller()
    found = _open(campaign, teller)
    found.fill()
    _assert_right(found)
    assert file.read_bytes() == content
    assert teller.shown == {"mean": 0, "ends": 10}  # from 4 on, where a step begins


def test_pickled_work_describes_the_same_boxes(
    campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool.open(campaign / "pool.zarr")
    work = columns.Describing(PoolThere(pool), Teller(), ["mean", "ends"])
    here = work.of(4, 14)
    there = pickle.loads(pickle.dumps(work))
    monkeypatch.setattr(Pool, "read_normalised", _never)
    with pytest.raises(AssertionError):
        work.of(4, 14)
    monkeypatch.undo()
    for name, rows in there.of(4, 14).items():
        np.testing.assert_array_equal(rows, here[name])


def test_work_about_another_pool_is_refused(campaign: Path) -> None:
    there = PoolThere(Pool.open(campaign / "pool.zarr"))
    sent = pickle.loads(pickle.dumps(there))
    _add(campaign, "TS_02", 9)
    with pytest.raises(PoolError, match=r"expected the pool of 14 boxes in .* found another one"):
        sent.pool()
    assert len(there.pool()) == 14  # who opened it goes on with what was there


def _never(*_: object) -> NDArray[np.float32]:
    raise AssertionError


def test_whoever_works_gives_the_same_files(campaign: Path) -> None:
    _open(campaign, Teller()).fill()
    files = sorted((campaign / "descriptors").iterdir())
    before = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()

    class Ahead:
        """Does all parts, the last first, and gives them in their order."""

        def spans(self, work: Work, spans: Sequence[tuple[int, int]]) -> Iterator[Rows]:
            sent = pickle.loads(pickle.dumps(work))
            done = {span: sent.of(*span) for span in reversed(spans)}
            return (done[span] for span in spans)

    made = [Made("mean", "1", 1), Made("ends", "1", 2)]
    pool = Pool.open(campaign / "pool.zarr")
    crew = cast("Crew", Ahead())
    Columns(campaign / "descriptors", pool, made, Teller(), crew).fill()
    assert [file.read_bytes() for file in files] == before


@pytest.mark.parametrize("harm", ["flip", "cut", "facts"])
def test_what_is_damaged_is_made_again(campaign: Path, harm: str) -> None:
    _open(campaign, Teller()).fill()
    file = campaign / "descriptors" / "ends.f32"
    content = bytearray(file.read_bytes())
    if harm == "flip":
        content[3 * 12 + 5] ^= 4
    elif harm == "cut":
        del content[7 * 12 + 3 :]
    else:
        facts = file.with_suffix(".json")
        facts.write_text(facts.read_text().replace('"columns": 2', '"columns": 3'))
    file.write_bytes(content)
    teller = Teller()
    found = _open(campaign, teller)
    found.fill()
    _assert_right(found)
    assert teller.shown["ends"] == {"flip": 4, "cut": 10, "facts": 14}[harm]  # steps of 4
    healed = _open(campaign, Teller(stops_after=0))
    assert healed.n_missing() == 0
    healed.read("ends", np.arange(14))  # nothing is made again a second time


def test_moments_are_those_of_all_rows_in_float64(campaign: Path) -> None:
    found = _open(campaign, Teller())
    found.fill()
    rows = found.read("ends", np.arange(14)).astype(np.float64)
    moments = found.moments("ends")
    np.testing.assert_allclose(moments.mean, rows.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.deviation, rows.std(axis=0), rtol=1e-12)

    def nothing(*_: object) -> Iterator[NDArray[np.float32]]:
        raise AssertionError("expected the moments that were kept")

    found.in_steps = nothing  # type: ignore[method-assign]
    np.testing.assert_array_equal(found.moments("ends").mean, moments.mean)


def test_all_rows_come_in_steps(campaign: Path) -> None:
    found = _open(campaign, Teller())
    found.fill()
    steps = list(found.in_steps("mean", 5))
    assert [len(step) for step in steps] == [5, 5, 4]
    np.testing.assert_array_equal(np.concatenate(steps), found.read("mean", np.arange(14)))
