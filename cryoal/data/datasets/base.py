"""What every data set gives: inputs, their true classes, who is for training and for testing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cryoal.errors import ConfigError, FileFormatError, PoolError
from cryoal.foreign import foreign
from cryoal.records import array_facts, digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.box_source import BoxSource

__all__ = ["IGNORED", "Dataset", "Reader", "need", "read_arrays", "require_count", "self_contained"]

IGNORED = -1
"""The class number of a pixel that does not count."""

Reader: TypeAlias = "Callable[[Path, Path | None, Path | None], Dataset]"
"""What a table of data sets holds: ``(path, truth, test) -> Dataset``; the last two may be None."""


@dataclass(frozen=True)
class Dataset:
    """Inputs of which the truth is known."""

    source: BoxSource
    classes: tuple[str, ...]
    targets: NDArray[np.integer[Any]]
    """``(n,)`` class number of each input of the source; -1 where nobody knows. Of a segmentation
    masks ``(n, h, w)``, -1 for pixels that do not count."""
    train: NDArray[np.int64]
    """Positions that may be asked."""
    test: NDArray[np.int64]
    """Positions to measure on; their classes are known."""
    box: int
    """Edge of a box in voxels, or of an image in pixels."""
    channels: int = 1
    dimensions: int = 3
    split: str = ""
    """A sentence on how those to measure on were chosen; empty where a data set is published so."""
    flatters: bool = False
    """Whether some to measure on show part of what may be asked, which flatters accuracies."""
    again: tuple[Callable[..., Dataset], tuple[Any, ...]] | None = field(
        default=None, compare=False, repr=False
    )
    """A function that can be imported, and what to call it with, for the same data elsewhere."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Elsewhere it is opened anew where that is possible; what was read need not travel."""
        if self.again is None:
            plain: tuple[Any, ...] = super().__reduce__()  # type: ignore[assignment]
            return plain
        return opened, (*self.again, self.told)

    @cached_property
    def told(self) -> str:
        """A digest of who is there, of what class, and who is for what."""
        return digest(
            {
                "keys": [str(key) for key in self.source.keys],
                "targets": array_facts(self.targets),
                "train": array_facts(self.train),
                "test": array_facts(self.test),
            }
        )

    @property
    def task(self) -> str:
        """``"classification"`` or ``"segmentation"``."""
        return "classification" if self.targets.ndim == 1 else "segmentation"

    @cached_property
    def main_class(self) -> NDArray[np.int64]:
        """``(n,)``: the class number of each input; of a mask its commonest, -1 for none.

        Of classes as common as each other the first.
        """
        if self.targets.ndim == 1:
            return self.targets.astype(np.int64)
        found = np.full(len(self.targets), IGNORED, np.int64)
        for place, mask in enumerate(self.targets):
            known = mask[mask != IGNORED]
            if len(known):
                found[place] = np.bincount(known).argmax()
        return found

    @property
    def shape(self) -> tuple[int, ...]:
        """That of one input, ``(channels, ...)``."""
        return (self.channels, *(self.box,) * self.dimensions)


def opened(open_it: Callable[..., Dataset], arguments: tuple[Any, ...], told: str) -> Dataset:
    """What `open_it` gives for `arguments`, opened once for the jobs that follow one another.

    Raises
    ------
    PoolError
        It is not the data that was meant, which is `told` of.
    """
    if _LAST and _LAST[0] == (open_it, arguments, told):
        return _LAST[1]  # type: ignore[return-value]
    dataset = open_it(*arguments)
    if dataset.told != told:
        raise PoolError(
            f"expected the data that the cell is about, found other inputs or classes by"
            f" {open_it.__name__} of {', '.join(map(str, arguments))}: is it another disk?"
        )
    _LAST[:] = (open_it, arguments, told), dataset
    return dataset


_LAST: list[object] = []


def self_contained(read: Callable[..., Dataset]) -> Reader:
    """A function of a path alone (others have defaults), as an entry of the table of data sets."""

    @wraps(read)
    def reader(path: Path, truth: Path | None, test: Path | None) -> Dataset:
        for name, value in (("truth", truth), ("test", test)):
            if value is not None:
                kind = read.__name__.removeprefix("read_")
                raise ConfigError(
                    f"expected no data.{name} for {kind}, whose own files tell the classes,"
                    f" found {value}"
                )
        return read(path)

    return reader


def need(path: Path, what: str, get: str) -> Path:
    """`path`, which must be there.

    Raises
    ------
    FileFormatError
        It is not; the message says `what` it is and where to `get` it.
    """
    if not path.exists():
        raise FileFormatError(f"expected {what} at {path}, found nothing; get it from {get}")
    return path


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays in an ``.npz`` file, by name; nothing in it is unpickled.

    Raises
    ------
    FileFormatError
        It is none, or damaged.
    """
    # opened here, as np.load (2.4.6) leaves a file open that begins as an archive and is none
    with (
        foreign(path, "arrays (.npz)"),
        path.open("rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):
        return {name: np.asarray(arrays[name]) for name in arrays.files}


def require_count(found: int, expected: int, what: str, where: Path) -> None:
    """Make sure that a data set is whole.

    Raises
    ------
    FileFormatError
        There are more or fewer than were published.
    """
    if found != expected:
        raise FileFormatError(
            f"expected {expected:,} {what} in {where}, found {found:,}: unpack the data set again,"
            " or give the folder of another"
        )
