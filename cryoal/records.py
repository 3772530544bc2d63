"""Small facts on disk: written whole or not at all, and readable by a person."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import platform
import re
import shutil
import sys
import tomllib
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from cryoal.checks import CHECK, is_whole, with_check
from cryoal.errors import CryoALError, FileFormatError
from cryoal.foreign import foreign
from cryoal.machine import processors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Json",
    "array_facts",
    "digest",
    "digest_of_file",
    "entries",
    "environment",
    "flush",
    "full_at",
    "is_alive",
    "is_there",
    "moment",
    "now",
    "numbered",
    "parse_json",
    "read_json",
    "read_toml",
    "replacing",
    "stamp",
    "sweep",
    "temporary_name",
    "write_json",
    "write_text",
]

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"

DEEPEST = 64
"""Nesting of what is read; nobody's file needs as much, and what walks it later has less room."""


def now() -> str:
    """The time in UTC, ISO 8601 to the millisecond: ``2026-11-22T09:30:00.000Z``."""
    return stamp(datetime.now(UTC))


def stamp(time: datetime) -> str:
    """A moment in UTC as :func:`now` writes it."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime | None:
    """The moment that `text` names, in UTC; None where it names none.

    Any form of ISO 8601 up to the year 9998; without an offset it is UTC.

    Examples
    --------
    >>> moment("2026-11-28T09:00:00+09:00") == moment("2026-11-28T00:00:00.000Z")
    True
    """
    try:
        found = datetime.fromisoformat(text)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year < 9999 else None  # there has to be a moment after it


def entries(folder: Path) -> list[str]:
    """Names of what is in `folder`, sorted; none where there is no such folder.

    What may not be read is not empty: unlike ``Path.glob``, which gives nothing, this raises.

    Raises
    ------
    OSError
        The folder is there and cannot be listed.
    """
    try:
        with os.scandir(folder) as found:
            return sorted(entry.name for entry in found)
    except FileNotFoundError:
        if os.path.lexists(folder):  # a link to a disk that is not there
            raise
        return []


def numbered(folder: Path, before: str, width: int, after: str = "") -> dict[int, Path]:
    """What is in `folder` under the names of a series, such as ``cycle_007``, by number, in order.

    Other names are passed over: ``cycle_007 (copy)``, ``cycle_7``.

    Raises
    ------
    OSError
        As :func:`entries`.
    """
    pattern = re.compile(re.escape(before) + "([0-9]+)" + re.escape(after))
    found = {
        int(match[1]): folder / name
        for name in entries(folder)
        if (match := pattern.fullmatch(name)) and match[1] == f"{int(match[1]):0{width}d}"
    }
    return dict(sorted(found.items()))


def is_there(path: Path) -> bool:
    """Whether there is something at `path`; OSError where that cannot be told.

    Newer ``Path.exists`` takes what may not be looked at for what is not there.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without an error.

    A symbolic link is followed, so that what it points to is replaced. The content is flushed to
    disk before the rename, so that after a crash the file is either the
    old one or the new one. On an error nothing is left behind.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise IsADirectoryError(errno.EISDIR, "expected a file to write, found another thing", path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # who writes it is in the name, so that nobody else takes it for litter; long names are cut
    temporary = path.with_name(temporary_name(path.name))
    temporary.touch()
    mode = temporary.stat().st_mode
    try:
        with full_at(path):
            yield temporary
            temporary.chmod(mode)  # some writers make files that only their owner may read
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def full_at(path: Path) -> Iterator[None]:
    """Let an error of a full disk name `path`: the system names no file, or a temporary one."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            error.filename = str(path)
        raise


def temporary_name(name: str) -> str:
    """What a file or folder of that name is called while this process writes it."""
    return f".{_shown(name)}.{_host()}.{os.getpid()}.tmp"


def sweep(folder: Path, of: str | None = None) -> None:
    """Remove what :func:`replacing` left in `folder` in processes that were killed on this machine.

    With `of`, only what was to become the file of that name. Files of other machines stay: whether
    their processes live cannot be told from here.
    """
    for name in entries(folder):
        match = _TEMPORARY.fullmatch(name)
        if match is None:
            continue
        inner = _TEMPORARY.fullmatch(match["name"])  # a temporary file that was itself replaced
        if of is not None and _shown(of) not in (match["name"], inner and inner["name"]):
            continue
        if match["host"] == _host() and not is_alive(int(match["process"])):
            left = folder / name
            with suppress(OSError):
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)


_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<host>[^.]+)\.(?P<process>[0-9]{1,10})\.tmp")


def _shown(name: str) -> str:
    return name.encode(errors="surrogateescape")[:120].decode(errors="ignore")


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", platform.node())[:40] or "here"


def is_alive(process: int) -> bool:
    """Whether there is a process of that number on this machine, anybody's."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # somebody else's; a number that no process has
        pass
    return True


def flush(path: Path) -> None:
    """Wait until a file's content, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in one step (see :func:`replacing`)."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_json(path: Path, value: Json) -> None:
    """Write `value` as indented JSON in one step; NaN and infinity are refused.

    An object gets a last field ``check`` (see :mod:`cryoal.checks`), which :func:`read_json` takes
    off again.
    """
    if isinstance(value, Mapping):
        value = with_check(value)
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def parse_json(
    text: str | bytes, where: Path | str, error: type[CryoALError] = FileFormatError
) -> Any:
    """The value of JSON text that came from `where`.

    Stricter than Python's parser: what it takes here can be written again, as JSON in UTF-8.

    Raises
    ------
    CryoALError
        Of the kind `error`: not JSON in UTF-8, nested more than 64 deep, a number that is not
        finite, or text that is no text (half of a surrogate pair).
    """
    with foreign(where, "JSON", error):
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
        if text.count("[") + text.count("{") > DEEPEST:
            _require_shallow(value)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    return value


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in `path`, as :func:`write_json` wrote it; without a check as it is.

    Raises
    ------
    FileFormatError
        Not JSON (see :func:`parse_json`), not an object, or changed since it was written.
    """
    value = parse_json(path.read_bytes(), path)
    if not isinstance(value, dict):
        raise FileFormatError(f"expected a JSON object in {path}, found {type(value).__name__}")
    if not is_whole(value) or _has_check_of_another_name(value):
        raise FileFormatError(
            f"expected {path} as it was written, found it changed: restore it from a copy, or, if "
            f'the change was meant, take out its line "{CHECK}"'
        )
    value.pop(CHECK, None)
    return value


def _has_check_of_another_name(value: dict[str, Any]) -> bool:
    """Whether the last field would be the check, but for its name: that is where a bit flipped."""
    if CHECK in value or not value:
        return False
    *others, (_, last) = value.items()
    return isinstance(last, str) and len(last) == 8 and with_check(dict(others))[CHECK] == last


def read_toml(path: Path, error: type[CryoALError] = FileFormatError) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises
    ------
    CryoALError
        Of the kind `error`: not TOML in UTF-8, or nested more than 64 deep.
    """
    content = path.read_bytes()
    with foreign(path, "TOML", error):
        tree = tomllib.loads(content.decode("utf-8"))
        _require_shallow(tree)
        repr(tree)  # a hexadecimal number may have more digits than Python will show
    return tree


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text}, which is not finite")
    return value


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise RecursionError


def digest(value: Json) -> str:
    """SHA-256 of `value` as canonical JSON, 64 hexadecimal digits."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_file(path: Path) -> str:
    """SHA-256 of the bytes of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def array_facts(array: NDArray[np.integer[Any]]) -> Json:
    """What stands for an array of class numbers in a :func:`digest`; for masks a digest of theirs.

    The integer type makes no difference.
    """
    if array.ndim == 1:
        found: list[int] = array.tolist()
        return found
    of_all = hashlib.sha256()
    for mask in array:  # one at a time: all of them may fill the memory
        of_all.update(mask.astype("<i4").tobytes())
    return [list(array.shape), of_all.hexdigest()]


def environment() -> dict[str, Json]:
    """What this ran on: versions of what computes, Python, machine, processors, command, time."""
    computing = ("cryoal", "torch", "monai", "numpy", "zarr", "tensorstore", "mrcfile", "triton")
    versions: dict[str, Json] = {}
    for name in computing:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "time": now(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processors": processors(),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "versions": versions,
    }
