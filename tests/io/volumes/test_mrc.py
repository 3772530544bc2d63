from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import mrcfile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryoal.errors import TomogramError
from cryoal.io.volumes.open import open_volume
from tests.io.mrc_files import SHAPE, edit_header, put, voxels, write_mrc

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = {"uint8": (0, 255), "int8": (-128, 127)}


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32", "uint16", "float16"])
def test_every_real_mode_is_read_in_its_own_type(tmp_path: Path, dtype: str) -> None:
    data = voxels(dtype) if dtype != "int8" else voxels("int16").astype("int8")
    with open_volume(write_mrc(tmp_path / "t.mrc", data)) as volume:
        assert volume.dtype == np.dtype(dtype)
        assert volume.shape == SHAPE
        assert volume.voxel_spacing == 10.0
        assert volume.notes == ()
        read = volume.read((0, 0, 0), SHAPE)
    np.testing.assert_array_equal(read, data)
    assert read.dtype == data.dtype


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mrc(tmp_path_factory.mktemp("plain") / "t.mrc", voxels())


@given(st.tuples(*(st.tuples(st.integers(0, n), st.integers(0, n)) for n in SHAPE)))
def test_a_box_is_the_slice_of_the_whole(
    plain: Path, ends: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
) -> None:
    starts, stops = zip(*(sorted(pair) for pair in ends), strict=True)
    with open_volume(plain) as volume:
        read = volume.read(starts, stops)
    expected = voxels()[tuple(slice(a, b) for a, b in zip(starts, stops, strict=True))]
    np.testing.assert_array_equal(read, expected)
    assert read.flags.writeable
    assert read.flags.c_contiguous


@pytest.mark.parametrize(
    ("start", "stop"), [((-1, 0, 0), (2, 2, 2)), ((0, 0, 0), (5, 6, 8)), ((3, 0, 0), (2, 6, 7))]
)
def test_a_box_that_leaves_the_volume_is_refused(
    plain: Path, start: tuple[int, int, int], stop: tuple[int, int, int]
) -> None:
    with open_volume(plain) as volume, pytest.raises(TomogramError, match="expected a box inside"):
        volume.read(start, stop)


def test_reading_after_close_is_refused(plain: Path) -> None:
    volume = open_volume(plain)
    volume.close()
    with pytest.raises(TomogramError, match=r"found .* closed"):
        volume.read((0, 0, 0), (1, 1, 1))


def test_big_endian_files_are_read_in_native_order(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "t.mrc", voxels("int16"))
    with mrcfile.open(path) as file:
        header, data = file.header.copy(), file.data.copy()
    header = header.astype(header.dtype.newbyteorder(">"))
    header["machst"] = (0x11, 0x11, 0, 0)
    path.write_bytes(header.tobytes() + data.astype(">i2").tobytes())
    with open_volume(path) as volume:
        assert volume.notes == ()
        assert volume.dtype.isnative
        np.testing.assert_array_equal(volume.read((0, 0, 0), SHAPE), voxels("int16"))


def test_a_wrong_or_absent_machine_stamp_is_said_and_seen_through(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "t.mrc", voxels())
    for stamp, said in (((0x11, 0x11, 0, 0), "machine stamp says"), ((0, 0, 0, 0), "no valid")):
        edit_header(path, machst=stamp)
        with open_volume(path) as volume:
            assert said in volume.notes[0]
            np.testing.assert_array_equal(volume.read((0, 0, 0), SHAPE), voxels())


def test_an_old_file_without_map_is_read_and_said(tmp_path: Path) -> None:
    path = edit_header(write_mrc(tmp_path / "t.mrc", voxels()), map=b"    ")
    with open_volume(path) as volume:
        assert volume.notes == ("no 'MAP ' in the header: an old or damaged MRC file",)


@pytest.mark.parametrize("order", [(1, 2, 3), (2, 1, 3), (3, 2, 1), (3, 1, 2), (2, 3, 1)])
def test_stored_axes_in_any_order_come_out_as_z_y_x(
    tmp_path: Path, order: tuple[int, int, int]
) -> None:
    # MAPC = 3 says that columns, the fastest in the file, run along z. Axis 3 - n of z, y, x.
    mapc, mapr, maps = order
    stored = voxels().transpose([3 - axis for axis in (maps, mapr, mapc)])
    path = write_mrc(tmp_path / "t.mrc", np.ascontiguousarray(stored))
    edit_header(path, mapc=mapc, mapr=mapr, maps=maps, mx=7, my=6, mz=5)
    edit_header(path, cella_x=70.0, cella_y=60.0, cella_z=50.0)
    with open_volume(path) as volume:
        assert volume.shape == SHAPE
        assert volume.voxel_spacing == 10.0
        assert len(volume.notes) == (order != (1, 2, 3))
        np.testing.assert_array_equal(volume.read((0, 0, 0), SHAPE), voxels())
        np.testing.assert_array_equal(volume.read((1, 2, 3), (4, 4, 7)), voxels()[1:4, 2:4, 3:7])


def test_an_impossible_axis_order_is_refused_and_zeros_are_said(tmp_path: Path) -> None:
    path = edit_header(write_mrc(tmp_path / "t.mrc", voxels()), mapc=1, mapr=1, maps=3)
    with pytest.raises(TomogramError, match="expected MAPC, MAPR, MAPS to be 1, 2, 3, found 1, 1"):
        open_volume(path)
    with open_volume(edit_header(path, mapc=0, mapr=0, maps=0)) as volume:
        assert "taken for 1, 2, 3" in volume.notes[0]


def test_imod_bytes_are_unsigned_unless_their_flag_says_signed(tmp_path: Path) -> None:
    data = np.full(SHAPE, 200, np.uint8)
    path = write_mrc(tmp_path / "t.rec", data.view(np.int8))
    assert mrcfile.read(path).max() == -56  # what mrcfile makes of 200
    put(path, 152, struct.pack("<ii", 1146047817, 0))
    with open_volume(path) as volume:
        assert volume.dtype == np.uint8
        assert volume.notes == ("bytes are unsigned (IMOD stamp)",)
        np.testing.assert_array_equal(volume.read((0, 0, 0), SHAPE), data)
    put(path, 152, struct.pack("<ii", 1146047817, 1))
    with open_volume(path) as volume:
        assert volume.dtype == np.int8


def test_bytes_whose_header_reaches_past_127_are_unsigned(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "t.rec", np.full(SHAPE, 200, np.uint8).view(np.int8))
    with open_volume(edit_header(path, dmin=0, dmax=200)) as volume:
        assert volume.dtype == np.uint8
        assert "above 127" in volume.notes[0]


@pytest.mark.parametrize("cell", [{"cella_x": 0, "cella_y": 0, "cella_z": 0}, {"mx": 0}])
def test_no_voxel_spacing_is_refused_until_one_is_given(
    tmp_path: Path, cell: dict[str, object]
) -> None:
    path = edit_header(write_mrc(tmp_path / "t.mrc", voxels()), **cell)
    with pytest.raises(TomogramError, match=r"expected a voxel spacing .*--voxel-size"):
        open_volume(path)
    with open_volume(path, voxel_spacing=7.5) as volume:
        assert volume.voxel_spacing == 7.5
        assert volume.notes[0].startswith("voxel spacing 7.5 A as given")


def test_unequal_sides_are_refused_until_one_spacing_is_given(tmp_path: Path) -> None:
    path = edit_header(write_mrc(tmp_path / "t.mrc", voxels()), cella_z=60.0)
    with pytest.raises(TomogramError, match="found x, y, z 10 x 10 x 12 A"):
        open_volume(path)
    with open_volume(path, voxel_spacing=10.0) as volume:
        assert volume.voxel_spacing == 10.0
        assert volume.notes


@pytest.mark.parametrize("spacing", [0.0, -1.0, float("nan"), float("inf")])
def test_a_senseless_voxel_spacing_is_refused(plain: Path, spacing: float) -> None:
    with pytest.raises(TomogramError, match="expected a voxel spacing above 0"):
        open_volume(plain, voxel_spacing=spacing)


def test_a_spacing_is_as_exact_as_its_header(tmp_path: Path) -> None:
    # 7 * 10.52 = 73.64 in single precision is 73.63999938...; the answer is still 10.52
    with open_volume(write_mrc(tmp_path / "t.mrc", voxels(), 10.52)) as volume:
        assert volume.voxel_spacing == 10.52


def test_one_angstrom_a_given_origin_and_skewed_cells_are_said(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "t.mrc", voxels(), 1.0)
    edit_header(path, origin_x=5.0, nzstart=3, cellb_gamma=120.0)
    with open_volume(path) as volume:
        assert [note.split(":")[0] for note in volume.notes] == [
            "header origin x, y, z (5, 0, 0) is not applied to coordinates",
            "header start x, y, z (0, 0, 3) is not applied to coordinates",
            "cell angles (90.0, 90.0, 120.0) are not right angles",
            "voxel spacing of exactly 1 A",
        ]


def test_a_truncated_file_is_refused_and_more_bytes_are_said(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "t.mrc", voxels())
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(TomogramError, match=r"expected 1864 bytes for 7 x 6 x 5 float32, found 18"):
        open_volume(path)
    path.write_bytes(whole + b"more")
    with open_volume(path) as volume:
        assert volume.notes == ("4 bytes after the last voxel are not read",)


def test_a_file_cut_short_while_open_is_refused(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "t.mrc", voxels())
    with open_volume(path) as volume:
        os.truncate(path, 1100)
        with pytest.raises(TomogramError, match="was cut short while it was being read"):
            volume.read((0, 0, 0), SHAPE)


def test_an_extended_header_is_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "t.mrc"
    with mrcfile.new(path) as file:
        file.set_data(voxels())
        file.set_extended_header(np.zeros(3000, "V1"))
        file.voxel_size = 10.0
    with open_volume(path) as volume:
        np.testing.assert_array_equal(volume.read((0, 0, 0), SHAPE), voxels())
    with pytest.raises(TomogramError, match="extended header of 0 bytes or more, found -4"):
        open_volume(edit_header(path, nsymbt=-4))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mode": 4}, r"mode 4 \(complex float32"),
        ({"mode": 101}, r"mode 101 \(4-bit"),
        ({"mode": 55}, "expected an MRC file, found 55"),
        ({"nx": 0}, r"found size \(0, 6, 5\)"),
        ({"nz": 1}, r"found one image of \(7, 6\)"),
        ({"ispg": 401, "mz": 1}, "found a stack of 5 sections in volumes of 1"),
    ],
)
def test_what_is_no_single_real_volume_is_refused(
    tmp_path: Path, fields: dict[str, object], message: str
) -> None:
    path = edit_header(write_mrc(tmp_path / "t.mrc", voxels()), **fields)
    with pytest.raises(TomogramError, match=message):
        open_volume(path)


def test_a_stack_by_header_and_name_is_refused_and_a_tomogram_is_not(tmp_path: Path) -> None:
    for name in ("t.st", "t.ali", "t.mrcs"):
        path = edit_header(write_mrc(tmp_path / name, voxels()), ispg=0)
        with pytest.raises(TomogramError, match=r"found a stack of 5 images .*set_volume"):
            open_volume(path)
        with mrcfile.open(path, "r+") as file:  # the way that the message tells
            file.set_volume()
        with open_volume(path) as volume:
            assert volume.shape == SHAPE
    path = edit_header(write_mrc(tmp_path / "t.rec", voxels()), ispg=0)  # so does IMOD
    (tmp_path / "t.tlt").write_text("-60\n0\n60\n")  # of the series that it was made from
    with open_volume(path) as volume:
        assert volume.notes == ()


@pytest.mark.parametrize(
    ("beside", "content"),
    [
        ("t.mrc.mdoc", "PixelSpacing = 2\n\n" + "[ZValue = 0]\nTiltAngle = 3\n" * 5),
        ("t.rawtlt", "-60\n-30\n0\n30\n60\n\n"),
    ],
)
def test_a_stack_by_what_lies_beside_it_is_refused(
    tmp_path: Path, beside: str, content: str
) -> None:
    path = edit_header(write_mrc(tmp_path / "t.mrc", voxels()), ispg=0)
    (tmp_path / beside).write_text(content)
    with pytest.raises(TomogramError, match=rf"found a stack of 5 images .*{beside} lists 5"):
        open_volume(path)
    edit_header(path, ispg=1)
    with open_volume(path) as volume:
        assert volume.shape == SHAPE


def test_a_stack_by_its_extended_header_is_refused(tmp_path: Path) -> None:
    path = edit_header(write_mrc(tmp_path / "t.mrc", voxels()), ispg=0)
    content = bytearray(path.read_bytes())
    content[92:96] = struct.pack("<i", 20)  # NSYMBT
    content[104:108] = b"SERI"
    content[128:132] = struct.pack("<2h", 4, 1)  # bytes a section, flags: tilt angles
    path.write_bytes(content[:1024] + bytes(20) + content[1024:])
    with pytest.raises(TomogramError, match="SerialEM's tilt angles follow"):
        open_volume(path)


@pytest.mark.parametrize(("middle", "dtype"), [(128, "uint8"), (70, "uint8"), (0, "int8")])
def test_bytes_that_nothing_marks_are_taken_as_neighbours_fit(
    tmp_path: Path, middle: int, dtype: str
) -> None:
    rng = np.random.default_rng(0)
    data = np.clip(rng.normal(middle, 25, (6, 40, 50)).round(), *LIMITS[dtype]).astype(dtype)
    path = write_mrc(tmp_path / "t.mrc", data.view(np.int8))
    edit_header(path, dmin=0.0, dmax=0.0)
    with open_volume(path) as volume:
        assert volume.dtype == dtype
        np.testing.assert_array_equal(volume.read((0, 0, 0), volume.shape), data)
        said = ("bytes are unsigned by the look of neighbours; the header does not say",)
        assert volume.notes == (said if dtype == "uint8" else ())


def test_bytes_that_may_be_either_are_read_as_the_format_says(tmp_path: Path) -> None:
    data = np.random.default_rng(0).integers(-128, 128, (6, 40, 50)).astype(np.int8)
    path = edit_header(write_mrc(tmp_path / "t.mrc", data), dmin=0.0, dmax=0.0)
    with open_volume(path) as volume:
        assert volume.dtype == np.int8
        assert volume.notes == (
            "nothing tells whether its bytes are signed: read as the format says",
        )


def test_the_real_microtubule_reads_as_mrcfile_reads_it(shared_data: Path) -> None:
    path = shared_data / "microtubule" / "13pf_MT.mrc"
    with open_volume(path) as volume:
        assert (volume.shape, volume.dtype.name) == ((36, 206, 94), "int16")
        assert volume.voxel_spacing == 10.52
        np.testing.assert_array_equal(volume.read((0, 0, 0), volume.shape), mrcfile.read(path))


def test_memory_stays_flat_over_a_file_much_larger_than_its_boxes(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = write_mrc(tmp_path / "t.mrc", np.zeros((2, 512, 512), np.float32))
    edit_header(path, nz=256, mz=256, cella_z=2560.0)
    os.truncate(path, 1024 + 256 * 512 * 512 * 4)  # 256 MiB, sparse
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes
    with open_volume(path) as volume:
        for z in range(0, 256, 16):
            volume.read((z, 0, 0), (z + 4, 512, 512))
            volume.read((z, 100, 100), (z + 16, 132, 132))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 32 * 1024
