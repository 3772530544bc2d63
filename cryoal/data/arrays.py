"""Columns beside the boxes: small compressed Zarr v3 arrays, and groups with attributes."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorstore as ts

from cryoal import records
from cryoal.checks import crc32c
from cryoal.errors import FileFormatError, PoolError
from cryoal.records import is_there, parse_json, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.records import Json

__all__ = [
    "LITTLE_ENDIAN",
    "brief",
    "check_of_file",
    "file_store",
    "read_array",
    "read_attributes",
    "read_bytes",
    "read_plain",
    "read_text",
    "write_array",
    "write_group",
    "write_plain",
    "write_text",
    "write_texts",
]

LITTLE_ENDIAN = {"name": "bytes", "configuration": {"endian": "little"}}
TEXTS_AT_ONCE = 1 << 14  # that are Python's strings at a time
ZSTD = {"name": "zstd", "configuration": {"level": 3, "checksum": True}}


def file_store(path: Path) -> dict[str, str]:
    """The folder `path` as TensorStore takes it, which refuses ``..`` in a path.

    Raises
    ------
    PoolError
        A backslash, which TensorStore takes for a slash, or bytes that are no UTF-8.
    """
    whole = str(path.resolve())
    is_text = whole.encode(errors="replace").decode() == whole
    if "\\" in whole or not is_text:
        found = "a backslash" if is_text else "bytes that are no UTF-8"
        raise PoolError(f"expected a folder that can hold a pool, found {found} in {whole!r}")
    return {"driver": "file", "path": f"{whole}/"}


def write_group(path: Path, attributes: Mapping[str, Json]) -> None:
    """Make `path` a Zarr v3 group with these attributes."""
    group: Json = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
    # as plain text: a field of ours beside those of Zarr would be no Zarr
    text = json.dumps(group, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    records.write_text(path / "zarr.json", text)


def read_attributes(path: Path) -> dict[str, Any]:
    """The attributes of the group in `path`.

    Raises
    ------
    PoolError
        No group, or one that cannot be read.
    """
    try:
        attributes = read_json(path / "zarr.json")["attributes"]
    except (OSError, FileFormatError, KeyError) as error:
        raise PoolError(f"expected a Zarr v3 group in {path}, found {error!r}") from error
    if not isinstance(attributes, dict):
        raise PoolError(f"expected attributes in {path}, found {attributes!r}")
    return attributes


def write_array(path: Path, values: NDArray[Any]) -> None:
    """Write a small array in one compressed chunk, stored also where all of it is zero.

    Raises
    ------
    PoolError
        It cannot be written: a full disk, most likely.
    """
    spec = _spec(path, values.shape, values.dtype) | {"store_data_equal_to_fill_value": True}
    _write(path, spec, values)


def _write(path: Path, spec: dict[str, Any], values: NDArray[Any]) -> None:
    try:
        store = ts.open(spec, create=True).result()
        # nobody changes them meanwhile: without a copy
        store.write(values, can_reference_source_data_indefinitely=True).result()
    except ValueError as error:
        raise PoolError(f"expected to write {path}, found {brief(error)}") from error


def read_array(
    path: Path, shape: Sequence[int], dtype: str, *, absent_is_zero: bool = False
) -> NDArray[Any]:
    """The whole of a small array that :func:`write_array` wrote.

    Parameters
    ----------
    absent_is_zero
        Take a chunk that is not there for zeros: what an array of zeros was in version 1.

    Raises
    ------
    PoolError
        Absent, damaged, of another shape or type, or written in another way.
    """
    expected = f"expected {' x '.join(map(str, shape))} values of {dtype} in {path}"
    chunk = path.joinpath("c", *["0"] * len(shape))
    try:
        # tensorstore takes a chunk that is missing for zeros, without a word
        if not absent_is_zero and is_there(path / "zarr.json") and not is_there(chunk):
            raise PoolError(f"{expected}, found no file {chunk} (a copy that was cut short?)")
        spec = _spec(path, shape, np.dtype(dtype))
        values = ts.open(spec, open=True, read=True).result().read().result()
    except OSError as error:
        raise PoolError(f"{expected}, found {error.strerror}: {error.filename}") from error
    except ValueError as error:
        if isinstance(error, PoolError):
            raise
        raise PoolError(f"{expected}, found {brief(error)}") from error
    return np.asarray(values)


def write_plain(path: Path, values: NDArray[Any]) -> None:
    """Write a column in one chunk that is not compressed, its CRC-32C behind it.

    Raises
    ------
    PoolError
        It cannot be written.
    """
    spec = _spec(path, values.shape, values.dtype) | {"store_data_equal_to_fill_value": True}
    spec["metadata"]["codecs"] = [LITTLE_ENDIAN, {"name": "crc32c"}]
    _write(path, spec, values)


def read_plain(path: Path, n: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """What :func:`write_plain` wrote, also in a process that was forked, which ends TensorStore.

    Raises
    ------
    PoolError
        Absent or damaged, or of another length.
    """
    chunk = path / "c" / "0"
    expected = f"expected {n} values of {dtype.name} and their check in {chunk}"
    try:
        content = chunk.read_bytes()
    except OSError as error:
        raise PoolError(f"{expected}, found {error.strerror}") from error
    values = np.frombuffer(content[:-4], np.uint8)
    if len(content) != n * dtype.itemsize + 4:
        raise PoolError(f"{expected}, found {len(content)} bytes")
    if crc32c(content[:-4]) != int.from_bytes(content[-4:], "little"):
        raise PoolError(f"{expected}, found them changed")
    return values.view(dtype.newbyteorder("<")).astype(dtype, copy=False)


def check_of_file(path: Path) -> str:
    """CRC-32C of a small file, 8 hexadecimal digits.

    Raises
    ------
    PoolError
        It cannot be read.
    """
    try:
        return f"{crc32c(path.read_bytes()):08x}"
    except OSError as error:
        raise PoolError(f"expected a file {path}, found {error.strerror}") from error


def _spec(path: Path, shape: Sequence[int], dtype: np.dtype[Any]) -> dict[str, Any]:
    """What tensorstore makes, or else insists on finding, in `path`."""
    return {
        "driver": "zarr3",
        "kvstore": file_store(path),
        "metadata": {
            "shape": list(shape),
            "data_type": dtype.name,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(shape)}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "codecs": [LITTLE_ENDIAN, ZSTD],
            "fill_value": 0,
        },
    }


def write_text(path: Path, value: Json) -> None:
    """Write text, in lists and dictionaries, as the bytes of its JSON in a compressed array.

    Zarr v3 has no settled type for text of any length, and JSON can be read from everywhere.
    """
    write_array(path, np.frombuffer(_json(value), np.uint8))


def write_texts(path: Path, columns: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Write a table of columns as :func:`write_text` does, a few thousand cells at a time."""
    content = bytearray(b"{")
    for label, texts in columns:
        content += b"," if len(content) > 1 else b""
        content += _json(label) + b":["
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            content += b"," if start else b""
            content += _json(list(texts[start : start + TEXTS_AT_ONCE]))[1:-1]
        content += b"]"
    content += b"}"
    write_array(path, np.frombuffer(content, np.uint8))


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read_text(path: Path) -> Any:
    """What :func:`write_text` wrote.

    Raises
    ------
    PoolError
        Absent or damaged.
    """
    return parse_json(read_bytes(path).tobytes(), path, PoolError)


def read_bytes(path: Path) -> NDArray[np.uint8]:
    """The JSON that :func:`write_text` wrote, as bytes.

    Raises
    ------
    PoolError
        Absent or damaged.
    """
    try:
        (length,) = read_json(path / "zarr.json")["shape"]
        length = int(length)
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise PoolError(f"expected text in {path}, found {error!r}") from error
    return read_array(path, [length], "uint8")


def brief(error: ValueError) -> str:
    """What tensorstore complains of, on one line; of a failing disk, its own words alone."""
    said = " ".join(str(error).split(" [tensorstore_spec=")[0].split())
    code = re.search(r"\[(?:os_error_code='|OS error )(\d+)\b", said)  # older ones say it otherwise
    return os.strerror(int(code[1])) if code else said
