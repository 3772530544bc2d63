from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from cryoal.data.datasets import matlab
from cryoal.data.datasets.matlab import read_matlab
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

ARRAY = np.arange(2 * 3 * 4).reshape(2, 3, 4)
TYPES = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]


def element(kind: int, content: bytes, order: str = "<") -> bytes:
    """As the format has it: a tag of eight bytes, filled up to eight."""
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def of_bytes(*parts: bytes, order: str = "<") -> bytes:
    head = b"by hand".ljust(124) + struct.pack(f"{order}HH", 0x0100, 0x4D49)
    return head + element(14, b"".join(parts), order)


def parts(order: str = "<") -> list[bytes]:
    """The double array ``a = [1 2 300; 4 5 6]`` whose numbers are stored in two bytes each."""
    return [
        element(6, struct.pack(f"{order}II", 6, 0), order),
        element(5, struct.pack(f"{order}ii", 2, 3), order),
        struct.pack(f"{order}I", (1 << 16) + 1) + b"a\0\0\0",
        element(4, struct.pack(f"{order}6H", 1, 4, 2, 5, 300, 6), order),
    ]


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("kind", TYPES)
def test_an_array_is_that_of_scipy(tmp_path: Path, kind: str, is_packed: bool) -> None:
    path = tmp_path / "a.mat"
    others: dict[str, Any] = {"text": "abc", "of_fields": {"x": 1}, "complex": np.array([1j])}
    savemat(path, others | {"a": ARRAY.astype(kind)}, do_compression=is_packed)
    found = read_matlab(path, ["a"])["a"]
    np.testing.assert_array_equal(found, loadmat(path)["a"], strict=True)
    np.testing.assert_array_equal(found, ARRAY.astype(kind), strict=True)


@pytest.mark.parametrize("order", "<>")
def test_a_file_by_hand_is_read_in_either_order_of_bytes(tmp_path: Path, order: str) -> None:
    path = tmp_path / "a.mat"
    path.write_bytes(of_bytes(*parts(order), order=order))
    found = read_matlab(path, ["a"])["a"]
    np.testing.assert_array_equal(found, np.array([[1, 2, 300], [4, 5, 6]], "u2"), strict=True)


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_file_that_ends_anywhere_is_refused(tmp_path: Path, is_packed: bool) -> None:
    path = tmp_path / "a.mat"
    savemat(path, {"a": ARRAY}, do_compression=is_packed)
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(FileFormatError, match=r"in .*a\.mat, found "):
            read_matlab(path, ["a"])


def test_every_flipped_bit_of_what_is_packed_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    savemat(path, {"a": ARRAY}, do_compression=True)
    whole = path.read_bytes()
    for place in range(8 * 136, 8 * len(whole)):
        changed = bytearray(whole)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        try:
            found = read_matlab(path, ["a"])["a"]
        except FileFormatError:
            continue
        np.testing.assert_array_equal(found, ARRAY)


@pytest.mark.parametrize(
    ("place", "content", "said"),
    [
        (0, element(6, struct.pack("<II", 4, 0)), "not of real numbers"),  # text
        (0, element(6, struct.pack("<II", 6 + 0x0800, 0)), "not of real numbers"),  # complex
        (1, element(5, struct.pack("<ii", 2, 4)), r"6 numbers for the shape \(2, 4\)"),
        (1, element(5, struct.pack("<ii", -2, -3)), r"6 numbers for the shape \(-2, -3\)"),
        (1, element(5, struct.pack("<ii", 2**31 - 1, 2**31 - 1)), "6 numbers for the shape"),
        (2, element(9, bytes(8)), "a variable without a name"),
        (3, element(16, bytes(6)), "an element of kind 16 in place of numbers"),
        (3, element(9, bytes(9)), "buffer size"),
        (3, struct.pack("<II", 4, 1 << 31), "its end too early"),
        (3, struct.pack("<IQ", (5 << 16) + 4, 0), "5 bytes where 4 have room"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, place: int, content: bytes, said: str) -> None:
    path = tmp_path / "a.mat"
    changed = parts()
    changed[place] = content
    path.write_bytes(of_bytes(*changed))
    with pytest.raises(
        FileFormatError, match=rf"expected a MATLAB 5 file in .*a\.mat, found .*{said}"
    ):
        read_matlab(path, ["a"])


def test_a_small_file_does_not_unpack_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matlab, "MOST", 1_000)
    path = tmp_path / "a.mat"
    packed = zlib.compress(element(14, bytes(2_000)))
    path.write_bytes(of_bytes()[:128] + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(FileFormatError, match=r"a variable of more than 1,000 bytes"):
        read_matlab(path, ["a"])


def test_another_version_and_a_missing_array_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    content = of_bytes(*parts())
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"expected an array b in .*a\.mat, found none"):
        read_matlab(path, ["a", "b"])
    path.write_bytes(content[:124] + b"\x00\x02" + content[126:])
    with pytest.raises(FileFormatError, match=r"expected a MATLAB 5 file in .*version 0x0200"):
        read_matlab(path, ["a"])
