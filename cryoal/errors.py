"""Every error cryoal raises on purpose.

::

    CryoALError
    ├── ConfigError            (ValueError)   a setting unknown, of the wrong type or out of range
    ├── UnknownNameError       (LookupError)  no such strategy, backbone, format or preset
    ├── FileFormatError        (ValueError)   a file is not what it claims to be
    │   ├── TomogramError                     truncated, wrong axes, no voxel spacing
    │   ├── PicksError                        missing columns, other tomogram, outside
    │   └── StructureError                    no atoms, no density
    ├── PoolError              (ValueError)   a pool that cannot take, or lacks, what was asked
    │   ├── DamagedBoxError                   voxels are not those that were written
    │   ├── DuplicateKeyError
    │   └── UnknownKeyError
    ├── LabelError             (ValueError)   an answer that cannot be recorded
    ├── PairMismatchError      (ValueError)   teacher and student do not have matching modules
    ├── SimulationError        (ValueError)   a scene that cannot be made: no room, too large
    ├── DivergedError          (ArithmeticError) training ran into infinity or NaN
    ├── OutputError            (ValueError)   nothing may be written there
    ├── LockError              (OSError)      the disk cannot lock, or does not answer
    │   └── LockHeldError                     another process holds the lock
    ├── CrewError              (RuntimeError) workers elsewhere cannot do this now
    └── CampaignError          (RuntimeError) the directory cannot do this now
        ├── NotACampaignError
        ├── CampaignVersionError              written by a newer cryoal
        └── CampaignBusyError                 another process is working on it

A message is one line: what was expected, what was found, and the offender. Whatever was found, the
line is printable and of bounded length: files of others hold line breaks, a terminal's escape codes
and words of a million letters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "CampaignBusyError",
    "CampaignError",
    "CampaignVersionError",
    "ConfigError",
    "CrewError",
    "CryoALError",
    "DamagedBoxError",
    "DivergedError",
    "DuplicateKeyError",
    "FileFormatError",
    "LabelError",
    "LockError",
    "LockHeldError",
    "NotACampaignError",
    "OutputError",
    "PairMismatchError",
    "PicksError",
    "PoolError",
    "SimulationError",
    "StructureError",
    "TomogramError",
    "UnknownKeyError",
    "UnknownNameError",
    "one_line",
]

LONGEST = 1_500
"""Characters of a message."""

_BREAK = re.compile(r"\s*[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]\s*")


def one_line(text: str, longest: int = LONGEST) -> str:
    r"""`text` on one line, its middle left out where it is too long, control characters escaped.

    Examples
    --------
    >>> one_line("found\n  two lines")
    'found two lines'
    >>> one_line("0123456789", 7)
    '012 ... 9'
    """
    if len(text) > longest:  # the end often names the file
        head = longest // 2
        text = f"{text[:head]} ... {text[len(text) - longest // 4 :]}"
    text = _BREAK.sub(" ", text).strip()
    if text.isprintable():
        return text
    # lone surrogates come from names of files that are not UTF-8, and from JSON
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class CryoALError(Exception):
    """Base of every error cryoal raises on purpose; the command line prints it as one line."""

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


class ConfigError(CryoALError, ValueError):
    """A setting is unknown, of the wrong type or out of range."""


class UnknownNameError(CryoALError, LookupError):
    """A table has no entry of that name; the message gives the nearest one."""


class FileFormatError(CryoALError, ValueError):
    """A file is not what it claims to be."""


class TomogramError(FileFormatError):
    """A tomogram cannot be read safely: truncated, wrong axes, no voxel spacing."""


class PicksError(FileFormatError):
    """A file of picks lacks columns, names another tomogram, or points outside its volume."""


class StructureError(FileFormatError):
    """An atomic model without atoms, or a map without density."""


class PoolError(CryoALError, ValueError):
    """A pool cannot take, or does not have, what was asked."""


class DamagedBoxError(PoolError):
    """The voxels of a box are not those that were written; `row` is its place in `path`'s part."""

    def __init__(self, message: str = "", row: int = -1, path: Path | None = None) -> None:
        super().__init__(message)
        self.row = row
        self.path = path


class DuplicateKeyError(PoolError):
    """A key is in the pool, or in the file, already."""


class UnknownKeyError(PoolError):
    """A key was never in the pool."""


class LabelError(CryoALError, ValueError):
    """An answer cannot be recorded: unknown class, contradictory rows, damaged journal."""


class PairMismatchError(CryoALError, ValueError):
    """Teacher and student have different numbers of modules, or maps of different size."""


class SimulationError(CryoALError, ValueError):
    """A scene that cannot be made: no room for its particles, or one larger than the box."""


class DivergedError(CryoALError, ArithmeticError):
    """A loss or a weight became infinite or NaN; the last good checkpoint is kept."""


class OutputError(CryoALError, ValueError):
    """Nothing may be written there: a campaign, an input, or a file of somebody else's."""


class LockError(CryoALError, OSError):
    """A lock cannot be had, so nothing was written: the disk knows none, or does not answer."""


class LockHeldError(LockError):
    """Another process holds the lock."""


class CrewError(CryoALError, RuntimeError):
    """Workers elsewhere cannot do this now; the message names the worker and its host."""


class CampaignError(CryoALError, RuntimeError):
    """The campaign cannot do this now."""


class NotACampaignError(CampaignError):
    """The directory has no ``campaign.toml``."""


class CampaignVersionError(CampaignError):
    """The campaign was written by a newer cryoal."""


class CampaignBusyError(CampaignError):
    """Another process is working on this campaign."""
