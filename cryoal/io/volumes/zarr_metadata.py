"""What a Zarr array says of itself, looked at before anything of it is decoded.

A codec is a program that metadata names: numcodecs has one that unpickles, and others come from
whatever is installed. So the names are compared with a list first. Sizes are looked at too: a file
of one kilobyte may promise 10^18 voxels, or a chunk that is larger than the memory.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cryoal.errors import TomogramError
from cryoal.records import parse_json

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path
    from typing import TypeAlias

    Folder: TypeAlias = Traversable
    """A directory on disk, or one in a zip archive."""

__all__ = [
    "CODECS_V2",
    "CODECS_V3",
    "ZARR_METADATA",
    "Node",
    "is_zarr",
    "read_node",
    "require_array",
    "shape_of",
]

ZARR_METADATA = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
"""Files of which a Zarr directory has at least one."""

CODECS_V2 = frozenset(
    {
        *("blosc", "zlib", "gzip", "zstd", "lz4", "bz2", "lzma", "shuffle", "delta"),
        *("fixedscaleoffset", "quantize", "bitround", "packbits", "astype"),
        *("crc32", "crc32c", "adler32", "fletcher32"),
    }
)
"""Codecs of numcodecs that turn numbers into bytes and back, and do nothing else."""

CODECS_V3 = frozenset(
    {"bytes", "transpose", "sharding_indexed", "blosc", "gzip", "zstd", "crc32c"}
    | {f"numcodecs.{name}" for name in CODECS_V2}
)
"""Those of the standard, and numcodecs' under the names that zarr-python writes."""

NUMBER_V3 = re.compile(r"u?int(8|16|32|64)|float(16|32|64)")
NUMBER_V2 = re.compile(r"[<>|=]?([iu][1248]|f[248])")
LONGEST_AXIS = 1 << 20  # voxels, as for MRC
LARGEST_CHUNK = 1 << 34  # bytes: a whole tomogram may be one chunk
MOST_INNER_CHUNKS = 1 << 20  # of a shard: its index is read whole


@dataclass(frozen=True)
class Node:
    """A group, or an array with its metadata."""

    kind: Literal["group", "array"]
    version: Literal[2, 3]
    attributes: dict[str, Any]
    metadata: dict[str, Any]


def is_zarr(folder: Path) -> bool:
    """Whether a directory is a Zarr group or array, and so a tomogram rather than a folder."""
    return any((folder / name).is_file() for name in ZARR_METADATA)


def read_node(path: Folder) -> Node | None:
    """What is in directory `path`; None when it is no Zarr.

    Raises
    ------
    TomogramError
        The metadata is no JSON object.
    """
    for name, kind in (("zarr.json", None), (".zarray", "array"), (".zgroup", "group")):
        metadata = _object(path / name)
        if metadata is None:
            continue
        if kind is None:
            found = metadata.get("node_type")
            if found not in ("group", "array"):
                raise TomogramError(
                    f"expected a group or an array in {path / name}, found {found!r}"
                )
            attributes = metadata.get("attributes", {})
            if not isinstance(attributes, dict):
                raise TomogramError(f"expected attributes in {path / name}, found {attributes!r}")
            return Node(found, 3, attributes, metadata)
        return Node(kind, 2, _object(path / ".zattrs") or {}, metadata)  # type: ignore[arg-type]
    return None


def require_array(path: Folder, node: Node) -> None:
    """Make sure that the array in `path` is of numbers, of possible size, and by known codecs.

    Raises
    ------
    TomogramError
        It is not; the message names what was found.
    """
    about = node.metadata
    shape = shape_of(path, node)
    if node.version == 2:
        chunk = _sizes(about.get("chunks"), "chunks", path, len(shape))
        found = about.get("dtype")
        is_number = isinstance(found, str) and NUMBER_V2.fullmatch(found) is not None
        codecs = [about.get("compressor"), *_list(about.get("filters") or [], path)]
        for codec in codecs:
            if codec is not None:
                _known(codec, "id", CODECS_V2, path)
    else:
        grid = about.get("chunk_grid")
        regular = grid.get("configuration", {}) if isinstance(grid, dict) else {}
        said = regular.get("chunk_shape") if isinstance(regular, dict) else None
        chunk = _sizes(said, "a regular chunk grid", path, len(shape))
        found = about.get("data_type")
        is_number = isinstance(found, str) and NUMBER_V3.fullmatch(found) is not None
        _known_chain(about.get("codecs"), chunk, path)
    if not is_number:
        raise TomogramError(f"expected a volume of real numbers, found {found!r} in {path}")
    if max(shape) > LONGEST_AXIS:
        raise TomogramError(f"expected a volume, found the shape {tuple(shape)} in {path}")
    if math.prod(chunk) * 8 > LARGEST_CHUNK:
        raise TomogramError(
            f"expected chunks that fit into memory, found {tuple(chunk)} in {path}: write it in "
            "smaller ones"
        )


def shape_of(path: Folder, node: Node) -> list[int]:
    """The shape of the array in `path`; TomogramError where it is none."""
    return _sizes(node.metadata.get("shape"), "a shape", path)


def _object(path: Folder) -> dict[str, Any] | None:
    """The JSON object in a file, None when there is no file."""
    if not path.is_file():
        return None
    value = parse_json(path.read_bytes(), str(path), TomogramError)
    if not isinstance(value, dict):
        raise TomogramError(f"expected a JSON object in {path}, found {value!r}")
    return value


def _sizes(value: object, what: str, path: Folder, n: int | None = None) -> list[int]:
    """`value` as a list of whole numbers above 0."""
    sizes = value if isinstance(value, list) else []
    good = all(type(size) is int and 0 < size < 1 << 62 for size in sizes)
    if not sizes or not good or n not in (None, len(sizes)):
        raise TomogramError(f"expected {what} of whole numbers above 0 in {path}, found {value!r}")
    return sizes


def _list(value: object, path: Folder) -> list[Any]:
    if not isinstance(value, list):
        raise TomogramError(f"expected a list of codecs in {path}, found {value!r}")
    return value


def _known(codec: object, key: str, known: frozenset[str], path: Folder) -> str:
    name = codec.get(key) if isinstance(codec, dict) else codec
    if not isinstance(name, str) or name not in known:
        raise TomogramError(
            f"expected a codec of {', '.join(sorted(known))} in {path}, found {name!r}, which is "
            "not read: it may run code"
        )
    return name


def _known_chain(codecs: object, chunk: list[int], path: Folder) -> None:
    """The codecs of Zarr v3, those within shards too."""
    for codec in _list(codecs, path):
        if _known(codec, "name", CODECS_V3, path) != "sharding_indexed":
            continue
        inside = codec.get("configuration") if isinstance(codec, dict) else None
        if not isinstance(inside, dict):
            raise TomogramError(f"expected the configuration of shards in {path}, found {inside!r}")
        inner = _sizes(inside.get("chunk_shape"), "a chunk shape of shards", path, len(chunk))
        n_inner = math.prod(-(-whole // part) for whole, part in zip(chunk, inner, strict=True))
        if n_inner > MOST_INNER_CHUNKS:
            raise TomogramError(
                f"expected at most {MOST_INNER_CHUNKS} chunks in a shard, found {n_inner} in {path}"
            )
        _known_chain(inside.get("codecs"), inner, path)
        _known_chain(inside.get("index_codecs", []), inner, path)
