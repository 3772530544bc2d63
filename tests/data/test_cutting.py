"""Who measures tomograms and cuts boxes changes no byte of a pool."""

from __future__ import annotations

import gzip
import pickle
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.data import cutting
from cryoal.data.cutter import Cutter
from cryoal.data.cutting import Cutting, InTurn, Measuring
from cryoal.data.extract import extract
from cryoal.data.given import Slab
from cryoal.data.sources import placed
from cryoal.data.statistics import MAX_SAMPLE, Statistics
from cryoal.data.tomogram import Tomogram
from cryoal.errors import TomogramError
from tests.crews import Elsewhere
from tests.data.samples import grid_picks, noise, picks, tomogram, write_mrc
from tests.data.test_levels import write_pyramid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.sources import Source

NAMES = ["TS_01", "TS_02", "TS_03"]


@pytest.fixture(autouse=True)
def _spans_of_five_boxes_and_one_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "SPAN_BOXES", 5)
    monkeypatch.setattr("cryoal.data.part_writer.now", lambda: "2026-01-01T00:00:00Z")


def files(folder: Path) -> list[Path]:
    """Tomograms of three kinds: one with a gold bead, one of bytes, one with a hole."""
    gold, hole = noise((20, 30, 40), seed=1), noise((20, 30, 40), seed=3)
    gold[10, 15, 20:22] = 1000
    hole[10, 15, 20] = np.nan
    with warnings.catch_warnings():  # mrcfile says that it is there
        warnings.simplefilter("ignore", RuntimeWarning)
        return [
            write_mrc(folder / f"{name}.mrc", voxels)
            for name, voxels in zip(NAMES, (gold, noise((20, 30, 40), "int8"), hole), strict=True)
        ]


def some_picks(path: Path) -> Any:
    """Eleven in each tomogram: at what is odd in them, at their rim, and elsewhere."""
    rng = np.random.default_rng(2)
    rows = [(name, *where) for name in NAMES for where in ((20, 15, 10), (1, 28, 2))]
    rows += [(name, *rng.integers((0, 0, 0), (40, 30, 20)).tolist()) for name in NAMES * 9]
    return picks(path, rows)


def content(pool: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(pool)): file.read_bytes()
        for file in sorted(pool.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize("options", [{}, {"slab": Slab(4, 16)}, {"density": "black"}])
@pytest.mark.parametrize("lazy", [False, True])
def test_a_pool_is_the_same_bytes_whoever_cuts(
    tmp_path: Path, lazy: bool, options: dict[str, Any]
) -> None:
    paths, chosen = files(tmp_path), some_picks(tmp_path / "p.csv")
    options = {"density": "white", **options}
    add = partial(extract, tomograms=paths, picks=chosen, box=8, lazy=lazy, **options)
    here = add(tmp_path / "here" / "pool.zarr")
    there = add(tmp_path / "there" / "pool.zarr", crew=Elsewhere())
    assert content(tmp_path / "here") == content(tmp_path / "there")
    assert (here.n_border, here.n_beyond, here.left_out) == (
        there.n_border,
        there.n_beyond,
        there.left_out,
    )
    assert len(here.left_out) > 0
    assert here.n_beyond["TS_01"] > 0
    assert here.notes == there.notes


def test_a_guess_of_the_density_rests_on_the_same_numbers(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "TS_01.mrc", noise((20, 30, 40)))
    voxels = noise((20, 30, 40))
    rows = grid_picks(tmp_path / "p.csv", ["TS_01"])
    for line in (tmp_path / "p.csv").read_text().splitlines()[1:]:
        x, y, z = map(int, line.split(",")[1:])
        voxels[z - 2 : z + 2, y - 2 : y + 2, x - 2 : x + 2] -= 20
    path.unlink()
    write_mrc(path, voxels)
    here, there = (
        extract(tmp_path / name, [path], rows, box=8, **crew)
        for name, crew in (("a.zarr", {}), ("b.zarr", {"crew": Elsewhere()}))
    )
    assert here.density == there.density == "black"
    assert here.notes == there.notes


def test_levels_of_a_pyramid_are_cut_elsewhere_as_here(tmp_path: Path) -> None:
    write_pyramid(tmp_path / "TS_1.zarr")
    rows = np.random.default_rng(0).uniform(0, 150, (12, 3)).round(1).tolist()
    chosen = picks(tmp_path / "p.csv", rows, "x_angstrom,y_angstrom,z_angstrom")
    for name, crew in (("a.zarr", {}), ("b.zarr", {"crew": Elsewhere()})):
        extract(
            tmp_path / name, [tmp_path / "TS_1.zarr"], chosen, box=8, density="white",
            outside="skip", **crew,
        )  # fmt: skip
    assert content(tmp_path / "a.zarr") == content(tmp_path / "b.zarr")


def test_a_packed_tomogram_is_unpacked_once_by_each_process_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tomogram(tmp_path, "TS_01"), tomogram(tmp_path, "TS_02", seed=1)]
    packed = [path.with_suffix(".mrc.gz") for path in paths]
    for path, file in zip(paths, packed, strict=True):
        file.write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    sources = [source_of(path, tmp_path) for path in packed]
    opened: list[str] = []
    monkeypatch.setattr("cryoal.data.sources.Tomogram.open", noting(opened, Tomogram.open))
    (tmp_path / "scratch").mkdir()
    turns = pickle.loads(pickle.dumps(InTurn(sources, tmp_path / "scratch")))
    measuring = Measuring(turns, [None, None])
    where = [source.located.position_zyx_angstrom for source in sources]
    work = Cutting(turns, where, 8)
    for number in (0, 1):
        work.used.append(measuring.statistics(number, measuring.of(number, number + 1)))
        for start, stop in work.spans(number, 4):
            assert len(work.of(start, stop)["kept"]) == stop - start
    assert opened == ["TS_01", "TS_02"]
    turns.close()
    assert list((tmp_path / "scratch").iterdir()) == []


def noting(opened: list[str], really: Any) -> Any:
    def noted(path: Path, *, name: str, **told: Any) -> Tomogram:
        opened.append(name)
        found: Tomogram = really(path, name=name, **told)
        return found

    return noted


def source_of(path: Path, folder: Path, n: int = 12) -> Source:
    name = path.name.split(".")[0]
    with Tomogram.open(path) as one:
        return placed(one, name, grid_picks(folder / f"{name}.csv", [name], n))


def test_where_boxes_stay_in_their_tomograms_no_voxel_travels(tmp_path: Path) -> None:
    source = source_of(tomogram(tmp_path, "TS_01"), tmp_path)
    turns = InTurn([source], tmp_path)
    work = Cutting(turns, [source.located.position_zyx_angstrom], 8, np.dtype(np.float32))
    work.used.append(Statistics(50.0, 10.0))
    told = work.of(0, 12)
    turns.close()
    assert all(len(rows) == 12 for rows in told.values())
    assert sum(rows.nbytes for rows in told.values()) == 12 * (4 + 4 + 1 + 8 + 8)


def test_spans_stay_within_a_tomogram_and_within_some_megabytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_of(tomogram(tmp_path, "TS_01"), tmp_path)
    where = source.located.position_zyx_angstrom
    work = Cutting(InTurn([source] * 3, tmp_path), [where, where[:0], where], 8)
    assert [work.spans(number, 4) for number in range(3)] == [
        [(0, 5), (5, 10), (10, 12)],
        [],
        [(12, 17), (17, 22), (22, 24)],
    ]
    monkeypatch.setattr(cutting, "SPAN_BYTES", 3 * 8**3 * 4)
    assert work.spans(0, 4) == [(0, 3), (3, 6), (6, 9), (9, 12)]
    assert work.spans(0, 2) == [(0, 5), (5, 10), (10, 12)]


class TestElsewhereIsAnother:
    """What a worker does not find as the command found it is said, and no pool is begun."""

    class Spoilt(Elsewhere):
        def __init__(self, spoil: Any, work: str) -> None:
            self.spoil, self.work = spoil, work

        def spans(self, work: Any, spans: Sequence[tuple[int, int]]) -> Any:
            if work.name == self.work:
                self.spoil()
            return super().spans(work, spans)

    @pytest.mark.parametrize("work", ["measuring tomograms", "cutting boxes"])
    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("absent", "expected a tomogram, found no file .*TS_01.mrc"),
            ("truncated", "TS_01.mrc"),
            (
                "another",
                "expected the tomogram TS_01 whose picks .* found another one",
            ),
        ],
    )
    def test_in_one_line(self, tmp_path: Path, work: str, kind: str, words: str) -> None:
        path = tomogram(tmp_path, "TS_01")
        chosen = grid_picks(tmp_path / "p.csv", ["TS_01"])

        def spoil() -> None:
            content = path.read_bytes()
            path.unlink()
            if kind == "truncated":
                path.write_bytes(content[:-100])
            elif kind == "another":
                tomogram(tmp_path, "TS_01", seed=5)

        with pytest.raises(TomogramError, match=words):
            extract(
                tmp_path / "pool.zarr", [path], chosen, box=8, density="white",
                crew=self.Spoilt(spoil, work),
            )  # fmt: skip
        left = {each.name for each in tmp_path.iterdir()}
        assert left <= {"TS_01.mrc", "p.csv", ".pool.zarr.lock"}


def test_a_process_cuts_a_tomogram_while_others_measure_the_next(tmp_path: Path) -> None:
    paths = [tomogram(tmp_path, name, seed=n) for n, name in enumerate(NAMES)]
    sources = [source_of(path, tmp_path) for path in paths]
    asked = []

    class KeepsCutting(Elsewhere):
        def keeps(self, work: Any, spans: object) -> bool:
            return isinstance(work, Cutting)

        def spans(self, work: Any, spans: Sequence[tuple[int, int]]) -> Any:
            assert isinstance(work, Measuring)
            for told in super().spans(work, spans):
                asked.append(len(asked))
                yield told

    cut = Cutter(8, tmp_path, crew=KeepsCutting()).boxes(sources, np.dtype(np.float32))
    boxes: list[NDArray[Any]] = []
    for box in cut:
        assert len(asked) == 1 + len(boxes) // 12
        boxes.append(box)
    alone = list(Cutter(8, tmp_path).boxes(sources, np.dtype(np.float32)))
    assert np.array_equal(boxes, alone)


def test_small_tomograms_have_to_be_more_until_others_measure_them(tmp_path: Path) -> None:
    source = source_of(tomogram(tmp_path, "TS_01"), tmp_path)
    share = 20 * 30 * 40 / MAX_SAMPLE
    assert Measuring(InTurn([source], tmp_path), [None]).pays_from == int(24 / share)
