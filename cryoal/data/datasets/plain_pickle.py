"""Pickles of plain values and arrays of bytes, read without running anything that they name."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_plain_pickle"]


class _Stub:
    """Stands for what a pickle names: keeps what it is given and does nothing."""

    def __init__(self, *given: Any) -> None:
        self.given: tuple[Any, ...] = given

    def __setstate__(self, state: Any) -> None:
        self.given = state


class _Kind(_Stub):
    """Stands for ``numpy.dtype``: its letter is kept, its state says nothing of uint8."""

    @override
    def __setstate__(self, state: Any) -> None:
        pass


class _Array(_Stub):
    """Stands for an array while it is put together."""

    def array(self) -> NDArray[np.uint8]:
        """What NumPy would make of the state: ``(version, shape, kind, is_fortran, bytes)``."""
        _, shape, kind, is_fortran, data = self.given
        if not isinstance(kind, _Kind) or kind.given[0] not in (b"u1", "u1"):
            raise ValueError("an array that is not uint8")
        values = np.frombuffer(data, np.uint8)
        return values.reshape(shape, order="F" if is_fortran else "C")


def _encode(text: str, encoding: str | bytes) -> bytes:
    """Stands for ``_codecs.encode``, which Python 3 writes for bytes in old protocols."""
    if encoding not in ("latin1", b"latin1"):
        raise ValueError(f"bytes written in {encoding!r}")
    return text.encode("latin1")


_KNOWN = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy", "ndarray"): _Stub,
    ("numpy", "dtype"): _Kind,
    ("_codecs", "encode"): _encode,
}


class _PlainUnpickler(pickle.Unpickler):
    @override
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name}, which is not read")
        return _KNOWN[module, name]


def read_plain_pickle(path: Path) -> object:
    """Numbers, text, bytes, lists, dictionaries and arrays of uint8 in a pickle.

    A pickle is a program: it names functions and has them called. Here every name that it may use
    stands for a function of ours that only keeps its arguments, and any other name is refused, so
    that nothing of the file is run. Text of Python 2 is given as bytes.

    Raises
    ------
    FileFormatError
        Not a pickle, a damaged one, or one that names anything else.
    """
    try:
        with path.open("rb") as file:
            return _arrays(_PlainUnpickler(file, encoding="bytes").load())
    except FileNotFoundError:
        raise
    except Exception as error:  # what a damaged pickle raises is of every kind
        raise FileFormatError(
            f"expected a pickle of plain values in {path}, found {error}"
        ) from error


def _arrays(value: Any) -> Any:
    """`value` with arrays in place of what stands for them."""
    if isinstance(value, _Array):
        return value.array()
    if isinstance(value, dict):
        return {key: _arrays(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_arrays(item) for item in value]
    if isinstance(value, _Stub):
        raise ValueError(f"{type(value).__name__[1:].lower()} outside an array")
    return value
