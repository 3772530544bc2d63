"""Where commands may write for the user: outside campaigns, and over nothing but their own files.

A campaign remembers in ``outputs.json`` what its commands wrote, each path with a digest. A file
that is there and is not that, or is no longer that, is somebody's work: it is replaced with
``--force`` only. What a campaign was made from is never replaced.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cryoal.campaign.settings_file import NAME
from cryoal.errors import FileFormatError, LockError, OutputError
from cryoal.locks import locked
from cryoal.progress import SILENT
from cryoal.records import digest_of_file, read_json, replacing, sweep, write_json
from cryoal.within import require_within

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress

__all__ = [
    "check_output",
    "inputs_of",
    "own_files",
    "remember",
    "remember_or_say",
    "require_file",
    "require_outside",
    "require_own",
    "writing",
]

LEDGER = "outputs.json"


def require_outside(path: Path) -> Path:
    """`path`, resolved, which is in no campaign and is none.

    Raises
    ------
    OutputError
        A folder around it has a ``campaign.toml``; or links that lead in a circle.
    """
    try:
        resolved = path.resolve()
    except (RuntimeError, OSError):  # the first until Python 3.12
        raise OutputError(f"expected a path to write to, found a circle of links: {path}") from None
    require_within(resolved, OutputError)
    for folder in (resolved, *resolved.parents):
        if (folder / NAME).is_file():
            raise OutputError(
                f"expected a place outside of campaigns to write to, found {path} in {folder}"
            )
    return resolved


def require_file(path: Path) -> Path:
    """`path`, resolved, where a file can be written, outside of campaigns.

    Raises
    ------
    OutputError
        A campaign, a folder, a device, or a folder around it that is none or cannot be written to.
    """
    resolved = require_outside(path)
    if resolved.exists() and not resolved.is_file():
        what = "a folder" if resolved.is_dir() else "no regular file"
        raise OutputError(f"expected a file to write, found {what} at {path}")
    folder = next(p for p in resolved.parents if p.exists())
    if not folder.is_dir():
        raise OutputError(f"expected a folder for {path}, found a file at {folder}")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"expected a folder to write to for {path}, found {folder} read-only")
    return resolved


def check_output(
    campaign: Campaign, path: Path, read: Path | None = None, *, force: bool = False
) -> Path:
    """`path`, resolved, where `campaign` may write a file; `read` is one that the command reads.

    Raises
    ------
    OutputError
        Not a place for a file (see :func:`require_file`); a tomogram, picks or another file that
        the campaign was made from; a file that cryoal did not write for this campaign, or that was
        changed since, without `force`.
    """
    resolved = require_file(path)
    for source in (*inputs_of(campaign), *([] if read is None else [read])):
        if _is_same(resolved, source) or source.resolve() in resolved.parents:
            raise OutputError(
                f"expected another file to write to than the campaign's own input, found {path}"
            )
    if resolved.exists() and not force:
        require_own(path, own_files(campaign.path))
    return resolved


def require_own(path: Path, own: Mapping[Path, Collection[str]]) -> None:
    """Raise OutputError unless the file in `path` is as one of `own` was when it was written."""
    known = own.get(path.resolve())
    if known is None:
        raise OutputError(
            f"expected a new file, or one that the same campaign wrote, found another at {path}; "
            "--force replaces it"
        )
    if digest_of_file(path) not in known:
        raise OutputError(
            f"expected {path} as cryoal wrote it, found it changed since; --force replaces it"
        )


@contextmanager
def writing(
    campaign: Campaign, path: Path, *, force: bool = False, progress: Progress = SILENT
) -> Iterator[Path]:
    """A temporary path to write an output to, which takes its place when the block ends.

    The campaign remembers it before: whenever the command is killed, what lies there is its own.

    Raises
    ------
    OutputError
        As :func:`check_output`.
    """
    resolved = check_output(campaign, path, force=force)
    with suppress(OSError):
        sweep(resolved.parent, resolved.name)  # a killed command left it
    with replacing(resolved) as temporary:
        yield temporary
        remember_or_say(campaign, {resolved: temporary}, path, progress)


def remember_or_say(
    campaign: Campaign, written: Mapping[Path, Path], path: Path, progress: Progress
) -> None:
    """:func:`remember`; where the campaign cannot be written to, say what `path` will be then."""
    try:
        remember(campaign.path, written)
    except (OSError, LockError):
        progress.say(
            f"{campaign.typed} cannot be written to, so that the next time {path} will be "
            "taken for a file of yours (--force)"
        )


def own_files(folder: Path) -> dict[Path, list[str]]:
    """Digests by path of what was written for the campaign, or the study, in `folder`.

    The last one is of the file that was written last, or was about to be. Of a damaged record
    nothing is believed: what it told needs ``--force``.
    """
    try:
        facts = read_json(folder / LEDGER)
    except (FileNotFoundError, FileFormatError):
        return {}
    files = facts.get("files")
    if not isinstance(files, dict):
        return {}
    # told from the folder on: a campaign and its outputs may be moved together
    start = folder.resolve()
    return {
        Path(os.path.normpath(start / path)): [str(digest) for digest in digests]
        for path, digests in files.items()
        if isinstance(digests, list)
    }


def remember(folder: Path, written: Mapping[Path, Path]) -> None:
    """Note in `folder` that the files of these paths are, or will be, cryoal's.

    Each is as another file is now, which is about to take its place, or as it is itself. What is
    there until then stays its own; files that are gone are forgotten.
    """
    with locked(folder / f".{LEDGER}.lock"):
        sweep(folder, LEDGER)
        known = {path: digests[-2:] for path, digests in own_files(folder).items() if path.exists()}
        for path, content in written.items():
            before, digest = known.get(path.resolve(), [])[-1:], digest_of_file(content)
            known[path.resolve()] = [*(old for old in before if old != digest), digest]
        start = folder.resolve()
        files = {os.path.relpath(path, start): digests for path, digests in known.items()}
        write_json(folder / LEDGER, {"files": files})


def inputs_of(campaign: Campaign) -> Iterator[Path]:
    """Every file that the boxes of `campaign` came from, as far as it remembers."""
    if not campaign.has_pool:
        return
    for part in campaign.pool.parts:
        yield part.source_path
        if part.source_tomograms is not None:
            yield part.source_tomograms
        for record in part.tomograms:
            yield from record.places
            if record.mask is not None:
                yield record.mask


def _is_same(one: Path, other: Path) -> bool:
    """Whether both are one file, also by a link or a hard link."""
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return one == other.resolve()
