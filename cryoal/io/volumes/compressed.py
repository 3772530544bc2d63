"""Tomograms in gzip or bzip2: unpacked as a stream into a nameless file on scratch disk."""

from __future__ import annotations

import bz2
import gzip
import shutil
import tempfile
import zlib
from typing import IO, TYPE_CHECKING, Literal

from cryoal.errors import TomogramError
from cryoal.io.volumes.base import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from pathlib import Path

__all__ = ["compression", "unpack"]

CHUNK = 4 * 2**20

Compression = Literal["gzip", "bzip2"]


def compression(first_bytes: bytes) -> Compression | None:
    """How a file that begins with these bytes is packed, by its magic number."""
    if first_bytes[:2] == b"\x1f\x8b":
        return "gzip"
    return "bzip2" if first_bytes[:3] == b"BZh" else None


def unpack(
    path: Path,
    packed: FileIO,
    how: Compression,
    scratch: Path | None,
    n_bytes: Callable[[bytes], int],
) -> tuple[FileIO, bytes]:
    """The content of `packed` as an open file, and its first bytes.

    The file has no name and so goes when it is closed, or when the process is killed. `n_bytes`
    tells from the first bytes how much there is, so that a file that is no tomogram, or larger
    than the disk, is refused at once.

    Raises
    ------
    TomogramError
        Damaged or truncated, or no room in `scratch`; and what `n_bytes` raises.
    """
    folder = scratch or tempfile.gettempdir()
    # opened as FileIO (buffering=0), whose stub says IO[bytes]
    target: IO[bytes] = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
    try:
        with gzip.open(packed) if how == "gzip" else bz2.open(packed) as stream:
            head = stream.read(HEAD)
            needed = n_bytes(head)
            room = shutil.disk_usage(folder).free
            if needed > room:
                raise TomogramError(
                    f"expected {needed / 1e9:.1f} GB of room in {folder} to unpack {path}, "
                    f"found {room / 1e9:.1f} GB"
                )
            target.write(head)
            # what follows the last voxel is not read: a small file may unpack to fill the disk
            while target.tell() <= needed and (chunk := stream.read(CHUNK)):
                view = memoryview(chunk)
                while view:
                    view = view[target.write(view) :]
    except (EOFError, gzip.BadGzipFile, zlib.error, ValueError) as error:
        target.close()
        if isinstance(error, TomogramError):
            raise
        raise TomogramError(f"expected a whole {how} file, found {path}: {error}") from error
    except OSError as error:
        target.close()
        said = error.strerror or str(error)
        raise TomogramError(f"expected to unpack {path} into {folder}, found: {said}") from error
    except BaseException:
        target.close()
        raise
    return target, head  # type: ignore[return-value]
