from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.data.extract import extract
from cryoal.data.given import Slab
from cryoal.data.left_out import LeftOut
from cryoal.data.normalise import BOUND
from cryoal.data.pool import Pool
from cryoal.errors import DuplicateKeyError, PicksError, PoolError, TomogramError
from cryoal.io.picks.read import read_picks
from tests.data.samples import grid_picks, noise, picks, tomogram, write_mrc
from tests.io.picks.files import particles

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.io.picks.picks import Picks


@pytest.fixture
def pool_path(tmp_path: Path) -> Path:
    return tmp_path / "campaign" / "pool.zarr"


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, by relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_boxes_are_cut_where_the_picks_are(tmp_path: Path, pool_path: Path) -> None:
    voxels = noise((20, 30, 40))
    path = write_mrc(tmp_path / "TS_01.mrc", voxels)
    chosen = picks(tmp_path / "p.csv", [("TS_01", 20, 15, 10), ("TS_01", 9, 8, 7)])
    report = extract(pool_path, [path], chosen, box=8, density="white")
    pool = Pool.open(pool_path)
    boxes = pool.read(np.arange(2))
    assert boxes.dtype == np.float32
    assert np.array_equal(boxes[0], voxels[6:14, 11:19, 16:24])  # z 10, y 15, x 20
    assert np.array_equal(boxes[1], voxels[3:11, 4:12, 5:13])
    assert pool.keys.tolist() == ["TS_01/000000", "TS_01/000001"]
    assert pool.position_zyx_angstrom.tolist() == [[100, 150, 200], [70, 80, 90]]
    assert report.n_added == 2
    assert report.n_border == 0
    assert pool.inside_fraction.tolist() == [1, 1]


def test_pool_follows_the_order_of_tomograms_and_of_picks_within_one(
    tmp_path: Path, pool_path: Path
) -> None:
    files = [tomogram(tmp_path, name) for name in ("TS_02", "TS_01")]
    chosen = picks(
        tmp_path / "p.csv",
        [("TS_01", "a", 9, 9, 9), ("TS_02", "b", 9, 9, 9), ("TS_01", "c", 10, 9, 9)],
        header="tomogram,key,x,y,z",
    )
    extract(pool_path, files, chosen, box=8, density="white")
    pool = Pool.open(pool_path)
    assert pool.keys.tolist() == ["b", "a", "c"]
    assert pool.tomogram_names == ["TS_02", "TS_01"]
    assert pool.tomogram.tolist() == [0, 1, 1]
    assert pool.parts[0].columns()["key"] == ["b", "a", "c"]
    assert pool.parts[0].columns()["x"] == ["9", "9", "10"]


def test_report_says_what_found_no_partner(tmp_path: Path, pool_path: Path) -> None:
    files = [tomogram(tmp_path, name) for name in ("TS_01", "TS_05")]
    report = extract(
        pool_path,
        files,
        grid_picks(tmp_path / "p.csv", ["TS_01", "TS_02", "TS_03"]),
        box=8,
        density="white",
    )
    assert report.n_in_tomogram == {"TS_01": 12}
    assert report.names_without_tomogram == ["TS_02", "TS_03"]
    assert report.tomograms_without_picks == [files[1]]


def test_picks_without_names_fit_one_tomogram(tmp_path: Path, pool_path: Path) -> None:
    rows = [(12, 12, 10), (14, 12, 10)]
    chosen = picks(tmp_path / "p.csv", rows, header="x,y,z")
    extract(pool_path, [tomogram(tmp_path, "TS_07")], chosen, box=8, density="white")
    assert Pool.open(pool_path).keys.tolist() == ["TS_07/000000", "TS_07/000001"]
    assert Pool.open(pool_path).tomogram_names == ["TS_07"]
    two = [tomogram(tmp_path, name) for name in ("TS_08", "TS_09")]
    with pytest.raises(PicksError, match="expected one tomogram for picks that name none"):
        extract(pool_path, two, chosen, box=8, density="white")


def test_a_missing_file_is_not_taken_for_a_name_that_does_not_fit(
    tmp_path: Path, pool_path: Path
) -> None:
    chosen = picks(tmp_path / "p.csv", [("TS_01", 12, 12, 10)])
    with pytest.raises(TomogramError, match=r"found no file .*TS_1\.mrc"):
        extract(pool_path, [tmp_path / "TS_1.mrc"], chosen, box=8, density="white")
    assert not pool_path.exists()


def test_box_at_the_border_is_filled_with_the_median(tmp_path: Path, pool_path: Path) -> None:
    path = tomogram(tmp_path, "TS_01", "int16")
    chosen = picks(tmp_path / "p.csv", [("TS_01", 0, 15, 10), ("TS_01", 20, 15, 10)])
    report = extract(pool_path, [path], chosen, box=8, density="white")
    pool = Pool.open(pool_path)
    box = pool.read(np.array([0]))[0]
    assert (box[:, :, :4] == round(pool.tomograms[0].center)).all()
    assert pool.inside_fraction.tolist() == [0.5, 1]
    assert report.n_border == 1


def test_part_has_the_smallest_dtype_that_holds_its_tomograms(
    tmp_path: Path, pool_path: Path
) -> None:
    files = [tomogram(tmp_path, "TS_01", "int8"), tomogram(tmp_path, "TS_02", "int16", seed=1)]
    extract(
        pool_path, files, grid_picks(tmp_path / "p.csv", ["TS_01", "TS_02"]), box=8, density="white"
    )
    assert Pool.open(pool_path).read(np.array([0])).dtype == np.int16


def test_density_is_guessed_said_and_then_kept(tmp_path: Path, pool_path: Path) -> None:
    voxels = noise((20, 30, 40))
    voxels[6:14, 11:19, 16:24] -= 60  # a dark particle
    path = write_mrc(tmp_path / "TS_01.mrc", voxels)
    near = [("TS_01", 20 + x, 15 + y, 10) for x in range(-2, 2) for y in range(-1, 2)]
    report = extract(pool_path, [path], picks(tmp_path / "p.csv", near), box=8)
    assert (report.density, report.density_guessed) == ("black", True)
    assert any("density guessed black: 12 picks are" in note for note in report.notes)
    assert Pool.open(pool_path).read_normalised(np.array([0]))[0, 4, 4, 4] > 2

    other = write_mrc(tmp_path / "TS_02.mrc", 100 - voxels)  # bright this time, but not asked
    more = picks(tmp_path / "p2.csv", [("TS_02", 20, 15, 10)])
    report = extract(pool_path, [other], more, box=8)
    assert (report.density, report.density_guessed) == ("black", True)


def test_density_that_picks_do_not_tell_is_asked_for_and_nothing_is_added(
    tmp_path: Path, pool_path: Path
) -> None:
    path, chosen = tomogram(tmp_path, "TS_01"), grid_picks(tmp_path / "p.csv", ["TS_01"], n=900)
    with pytest.raises(
        PoolError,
        match=r"or white, found 900 picks as bright as their surroundings \(0\.0\d+ sigma",
    ):
        extract(pool_path, [path], chosen, box=8)
    assert not pool_path.exists()


def test_density_that_is_given_is_believed(tmp_path: Path, pool_path: Path) -> None:
    path, chosen = tomogram(tmp_path, "TS_01"), grid_picks(tmp_path / "p.csv", ["TS_01"])
    report = extract(pool_path, [path], chosen, box=8, density="black")
    assert (report.density, report.density_guessed) == ("black", False)
    assert Pool.open(pool_path).tomograms[0].density == "black"


def test_boxes_of_one_tomogram_point_one_way(tmp_path: Path, pool_path: Path) -> None:
    path, other = tomogram(tmp_path, "TS_01"), tomogram(tmp_path, "TS_02", seed=2)
    first = picks(tmp_path / "p.csv", [("TS_01", 20, 15, 10)])
    extract(pool_path, [path], first, box=8, density="black")
    rows = [("a", "TS_01", 22, 15, 10), ("b", "TS_02", 22, 15, 10)]
    more = picks(tmp_path / "p2.csv", rows, "key,tomogram,x,y,z")
    line = "expected --density black for TS_01, as told when it was first added to .*, found white"
    with pytest.raises(PoolError, match=line):
        extract(pool_path, [other, path], more, box=8, density="white")
    assert len(Pool.open(pool_path)) == 1
    extract(pool_path, [other], more, box=8, density="white")  # another tomogram may be
    assert [t.density for t in Pool.open(pool_path).tomograms] == ["black", "white"]
    last = picks(tmp_path / "p3.csv", [("c", "TS_01", 24, 15, 10)], "key,tomogram,x,y,z")
    with pytest.raises(PoolError, match=line):  # not told, and white like the last import
        extract(pool_path, [path], last, box=8)


def test_header_s_oddities_are_passed_on(tmp_path: Path, pool_path: Path) -> None:
    path = write_mrc(tmp_path / "TS_01.mrc", noise((20, 30, 40)), spacing=1.0)
    report = extract(
        pool_path, [path], grid_picks(tmp_path / "p.csv", ["TS_01"]), box=8, density="white"
    )
    assert any(note.startswith("TS_01: voxel spacing of exactly 1 A") for note in report.notes)


def test_progress_counts_every_box(tmp_path: Path, pool_path: Path) -> None:
    seen: dict[str, int] = {}

    class Counter:
        def track(self, items, what, total=None, unit=""):
            for item in items:
                seen[unit] = seen.get(unit, 0) + 1
                yield item
            assert seen[unit] == total

        def say(self, line):
            del line

    path, chosen = tomogram(tmp_path, "TS_01"), grid_picks(tmp_path / "p.csv", ["TS_01"])
    extract(pool_path, [path], chosen, box=8, density="white", progress=Counter())
    assert seen == {"tomograms": 1, "boxes": 12}


@pytest.mark.parametrize("suffix", [".gz", ".bz2"])
def test_compressed_tomogram_gives_the_same_boxes(
    tmp_path: Path, pool_path: Path, suffix: str
) -> None:
    import bz2
    import gzip

    plain = tomogram(tmp_path, "TS_01")
    packed = tmp_path / f"TS_01.mrc{suffix}"
    packed.write_bytes({".gz": gzip, ".bz2": bz2}[suffix].compress(plain.read_bytes()))
    chosen = grid_picks(tmp_path / "p.csv", ["TS_01"])
    pool_path.parent.mkdir()
    extract(pool_path, [packed], chosen, box=8, density="white")
    extract(tmp_path / "other.zarr", [plain], chosen, box=8, density="white")
    rows = np.arange(12)
    assert np.array_equal(
        Pool.open(pool_path).read(rows), Pool.open(tmp_path / "other.zarr").read(rows)
    )
    assert sorted(p.name for p in pool_path.parent.iterdir()) == [".pool.zarr.lock", "pool.zarr"]


class TestRefused:
    """What cannot be added is said in one line, and the pool stays as it was."""

    @pytest.fixture(autouse=True)
    def pool(self, tmp_path: Path, pool_path: Path) -> None:
        path, chosen = tomogram(tmp_path, "TS_01"), grid_picks(tmp_path / "p.csv", ["TS_01"])
        extract(pool_path, [path], chosen, box=8, density="white")

    @pytest.fixture(autouse=True)
    def unchanged(self, pool: None, pool_path: Path):
        before = snapshot(pool_path)
        yield
        assert snapshot(pool_path) == before

    def test_pick_outside_its_tomogram(self, tmp_path: Path, pool_path: Path) -> None:
        rows = [("TS_02", 9, 9, 9), ("TS_02", 39, 9, 20), ("TS_02", -1, 9, 9)]
        with pytest.raises(
            PicksError,
            match=r"found 2 of 3 outside in .*, first 'TS_02/000001' \(row 2\) at voxel 39, 9, 20",
        ):
            extract(
                pool_path, [tomogram(tmp_path, "TS_02")], picks(tmp_path / "q.csv", rows), box=8
            )

    def test_picks_of_other_tomograms(self, tmp_path: Path, pool_path: Path) -> None:
        chosen = grid_picks(tmp_path / "q.csv", ["TS_08", "TS_09"])
        with pytest.raises(
            PicksError, match=r"expected picks of TS_02\.mrc, found those of 'TS_08', 'TS_09'"
        ):
            extract(pool_path, [tomogram(tmp_path, "TS_02")], chosen, box=8, density="white")

    def test_two_files_for_one_name(self, tmp_path: Path, pool_path: Path) -> None:
        files = [tomogram(tmp_path, "TS_02"), tomogram(tmp_path, "rec_TS_02")]
        with pytest.raises(
            PicksError, match=r"expected one tomogram for 'TS_02', found .*rec_TS_02"
        ):
            extract(
                pool_path, files, grid_picks(tmp_path / "q.csv", ["TS_02"]), box=8, density="white"
            )

    def test_key_of_a_box_at_another_place(self, tmp_path: Path, pool_path: Path) -> None:
        rows = [("TS_01/000000", "TS_01", 20, 15, 11), ("new", "TS_01", 21, 15, 11)]
        chosen = picks(tmp_path / "q.csv", rows, "key,tomogram,x,y,z")
        with pytest.raises(
            DuplicateKeyError,
            match=r"found 1 that it has at other places, first 'TS_01/000000': .* .--source NAME",
        ):
            extract(pool_path, [tmp_path / "TS_01.mrc"], chosen, box=8, density="white")

    def test_nothing_that_is_left(self, tmp_path: Path, pool_path: Path) -> None:
        chosen = picks(tmp_path / "q.csv", [("TS_02", 40, 9, 9), ("TS_02", -1, 9, 9)])
        path = tomogram(tmp_path, "TS_02")
        with pytest.raises(
            PicksError, match=r"found none left of those in .*: 2 outside its tomogram"
        ):
            extract(pool_path, [path], chosen, box=8, outside="skip")

    def test_boxes_that_are_not_finite_alone(self, tmp_path: Path, pool_path: Path) -> None:
        voxels = noise((20, 30, 40))
        voxels[10, 15, 20] = np.nan
        with pytest.warns(RuntimeWarning):
            path = write_mrc(tmp_path / "TS_02.mrc", voxels)
        chosen = picks(tmp_path / "q.csv", [("TS_02", 20, 15, 10)])
        with pytest.raises(PicksError, match="1 a voxel of its box is NaN or infinite"):
            extract(pool_path, [path], chosen, box=8, density="white")

    def test_another_box_size(self, tmp_path: Path, pool_path: Path) -> None:
        chosen = grid_picks(tmp_path / "q.csv", ["TS_02"])
        with pytest.raises(PoolError, match=r"expected boxes of 8 voxels .*, found 16"):
            extract(pool_path, [tomogram(tmp_path, "TS_02")], chosen, box=16)

    def test_odd_box_size(self, tmp_path: Path, pool_path: Path) -> None:
        with pytest.raises(PoolError, match="expected an even box size, found 7"):
            extract(pool_path, [], grid_picks(tmp_path / "q.csv", ["TS_02"]), box=7)

    @pytest.mark.parametrize("spacing", [9.98, 10.02])
    def test_another_voxel_spacing(self, tmp_path: Path, pool_path: Path, spacing: float) -> None:
        path = write_mrc(tmp_path / "TS_02.mrc", noise((20, 30, 40)), spacing)
        with pytest.raises(
            PoolError, match=f"expected a voxel spacing of 10 A .* found {spacing} A"
        ):
            extract(
                pool_path, [path], grid_picks(tmp_path / "q.csv", ["TS_02"]), box=8, density="white"
            )

    def test_two_voxel_spacings_at_once(self, tmp_path: Path, pool_path: Path) -> None:
        files = [
            tomogram(tmp_path, "TS_02"),
            write_mrc(tmp_path / "TS_03.mrc", noise((20, 30, 40)), 12.0),
        ]
        chosen = grid_picks(tmp_path / "q.csv", ["TS_02", "TS_03"])
        with pytest.raises(PoolError, match=r"as in .*TS_02\.mrc, found 12 A in .*TS_03\.mrc"):
            extract(pool_path, files, chosen, box=8, density="white")

    def test_mask_of_another_shape(self, tmp_path: Path, pool_path: Path) -> None:
        mask = write_mrc(tmp_path / "mask.mrc", np.ones((20, 30, 41), np.int8))
        with pytest.raises(
            TomogramError, match=r"a mask of \(20, 30, 40\) voxels .*, found \(20, 30, 41\) in"
        ):
            self.add(tmp_path, pool_path, masks=[mask])

    @pytest.mark.parametrize(("start", "stop"), [(0, 21), (20, 25), (7, 7)])
    def test_slab_beyond_the_tomogram(
        self, tmp_path: Path, pool_path: Path, start: int, stop: int
    ) -> None:
        with pytest.raises(
            TomogramError, match=f"expected a slab within sections 0:20, found {start}:{stop}"
        ):
            self.add(tmp_path, pool_path, slab=Slab(start, stop))

    def test_mask_without_anything_inside(self, tmp_path: Path, pool_path: Path) -> None:
        mask = write_mrc(tmp_path / "mask.mrc", np.zeros((20, 30, 40), np.int8))
        with pytest.raises(TomogramError, match=r"specimen of .* in the mask .*, found none"):
            self.add(tmp_path, pool_path, masks=[mask])

    def test_mask_and_slab_at_once(self, tmp_path: Path, pool_path: Path) -> None:
        with pytest.raises(PoolError, match="expected masks or a slab of specimen, found both"):
            self.add(tmp_path, pool_path, masks=[tmp_path], slab=Slab(0, 20))

    @staticmethod
    def add(tmp_path: Path, pool_path: Path, **options: Any) -> None:
        path = tomogram(tmp_path, "TS_02")
        extract(pool_path, [path], grid_picks(tmp_path / "q.csv", ["TS_02"]), box=8, **options)

    def test_no_tomogram(self, tmp_path: Path, pool_path: Path) -> None:
        with pytest.raises(
            PicksError, match=r"expected the tomograms of 'TS_02' in .*, found none: give"
        ):
            extract(
                pool_path, [], grid_picks(tmp_path / "q.csv", ["TS_02"]), box=8, density="white"
            )


def test_spacing_within_a_thousandth_is_one_spacing(tmp_path: Path, pool_path: Path) -> None:
    files = [
        tomogram(tmp_path, "TS_01"),
        write_mrc(tmp_path / "TS_02.mrc", noise((20, 30, 40)), 10.005),
    ]
    extract(
        pool_path, files, grid_picks(tmp_path / "q.csv", ["TS_01", "TS_02"]), box=8, density="white"
    )
    assert Pool.open(pool_path).voxel_spacing == 10


def test_boxes_with_voxels_that_are_not_finite_are_kept_out_and_listed(
    tmp_path: Path, pool_path: Path
) -> None:
    voxels = noise((20, 30, 40))
    voxels[10, 15, 20] = np.nan
    voxels[10, 15, 21:23] = np.inf
    with pytest.warns(RuntimeWarning):  # mrcfile's own, on writing it
        path = write_mrc(tmp_path / "TS_02.mrc", voxels)
    rows = [("TS_02", 9, 9, 9), ("TS_02", 20, 15, 10), ("TS_02", 30, 9, 9)]
    report = extract(pool_path, [path], picks(tmp_path / "q.csv", rows), box=8, density="white")
    pool = Pool.open(pool_path)
    assert pool.keys.tolist() == ["TS_02/000000", "TS_02/000002"]
    np.testing.assert_array_equal(pool.read(np.array([1]))[0], voxels[5:13, 5:13, 26:34])
    assert pool.inside_fraction.tolist() == [1, 1]
    assert pool.parts[0].columns()["x"] == ["9", "30"]
    reason = "a voxel of its box is NaN or infinite"
    assert pool.parts[0].left_out() == report.left_out
    assert report.left_out == [LeftOut("TS_02/000001", "TS_02", 2, reason, 200, 150, 100)]
    assert (report.n_added, report.n_border) == (2, 0)


def test_picks_outside_are_left_out_and_listed_when_asked(tmp_path: Path, pool_path: Path) -> None:
    rows = [("TS_02", 9, 9, 9), ("TS_02", 39, 9, 20), ("TS_02", -1, 9, 9)]
    chosen = picks(tmp_path / "q.csv", rows)
    path = tomogram(tmp_path, "TS_02")
    report = extract(pool_path, [path], chosen, box=8, density="white", outside="skip")
    assert Pool.open(pool_path).keys.tolist() == ["TS_02/000000"]
    assert [(one.row, one.reason) for one in report.left_out] == [
        (2, "outside its tomogram"),
        (3, "outside its tomogram"),
    ]
    assert Pool.open(pool_path).parts[0].told == {"outside": "skip"}


def test_a_file_of_picks_that_has_grown_can_be_added_again(tmp_path: Path, pool_path: Path) -> None:
    path = tomogram(tmp_path, "TS_01")
    rows = [("TS_01", 9, 9, 9), ("TS_01", 12, 9, 9)]
    extract(pool_path, [path], picks(tmp_path / "p.csv", rows), box=8, density="white")
    before = snapshot(pool_path)
    report = extract(pool_path, [path], picks(tmp_path / "p.csv", rows), box=8)
    assert (report.n_added, report.n_there, report.left_out) == (0, 2, [])
    assert snapshot(pool_path) == before
    grown = [("TS_01", 30, 9, 9), *rows, ("TS_01", 20, 9, 9.0001)]  # in another order
    report = extract(pool_path, [path], picks(tmp_path / "p.csv", grown), box=8)
    assert (report.n_added, report.n_there) == (2, 2)
    pool = Pool.open(pool_path)
    assert len(set(pool.keys)) == 4
    assert pool.position_zyx_angstrom[:, 2].tolist() == [90, 120, 300, 200]


def test_what_is_left_out_has_no_key_of_another_box(tmp_path: Path, pool_path: Path) -> None:
    path = tomogram(tmp_path, "TS_01")
    rows = [("TS_01", 9, 9, 9), ("TS_01", 12, 9, 9)]
    extract(pool_path, [path], picks(tmp_path / "p.csv", rows), box=8, density="white")
    grown = [*rows, ("TS_01", 20, 9, 9), ("TS_01", -1, 9, 9)]
    report = extract(pool_path, [path], picks(tmp_path / "p.csv", grown), box=8, outside="skip")
    assert [(one.key, one.row) for one in report.left_out] == [("", 4)]
    other = picks(tmp_path / "o.csv", [("TS_01", 22, 9, 9), ("TS_01", -1, 9, 9)])
    report = extract(pool_path, [path], other, box=8, outside="skip", source="mine")
    assert [(one.key, one.row) for one in report.left_out] == [("", 2)]


def test_a_second_set_of_picks_on_a_tomogram_has_its_name_as_a_prefix(
    tmp_path: Path, pool_path: Path
) -> None:
    path = tomogram(tmp_path, "TS_01")
    for name, x in (("one", 9), ("other", 12), ("other", 12), ("third", 15)):
        chosen = picks(tmp_path / f"{name}.csv", [("TS_01", x, 9, 9), ("TS_01", x + 1, 9, 9)])
        extract(pool_path, [path], chosen, box=8, density="white")
    pool = Pool.open(pool_path)
    assert pool.keys.tolist() == [
        "TS_01/000000",
        "TS_01/000001",
        "other/TS_01/000000",
        "other/TS_01/000001",
        "third/TS_01/000000",
        "third/TS_01/000001",
    ]
    assert pool.source.tolist() == ["one"] * 2 + ["other"] * 2 + ["third"] * 2
    assert set(pool.tomogram_names) == {"TS_01"}


def test_a_set_of_picks_is_called_as_the_user_says(tmp_path: Path, pool_path: Path) -> None:
    path = tomogram(tmp_path, "TS_01")
    for source, x in ((None, 9), ("topaz", 12)):
        rows = [("a", "TS_01", x, 9, 9)]
        chosen = picks(tmp_path / "p.csv", rows, "key,tomogram,x,y,z")
        report = extract(pool_path, [path], chosen, box=8, density="white", source=source)
    assert Pool.open(pool_path).keys.tolist() == ["a", "topaz/a"]
    assert report.source == "topaz"


def test_files_of_one_name_in_two_folders_are_two_sets(tmp_path: Path, pool_path: Path) -> None:
    path = tomogram(tmp_path, "TS_01")
    for job, x in (("job1", 9), ("job2", 12)):
        (tmp_path / job).mkdir()
        chosen = picks(tmp_path / job / "particles.csv", [("TS_01", x, 9, 9)])
        extract(pool_path, [path], chosen, box=8, density="white")
    assert Pool.open(pool_path).source.tolist() == ["particles", "job2/particles"]
    assert Pool.open(pool_path).keys.tolist() == ["TS_01/000000", "job2/particles/TS_01/000000"]


def test_names_of_sets_are_words_and_differ(tmp_path: Path, pool_path: Path) -> None:
    path = tomogram(tmp_path, "TS_01")
    places = ("my picks", "a/job/my picks", "b/job/my picks", "my picks")
    for number, place in enumerate(places):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        rows = [("TS_01", 9 + 3 * number, 9, 9)]
        chosen = picks(tmp_path / f"{place}.csv", rows)
        extract(pool_path, [path], chosen, box=8, density="white")
    found = Pool.open(pool_path).source.tolist()
    assert found == ["my_picks", "job/my_picks", "b/job/my_picks", "my_picks"]
    for wrong in ("", "two words", "/", "a/", "a\nb"):
        with pytest.raises(PicksError, match="expected a word as name of this set of picks"):
            extract(pool_path, [path], chosen, box=8, source=wrong)


def test_tomograms_of_one_name_in_two_sessions_are_two(tmp_path: Path, pool_path: Path) -> None:
    chosen = {}
    for seed, session in enumerate(("s1", "s2")):
        (tmp_path / session / "rec").mkdir(parents=True)
        tomogram(tmp_path / session / "rec", "TS_01", seed=seed)
        chosen[session] = picks(tmp_path / session / "p.csv", [("TS_01", 9, 9, 9)])
        path = tmp_path / session / "rec" / "TS_01.mrc"
        extract(pool_path, [path], chosen[session], box=8, density="white")
    again = extract(pool_path, [tmp_path / "s2/rec/TS_01.mrc"], chosen["s2"], box=8)
    assert (again.n_added, again.n_there) == (0, 1)
    pool = Pool.open(pool_path)
    assert pool.tomogram_names == ["TS_01", "s2/TS_01"]
    assert pool.keys.tolist() == ["TS_01/000000", "s2/TS_01/000000"]


def scored(path: Path, *rows: str) -> Picks:
    """Picks of TS_01 with a key, x, y, z in voxels and a score."""
    labels = "rlnTomoName rlnTomoParticleName rlnCoordinateX rlnCoordinateY rlnCoordinateZ"
    header = f"{labels} rlnAutopickFigureOfMerit"
    return read_picks(particles(path, "\n".join([header, *(f"TS_01 {row}" for row in rows)])))


def test_double_picks_are_told_and_the_best_of_them_kept_when_asked(
    tmp_path: Path, pool_path: Path
) -> None:
    path = tomogram(tmp_path, "TS_01")
    rows = "low 9 9 9 0.1", "best 9.5 9 9 0.9", "first 20 9 9 0.5", "equal 20 9 9 0.5"
    chosen = scored(tmp_path / "p.star", *rows, "alone 30 9 9 None")
    report = extract(tmp_path / "all.zarr", [path], chosen, box=8, density="white")
    assert (report.n_added, report.n_close, report.close_angstrom) == (5, 2, 20)
    report = extract(pool_path, [path], chosen, box=8, density="white", min_distance=20)
    assert Pool.open(pool_path).keys.tolist() == ["best", "first", "alone"]
    assert [one.key for one in report.left_out] == ["low", "equal"]
    assert report.left_out[0].reason == "closer than 20 A to another"
    more = scored(tmp_path / "q.star", "near 9 9 10 9.9", "far 25 9 9 0.0")
    report = extract(pool_path, [path], more, box=8, min_distance=20)
    assert [one.key for one in report.left_out] == ["near"]  # what is there comes first


def test_scores_and_filaments_are_told_of_each_box(tmp_path: Path, pool_path: Path) -> None:
    path, other = tomogram(tmp_path, "TS_01"), tomogram(tmp_path, "TS_02", seed=1)
    labels = "rlnTomoName rlnCoordinateX rlnCoordinateY rlnCoordinateZ"
    header = f"{labels} rlnLCCmax rlnHelicalTubeID"
    rows = ["TS_01 9 9 9 0.5 1", "TS_02 9 9 9 None 1", "TS_01 12 9 9 0.25 1", "TS_01 15 9 9 0.1 0"]
    chosen = read_picks(particles(tmp_path / "p.star", "\n".join([header, *rows])))
    extract(pool_path, [path, other], chosen, box=8, density="white")
    rows = ["TS_01 20 9 9 0.7 1", "TS_01 23 9 9 0.8 1"]  # another set, which counts for itself
    more = read_picks(particles(tmp_path / "q.star", "\n".join([header, *rows])))
    extract(pool_path, [path], more, box=8)
    plain = picks(tmp_path / "r.csv", [("TS_01", 26, 9, 9)])
    extract(pool_path, [path], plain, box=8)
    pool = Pool.open(pool_path)
    np.testing.assert_array_equal(pool.score, [0.5, 0.25, 0.1, np.nan, 0.7, 0.8, np.nan])
    _, first = np.unique(pool.group, return_index=True)
    assert sorted(first.tolist()) == [0, 2, 3, 4, 6]
    assert pool.group[0] == pool.group[1]
    assert pool.group[4] == pool.group[5]


def test_picks_of_low_scores_are_left_out_when_asked(tmp_path: Path, pool_path: Path) -> None:
    path = tomogram(tmp_path, "TS_01")
    chosen = scored(tmp_path / "p.star", "a 9 9 9 0.2", "b 13 9 9 0.3", "c 17 9 9 None")
    report = extract(pool_path, [path], chosen, box=8, density="white", min_score=0.3)
    assert Pool.open(pool_path).keys.tolist() == ["b"]
    assert [one.reason for one in report.left_out] == ["score below 0.3"] * 2
    plain = picks(tmp_path / "q.csv", [("TS_01", 30, 9, 9)])
    with pytest.raises(PicksError, match="the picker's score for --min-score, found none in"):
        extract(pool_path, [path], plain, box=8, min_score=0.3)


@pytest.mark.parametrize("hot", [1e6, 3e38, -3e38])
def test_voxels_far_off_are_bounded_counted_and_said(
    tmp_path: Path, pool_path: Path, hot: float
) -> None:
    voxels = noise((20, 30, 40))
    voxels[10, 15, 20] = hot
    with np.errstate(over="ignore"):
        path = write_mrc(tmp_path / "TS_02.mrc", voxels)
    chosen = picks(tmp_path / "q.csv", [("TS_02", 9, 9, 9), ("TS_02", 20, 15, 10)])
    report = extract(pool_path, [path], chosen, box=8, density="white")
    pool = Pool.open(pool_path)
    boxes = pool.read_normalised(np.arange(2))
    assert boxes[1, 4, 4, 4] == math.copysign(BOUND, hot)
    assert np.abs(boxes).max() == BOUND
    assert (np.abs(boxes) < 6).sum() == 2 * 512 - 1
    assert pool.read(np.array([1]))[0, 4, 4, 4] == np.float32(hot)  # what is stored is as it was
    assert report.n_beyond == {"TS_02": 1}
    assert pool.tomograms[0].n_beyond == 1
    assert any("1 voxel in 1 box lies beyond 10 sigma" in note for note in report.notes)


def with_vacuum() -> np.ndarray:
    """Noise of mean 50 and deviation 10 in the upper 12 of 40 sections, hardly any in the rest."""
    voxels = noise((40, 30, 40))
    voxels[:28] = 20 + 0.1 * voxels[:28]
    return voxels


def upper(tmp_path: Path, name: str, keys: str = "abc") -> Picks:
    rows = [(key, "TS_01", 8 + 3 * (ord(key) - ord("a")), 15, 34) for key in keys]
    return picks(tmp_path / name, rows, header="key,tomogram,x,y,z")


def test_share_that_is_taken_for_empty_is_said_and_kept(tmp_path: Path, pool_path: Path) -> None:
    path = write_mrc(tmp_path / "TS_01.mrc", with_vacuum())
    report = extract(pool_path, [path], upper(tmp_path, "p.csv"), box=8, density="white")
    record = Pool.open(pool_path).tomograms[0]
    assert record.scale == pytest.approx(10, rel=0.05)
    assert record.center == pytest.approx(50, abs=0.5)
    assert (record.empty_share, record.specimen) == (0.7, "scatter")
    assert report.empty_share == {"TS_01": 0.7}
    assert any("TS_01: 70 % of the volume hardly scatters" in note for note in report.notes)


def test_mask_and_slab_of_specimen_are_taken_for_it(tmp_path: Path) -> None:
    voxels = with_vacuum()
    path = write_mrc(tmp_path / "TS_01.mrc", voxels)
    (tmp_path / "masks").mkdir()
    mask = np.zeros(voxels.shape, np.int8)
    mask[30:, :, 10:20] = 1
    write_mrc(tmp_path / "masks" / "TS_01.mrc", mask)
    write_mrc(tmp_path / "masks" / "TS_99.mrc", mask)
    ways: dict[str, dict[str, Any]] = {
        "folder": {"masks": [tmp_path / "masks"]},
        "mask": {"masks": [tmp_path / "masks" / "TS_99.mrc"]},
        "slab": {"slab": Slab(30, 40)},
    }
    for name, options in ways.items():
        pool_path, chosen = tmp_path / f"{name}.zarr", upper(tmp_path, "p.csv")
        report = extract(pool_path, [path], chosen, box=8, density="white", **options)
        record = Pool.open(pool_path).tomograms[0]
        meant = voxels[30:] if name == "slab" else voxels[30:, :, 10:20]
        assert record.center == np.median(meant.astype(float))
        assert record.empty_share == pytest.approx(1 - meant.size / voxels.size)
        assert record.specimen.startswith("slab 30:40" if name == "slab" else "mask /")
        assert any("lies outside the" in note for note in report.notes)


def test_later_picks_take_centre_and_scale_of_the_first(tmp_path: Path, pool_path: Path) -> None:
    path = write_mrc(tmp_path / "TS_01.mrc", with_vacuum())
    whole = Slab(0, 40)  # all of it, as once before vacuum was left out
    extract(pool_path, [path], upper(tmp_path, "p.csv"), box=8, density="white", slab=whole)
    report = extract(pool_path, [path], upper(tmp_path, "q.csv", "def"), box=8)
    first, second = Pool.open(pool_path).tomograms
    assert (second.center, second.scale) == (first.center, first.scale)
    assert first.scale < 2
    told = extract(pool_path, [path], upper(tmp_path, "r.csv", "ghi"), box=8, slab=Slab(30, 40))
    assert any("the slab 30:40 changes nothing any more" in note for note in told.notes)
    assert any(
        "TS_01: centre and scale are those of its first import, " in note
        and "; now they would be " in note
        for note in report.notes
    )


def test_another_tomogram_of_the_same_name_has_its_own_scale(
    tmp_path: Path, pool_path: Path
) -> None:
    path = write_mrc(tmp_path / "TS_01.mrc", noise((40, 30, 40)))
    extract(pool_path, [path], upper(tmp_path, "p.csv"), box=8, density="white")
    path.unlink()
    write_mrc(path, 3 * noise((40, 30, 40)))
    report = extract(pool_path, [path], upper(tmp_path, "q.csv", "def"), box=8)
    first, second = Pool.open(pool_path).tomograms
    assert second.scale == pytest.approx(3 * first.scale)
    line = f"{path} is another file than that of 'TS_01' before, {path}: taken for the same"
    assert any(note.startswith(line) for note in report.notes)


def test_tomogram_of_nothing_finite_is_refused_and_leaves_nothing(
    tmp_path: Path, pool_path: Path
) -> None:
    with pytest.warns(RuntimeWarning):
        path = write_mrc(tmp_path / "TS_02.mrc", np.full((20, 30, 40), np.nan, np.float32))
    with pytest.raises(TomogramError, match="expected finite voxels, found none in"):
        extract(pool_path, [path], picks(tmp_path / "q.csv", [("TS_02", 20, 15, 10)]), box=8)
    assert not pool_path.exists()


def test_picks_of_one_numbered_tomogram_are_of_the_one_that_is_given(
    tmp_path: Path, pool_path: Path
) -> None:
    voxels = noise((20, 30, 40))
    path = write_mrc(tmp_path / "TS_01.mrc", voxels)
    table = tmp_path / "p.tbl"
    row = "1 1 1 0 0 0 0 0 0 0 0 0 1 0 0 0 0 0 0 7 0 0 0 20.5 15.5 10.5\n"
    table.write_text(row)
    extract(pool_path, [path], read_picks(table), box=8, density="white")
    pool = Pool.open(pool_path)
    assert pool.keys.tolist() == ["TS_01/000000"]
    assert np.array_equal(pool.read(np.arange(1))[0], voxels[6:14, 11:19, 16:24])
    table.write_text(row + row.replace(" 7 ", " 8 "))
    with pytest.raises(PicksError, match=r"found those of '7', '8' .*--name 7="):
        extract(tmp_path / "two.zarr", [path], read_picks(table), box=8, density="white")


def test_picks_that_name_no_tomogram_are_of_the_one_that_their_file_is_called_as(
    tmp_path: Path, pool_path: Path
) -> None:
    voxels = noise((20, 30, 40))
    files = [tomogram(tmp_path, "TS_02"), write_mrc(tmp_path / "TS_01_10.00Apx.mrc", voxels)]
    (tmp_path / "TS_01.coords").write_text("20 15 10\n")
    extract(pool_path, files, read_picks(tmp_path / "TS_01.coords"), box=8, density="white")
    pool = Pool.open(pool_path)
    assert pool.keys.tolist() == ["TS_01/000000"]
    assert np.array_equal(pool.read(np.arange(1))[0], voxels[6:14, 11:19, 16:24])
    (tmp_path / "other.coords").write_text("20 15 10\n")
    with pytest.raises(PicksError, match=r"found 2: give the one of .*other.coords alone"):
        extract(tmp_path / "o", files, read_picks(tmp_path / "other.coords"), box=8)
