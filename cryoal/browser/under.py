"""Files under one folder: names that lead out of it, by ``..``, links or from the root, do not."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cryoal.errors import CryoALError
from cryoal.within import lies_in

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OutsideError", "Under"]


class OutsideError(CryoALError, ValueError):
    """A path that is not under the folder."""


class Under:
    """A folder, and what may be named in it.

    A name is relative, with ``/`` between its parts. What comes out is resolved, so that whoever
    opens it follows no link that was not looked at; :meth:`still` looks again, after it was opened.
    Nobody can hold still a folder that somebody else may write to.

    Attributes
    ----------
    folder
        Resolved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def there(self, name: str) -> Path:
        """What is there under that name, resolved.

        Raises
        ------
        OutsideError
            It leads out of the folder, or there is nothing.
        """
        found = self._resolved(name)
        if not found.exists():
            raise OutsideError(f"expected a file in {self.folder}, found nothing called {name!r}")
        return found

    def new(self, name: str) -> Path:
        """Where that name would be made: its folder is there, and in the folder.

        Raises
        ------
        OutsideError
            It leads out of the folder, or to what is none.
        """
        found = self._resolved(name)
        if found == self.folder:
            raise OutsideError(f"expected a name in {self.folder}, found none")
        if not found.parent.is_dir():
            raise OutsideError(
                f"expected a folder for {name!r} in {self.folder}, found none at {found.parent}"
            )
        return found

    def name(self, path: Path) -> str:
        """The name of a resolved path."""
        return path.relative_to(self.folder).as_posix()

    def has(self, path: Path) -> bool:
        """Whether `path` leads to somewhere in the folder, links followed."""
        return lies_in(path, self.folder)

    def still(self, path: Path) -> Path:
        """A resolved path, if nothing on the way to it has become a link since.

        Raises
        ------
        OutsideError
            Something has.
        """
        if path.resolve() != path:
            raise OutsideError(f"expected {path} as it was a moment ago, found a link on the way")
        return path

    def entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        """What is in a folder, by name; links that lead out, and hidden names, are passed over."""
        with os.scandir(self.still(folder)) as found:
            for entry in sorted(found, key=lambda entry: entry.name):
                if entry.name.startswith("."):
                    continue
                if entry.is_symlink() and not self.has(Path(entry.path)):
                    continue
                yield entry

    def _resolved(self, name: str) -> Path:
        parts = PurePosixPath(name)
        if "\0" in name or "\\" in name or parts.is_absolute() or ".." in parts.parts:
            raise OutsideError(
                f"expected a path in {self.folder}, from there on and without .., found {name!r}"
            )
        found = self.folder / parts
        try:
            found.lstat()
        except FileNotFoundError:
            pass  # it is to be made
        except OSError as error:  # longer than a name may be, or below what is no folder
            raise OutsideError(
                f"expected a path in {self.folder}, found {name[:40]!r}: {error.strerror}"
            ) from error
        if not self.has(found):
            raise OutsideError(f"expected a path in {self.folder}, found {name!r}, which leads out")
        return found.resolve()
