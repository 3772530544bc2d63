"""Arrays of numbers in a MATLAB 5 file.

Not by SciPy, whose reader follows a damaged tag into memory that is not its own
(https://github.com/scipy/scipy/pull/25349). Source: MAT-File Format, The MathWorks.
"""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from cryoal.errors import FileFormatError
from cryoal.foreign import foreign

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_matlab"]

Order: TypeAlias = Literal["<", ">"]

HEADER, VERSION = 128, 0x0100
MATRIX, COMPRESSED = 14, 15
# what tags stand for, by their number
NUMBERS = dict(enumerate(("i1", "u1", "i2", "u2", "i4", "u4", "f4"), 1))
NUMBERS |= {9: "f8", 12: "i8", 13: "u8"}
TEXT = (1, 16)
NUMERIC = range(6, 16)  # classes of arrays: double, single and whole numbers
COMPLEX = 0x0800
MOST = 1 << 30  # bytes of a variable: a file of 1 MB may unpack to as many


def read_matlab(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The arrays of these names, in the types in which their numbers are stored.

    MATLAB stores small whole numbers of any class as bytes: a type says little of the class.

    Raises
    ------
    FileFormatError
        The file is none, or is damaged, or one of the arrays is missing or is not of real numbers.
    """
    found: dict[str, NDArray[Any]] = {}
    with foreign(path, "a MATLAB 5 file"):
        content = memoryview(path.read_bytes())
        order = _byte_order(bytes(content[:HEADER]))
        for kind, variable in _elements(content[HEADER:], order):
            name, parts = _variable(kind, variable, order)
            if name in names:
                found[name] = _array(parts, order)
            if len(found) == len(names):
                break
    for name in names:
        if name not in found:
            raise FileFormatError(f"expected an array {name} in {path}, found none")
    return found


def _byte_order(header: bytes) -> Order:
    orders: dict[bytes, Order] = {b"IM": "<", b"MI": ">"}
    order = orders.get(header[126:128])
    if order is None:
        raise ValueError("no header of one")
    version = int(np.frombuffer(header[124:126], f"{order}u2")[0])
    if version != VERSION:
        raise ValueError(f"version {version:#06x}")
    return order


def _elements(content: memoryview, order: Order) -> Iterator[tuple[int, memoryview]]:
    """What stands behind each tag, with the number of its kind."""
    at = 0
    while at < len(content):
        if len(content) < at + 8:
            raise EOFError
        kind, size = np.frombuffer(content[at : at + 8], f"{order}u4").tolist()
        start = at + 8
        if kind >> 16:  # up to four bytes within the tag
            kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
            if size > 4:
                raise ValueError(f"{size} bytes where 4 have room")
            at += 8
        else:
            at = start + size
            at += 0 if kind == COMPRESSED else -size % 8
        if start + size > len(content):
            raise EOFError
        yield kind, content[start : start + size]


def _variable(
    kind: int, content: memoryview, order: Order
) -> tuple[str, list[tuple[int, memoryview]]]:
    """The name of a variable, and its parts: flags, shape, name, numbers."""
    if kind == COMPRESSED:
        ((kind, content),) = _elements(_unpacked(content), order)
    if kind != MATRIX:
        raise ValueError(f"an element of kind {kind} in place of a variable")
    parts = list(_elements(content, order))
    if len(parts) < 3 or parts[2][0] not in TEXT:
        raise ValueError("a variable without a name")
    return bytes(parts[2][1]).decode(), parts


def _unpacked(packed: memoryview) -> memoryview:
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(packed, MOST)
    if not unpacking.eof:
        if len(content) == MOST:
            raise ValueError(f"a variable of more than {MOST:,} bytes")
        raise EOFError
    return memoryview(content)


def _array(parts: list[tuple[int, memoryview]], order: Order) -> NDArray[Any]:
    flags = int(_numbers(*parts[0], order)[0])
    if flags & 0xFF not in NUMERIC or flags & COMPLEX or len(parts) != 4:
        raise ValueError("an array that is not of real numbers")
    shape = _numbers(*parts[1], order).tolist()
    values = _numbers(*parts[3], order)
    if min(shape, default=0) < 0 or math.prod(shape) != len(values):
        raise ValueError(f"{len(values):,} numbers for the shape {tuple(shape)}")
    return values.reshape(shape, order="F")


def _numbers(kind: int, content: memoryview, order: Order) -> NDArray[Any]:
    if kind not in NUMBERS:
        raise ValueError(f"an element of kind {kind} in place of numbers")
    values = np.frombuffer(content, np.dtype(NUMBERS[kind]).newbyteorder(order))
    return values.astype(values.dtype.newbyteorder("="), copy=False)
