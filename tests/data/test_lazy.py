"""Boxes that stay in their tomograms are those that would have been stored, or an error by name."""

from __future__ import annotations

import os
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.data import lazy_boxes, staging
from cryoal.data.extract import extract
from cryoal.data.open_tomograms import OpenTomograms
from cryoal.data.pool import Pool
from cryoal.errors import DamagedBoxError, PoolError, TomogramError
from cryoal.io.picks.read import read_picks
from cryoal.io.volumes.base import Told
from tests.data.samples import grid_picks, noise, picks, tomogram, write_mrc
from tests.data.test_levels import write_pyramid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

NAMES = ["TS_01", "TS_02", "TS_03"]
ROWS = [  # fractions of voxels, corners and an edge that boxes reach beyond, a NaN's neighbour
    *[(name, 8.5, 9.49, 7.51) for name in NAMES],
    *[(name, 39, 29, 19) for name in NAMES],
    *[(name, 0, 0, 0) for name in NAMES],
    *[(name, 20.2, 14.7, 1.5) for name in NAMES],
    *[(name, 33, 9, 9) for name in NAMES],
    *[(name, 12, 9.5, 9.5) for name in NAMES],
]


@pytest.fixture(autouse=True)
def few_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenTomograms]:
    """One tomogram is open at a time, and none from test to test."""
    opened = OpenTomograms(room=1)
    monkeypatch.setattr(lazy_boxes, "OPEN", opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pool, Pool]:
    """The same picks in three tomograms of three dtypes, one with a NaN: cut, and left there."""
    folder = tmp_path_factory.mktemp("made")
    paths = [tomogram(folder, name, d, n) for n, (name, d) in enumerate(
        zip(NAMES[:2], ("int8", "int16"), strict=True)
    )]  # fmt: skip
    paths.append(with_hole(folder / "TS_03.mrc", noise((20, 30, 40), seed=2), (9, 9, 33)))
    return added(folder, paths, density="black")


@pytest.fixture
def both(made: tuple[Pool, Pool], tmp_path: Path) -> Iterator[tuple[Pool, Pool]]:
    """Pools of one's own; the tomograms, which they share, are put back afterwards."""
    paths = [record.path for record in made[0].tomograms]
    contents = [path.read_bytes() for path in paths]
    copied = []
    for pool in made:
        where = tmp_path / pool.path.relative_to(paths[0].parent)
        shutil.copytree(pool.path, where)
        copied.append(Pool.open(where))
    yield copied[0], copied[1]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)


def with_hole(path: Path, voxels: NDArray[np.float32], at: tuple[int, int, int]) -> Path:
    voxels[at] = np.nan
    with warnings.catch_warnings():  # mrcfile says that it is there
        warnings.simplefilter("ignore", RuntimeWarning)
        return write_mrc(path, voxels)


def added(folder: Path, paths: list[Path], **options: Any) -> tuple[Pool, Pool]:
    found = []
    for kind in ("cut", "lazy"):
        chosen = picks(folder / f"{kind}.csv", ROWS)
        where = folder / kind / "pool.zarr"
        extract(where, paths, chosen, box=8, lazy=kind == "lazy", source="set", **options)
        found.append(Pool.open(where))
    return found[0], found[1]


def require_same(cut: Pool, lazy: Pool) -> None:
    rows = np.random.default_rng(0).permutation(np.repeat(np.arange(len(cut)), 2))
    for method in ("read", "read_normalised", "read_shown"):
        expected, found = getattr(cut, method)(rows), getattr(lazy, method)(rows)
        assert found.dtype == expected.dtype
        assert found.tobytes() == expected.tobytes()
    assert lazy.keys.tolist() == cut.keys.tolist()
    for name in ("inside_fraction", "position_zyx_angstrom", "tomogram"):
        np.testing.assert_array_equal(getattr(lazy, name), getattr(cut, name))
    assert [part.left_out() for part in lazy.parts] == [part.left_out() for part in cut.parts]
    assert all(part.is_lazy for part in lazy.parts)


def test_boxes_of_any_dtype_at_any_place_are_the_same_to_the_bit(both: tuple[Pool, Pool]) -> None:
    require_same(*both)
    cut, lazy = both
    assert len(cut) == 17  # of 18: one has a NaN
    assert (cut.inside_fraction < 1).any()
    assert cut.tomograms == lazy.tomograms


def test_nothing_of_the_boxes_is_stored_but_four_bytes_each(both: tuple[Pool, Pool]) -> None:
    part = both[1].parts[0].path
    assert not (part / "boxes").exists()
    assert (part / "checks" / "c" / "0").stat().st_size == 17 * 4 + 4


@pytest.mark.parametrize("level", ["s0", "s1"])
def test_boxes_of_a_level_are_the_same_to_the_bit(tmp_path: Path, level: str) -> None:
    write_pyramid(tmp_path / "TS_1.zarr")
    (tmp_path / "p.csv").write_text(
        "x_angstrom,y_angstrom,z_angstrom\n" + "".join(
            f"{x},{y},{z}\n" for x, y, z in np.random.default_rng(0).uniform(0, 150, (40, 3))
        )
    )  # fmt: skip
    found = []
    for lazy in (False, True):
        where = tmp_path / str(lazy) / "pool.zarr"
        told = Told(level=level)
        extract(where, [tmp_path / "TS_1.zarr"], read_picks(tmp_path / "p.csv"), box=8,
                told=told, lazy=lazy, density="white")  # fmt: skip
        found.append(Pool.open(where))
    require_same(*found)


def test_cut_and_lazy_parts_mix(tmp_path: Path, both: tuple[Pool, Pool]) -> None:
    lazy = both[1]
    more = tomogram(tmp_path, "TS_04", "float32", seed=5)
    extract(lazy.path, [more], grid_picks(tmp_path / "m.csv", ["TS_04"]), box=8, density="white")
    mixed = Pool.open(lazy.path)
    assert [part.is_lazy for part in mixed.parts] == [True, False]
    assert mixed.n_lazy == 17
    rows = np.array([20, 3, 17, 16])
    np.testing.assert_array_equal(mixed.read(rows)[[1, 3]], both[0].read(np.array([3, 16])))
    assert mixed.read(rows).shape == (4, 8, 8, 8)


def lose(path: Path, how: str) -> None:
    """Let something happen to a tomogram."""
    if how == "moved":
        path.rename(path.with_name("elsewhere.mrc"))
    elif how == "truncated":
        os.truncate(path, path.stat().st_size - 1000)
    elif how == "another":
        path.unlink()
        write_mrc(path, noise((20, 30, 40), "int16", seed=77))
    else:
        path.write_text("")


LOST = {
    "moved": "expected the tomogram TS_02 as before, found no file .*TS_02.mrc",
    "truncated": "TS_02: expected .* bytes for .*TS_02.mrc is truncated",
    "another": "expected the tomogram TS_02 that the boxes .* another one .*TS_02.mrc",
    "emptied": "TS_02: expected a tomogram .*, found an empty file: .*TS_02.mrc",
}


@pytest.mark.parametrize("is_open", [False, True])
def test_a_tomogram_that_is_not_as_it_was_is_named_with_what_to_do(
    both: tuple[Pool, Pool], tmp_path: Path, *, is_open: bool
) -> None:
    cut, lazy = both
    path = lazy.tomograms[1].path
    shutil.copyfile(path, tmp_path / "kept.mrc")
    rows = np.flatnonzero(lazy.tomogram == 1)
    others = np.flatnonzero(lazy.tomogram != 1)
    for how, said in LOST.items():
        if is_open:  # what was opened before is looked at again
            lazy.read(rows[:1])
        lose(path, how)
        with pytest.raises(
            TomogramError, match=f"^{said}; if it has moved: cryoal relocate .*lazy FOLDER$"
        ):
            lazy.read(rows)
        np.testing.assert_array_equal(lazy.read(others), cut.read(others))
        shutil.copyfile(tmp_path / "kept.mrc", path)  # another time, another inode: the same one
        np.testing.assert_array_equal(lazy.read(rows), cut.read(rows))


def test_tomograms_that_are_gone_are_known_without_opening_any(both: tuple[Pool, Pool]) -> None:
    cut, lazy = both
    lazy.require_tomograms()
    lazy.tomograms[2].path.unlink()
    assert [record.name for record in lazy.tomograms_gone()] == ["TS_03"]
    with pytest.raises(TomogramError, match="the tomogram TS_03 as before, found no file"):
        lazy.require_tomograms()
    assert cut.tomograms_gone() == []  # which needs none


def test_one_voxel_that_changed_is_noticed_and_its_box_named(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "TS_01.mrc", noise((48, 48, 48), "int8"))
    chosen = picks(tmp_path / "p.csv", [("TS_01", 9, 9, 9), ("TS_01", 20, 24, 40)])
    extract(tmp_path / "pool.zarr", [path], chosen, box=8, density="white", lazy=True)
    content = bytearray(path.read_bytes())  # of which the fingerprint knows 64 KiB
    content[1024 + (40 * 48 + 24) * 48 + 20] ^= 1
    path.write_bytes(content)
    lazy = Pool.open(tmp_path / "pool.zarr")
    assert lazy.read(np.array([0])).shape == (1, 8, 8, 8)
    with pytest.raises(DamagedBoxError) as caught:
        lazy.read(np.arange(2))
    assert str(caught.value).startswith(
        f"expected the box of 'TS_01/000001' in TS_01 as it was written, found it changed in "
        f"{path}: restore it from a copy, or move part_0000 out of "
    )


def test_a_tomogram_that_is_cut_short_while_it_is_read_is_named(
    both: tuple[Pool, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    lazy = both[1]
    path = lazy.tomograms[1].path
    rows = np.flatnonzero(lazy.tomogram == 1)

    def cut_short(*_: object) -> Any:
        os.truncate(path, 3000)  # after it was opened, before it is read
        return np.arange(len(rows))

    monkeypatch.setattr(lazy_boxes, "_in_file_order", cut_short)
    with pytest.raises(
        TomogramError, match=r"^TS_02: .* cut short while it was being read; if it has moved: cryoa"
    ):
        lazy.read(rows)


def test_damaged_checks_are_noticed(both: tuple[Pool, Pool]) -> None:
    lazy = both[1]
    chunk = lazy.parts[0].path / "checks" / "c" / "0"
    content = bytearray(chunk.read_bytes())
    content[5] ^= 16
    chunk.write_bytes(content)
    with pytest.raises(PoolError, match=r"17 values of uint32 and their check in .* them chan"):
        lazy.read(np.array([0]))
    chunk.write_bytes(content[:-4])
    with pytest.raises(PoolError, match=r"17 values of uint32 and their check in .*found 68 bytes"):
        Pool.open(lazy.path).read(np.array([0]))


def test_a_packed_tomogram_is_refused_and_nothing_is_added(tmp_path: Path) -> None:
    import gzip

    plain = tomogram(tmp_path, "TS_01")
    path = tmp_path / "TS_01.mrc.gz"
    with gzip.open(path, "wb") as file:
        file.write(plain.read_bytes())
    chosen = grid_picks(tmp_path / "p.csv", ["TS_01"])
    with pytest.raises(TomogramError, match=r"not packed.*--lazy.*found gzip: unpack .*mrc\.gz"):
        extract(tmp_path / "pool.zarr", [path], chosen, box=8, density="white", lazy=True)
    assert not Pool.exists(tmp_path / "pool.zarr")


def test_a_full_disk_names_the_other_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, chosen = tomogram(tmp_path, "TS_01"), grid_picks(tmp_path / "p.csv", ["TS_01"])
    usage = shutil._ntuple_diskusage(1, 1, 13_000)  # type: ignore[attr-defined]
    monkeypatch.setattr(staging.shutil, "disk_usage", lambda _: usage)
    where = tmp_path / "pool.zarr"
    with pytest.raises(PoolError, match=r"GB free for the boxes, .*\(--lazy leaves the boxes in"):
        extract(where, [path], chosen, box=8, density="white")
    extract(where, [path], chosen, box=8, density="white", lazy=True)
    assert len(Pool.open(where)) == 12


def test_threads_share_the_open_tomograms(
    both: tuple[Pool, Pool], few_files: OpenTomograms
) -> None:
    cut, lazy = both
    rng = np.random.default_rng(3)
    batches = [rng.integers(len(cut), size=9) for _ in range(20)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lazy.read, batches))
    for rows, boxes in zip(batches, found, strict=True):
        assert boxes.tobytes() == cut.read(rows).tobytes()
    assert len(few_files._entries) == 1  # room for one


def test_what_is_read_stays_open_until_that_ends(
    both: tuple[Pool, Pool], few_files: OpenTomograms
) -> None:
    first, second, _ = both[1].tomograms
    with few_files.use(first) as one:
        with few_files.use(second) as other:
            one.read((0, 0, 0), (1, 1, 1))  # there is room for one, and two are asked for
        assert other.read((0, 0, 0), (1, 1, 1)).shape == (1, 1, 1)
    with pytest.raises(TomogramError, match="closed"):
        one.read((0, 0, 0), (1, 1, 1))


def test_volumes_to_look_at_are_cut_from_as_well(tmp_path: Path) -> None:
    paths = [tomogram(tmp_path, name, seed=n) for n, name in enumerate(NAMES)]
    (tmp_path / "denoised").mkdir()
    for n, name in enumerate(NAMES):
        voxels = noise((20, 30, 40), seed=50 + n) * 1e-3 - 4
        with_hole(tmp_path / "denoised" / f"{name}.mrc", voxels, (3, 3, 3))  # shown as background
    cut, lazy = added(tmp_path, paths, density="black", show=[tmp_path / "denoised"])
    require_same(cut, lazy)
    assert not (lazy.parts[0].path / "shown").exists()
    rows = np.arange(6)
    assert (lazy.read_shown(rows) != lazy.read_normalised(rows)).mean() > 0.5
