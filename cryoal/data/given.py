"""Where the user says that there is specimen: a slab, or a mask."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from cryoal.errors import PicksError, TomogramError
from cryoal.io.picks.pairing import by_name
from cryoal.io.volumes.open import open_volume
from cryoal.io.volumes.zarr_metadata import is_zarr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.volumes.base import Volume

__all__ = ["Given", "Inside", "Mask", "Slab", "masks_by_name", "parse_slab"]

MASK = re.compile("mask|lamella|specimen|boundary", re.IGNORECASE)
MASK_WORD = re.compile(rf"[_\-]({MASK.pattern})(?=\.|$)", re.IGNORECASE)

Inside: TypeAlias = "Callable[[int], NDArray[np.bool_]]"
"""Which voxels (y, x) of the section of this number are specimen."""


class Given(Protocol):
    """What tells where specimen is."""

    @property
    def name(self) -> str:
        """As it is remembered and said."""
        ...

    def check(self, volume: Volume) -> None:
        """Whether it fits this tomogram, before anything is written.

        Raises
        ------
        TomogramError
            It does not.
        """
        ...

    def sections(self, depth: int) -> range:
        """Those of the tomogram that are worth looking at."""
        ...

    def opened(self, volume: Volume) -> AbstractContextManager[Inside]:
        """For the sections of this tomogram; TomogramError where it does not fit."""
        ...


@dataclass(frozen=True)
class Slab:
    """Sections `start` up to, not including, `stop`, as in Python."""

    start: int
    stop: int

    @property
    def name(self) -> str:
        """As it is remembered and said."""
        return f"slab {self.start}:{self.stop}"

    def sections(self, depth: int) -> range:
        """Those of the slab."""
        return range(depth)[self.start : self.stop]

    def check(self, volume: Volume) -> None:
        """TomogramError unless the slab lies inside."""
        depth = volume.shape[0]
        if not 0 <= self.start < self.stop <= depth:
            raise TomogramError(
                f"expected a slab within sections 0:{depth}, found {self.start}:{self.stop} for "
                f"{volume.path}"
            )

    @contextmanager
    def opened(self, volume: Volume) -> Iterator[Inside]:
        """All voxels of the sections of the slab."""
        self.check(volume)
        section = volume.shape[1:]
        yield lambda z: np.full(section, self.start <= z < self.stop)


@dataclass(frozen=True)
class Mask:
    """A volume of the tomogram's shape that is not 0 where there is specimen."""

    path: Path

    @property
    def name(self) -> str:
        """As it is remembered and said."""
        return f"mask {self.path}"

    def sections(self, depth: int) -> range:
        """All of them."""
        return range(depth)

    def check(self, volume: Volume) -> None:
        """TomogramError unless the mask can be read and has the same shape."""
        with self.opened(volume):
            pass

    @contextmanager
    def opened(self, volume: Volume) -> Iterator[Inside]:
        """The voxels that are neither 0 nor NaN in the mask."""
        # the mask's own spacing does not matter, and many have none
        with open_volume(self.path, voxel_spacing=volume.voxel_spacing) as mask:
            if mask.shape != volume.shape:
                raise TomogramError(
                    f"expected a mask of {volume.shape} voxels (z, y, x) as {volume.path} has, "
                    f"found {mask.shape} in {self.path}"
                )
            _, height, width = mask.shape

            def inside(z: int) -> NDArray[np.bool_]:
                values = mask.read((z, 0, 0), (z + 1, height, width))[0]
                return np.asarray((values != 0) & np.isfinite(values))

            yield inside


def parse_slab(text: str) -> Slab:
    """``z0:z1`` in voxels.

    Raises
    ------
    TomogramError
        Something else.

    Examples
    --------
    >>> parse_slab("40:160")
    Slab(start=40, stop=160)
    """
    match = re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", text)
    if match is None or int(match[1]) >= int(match[2]):
        raise TomogramError(f"expected --slab z0:z1 in voxels, z0 below z1, found {text!r}")
    return Slab(int(match[1]), int(match[2]))


def masks_by_name(masks: Sequence[Path], names: Sequence[str]) -> dict[str, Mask]:
    """The mask of each tomogram; one mask of one tomogram needs no name in common.

    A folder stands for the masks in it that are called as a tomogram.

    Raises
    ------
    PicksError
        A mask goes with no tomogram, two with one, or a tomogram has none.
    """
    if len(masks) == len(names) == 1 and not _is_folder(masks[0]):
        return {names[0]: Mask(masks[0].absolute())}
    found: dict[str, Mask] = {}
    for given in masks:
        for path in sorted(given.iterdir()) if _is_folder(given) else [given]:
            name = _meant(path, names)
            if name is None and path is given:
                raise PicksError(
                    f"expected a mask called as a tomogram, such as {names[0]}, found {path}"
                )
            if name is None:
                continue
            if name in found:
                raise PicksError(
                    f"expected one mask for {name!r}, found {found[name].path} and {path}"
                )
            found[name] = Mask(path.absolute())
    missing = [name for name in names if name not in found]
    if missing:
        raise PicksError(
            f"expected a mask for each tomogram, found none for {len(missing)}, first "
            f"{missing[0]!r}"
        )
    return found


def _meant(path: Path, names: Sequence[str]) -> str | None:
    """The tomogram of the mask `path`, which may be called ``TS_01_mask.mrc``, or by its folder."""
    is_mask = MASK.fullmatch(path.name.split(".")[0]) is not None
    pair = by_name(path.with_name(MASK_WORD.sub("", path.name)), names, is_common=is_mask)
    return None if pair is None else pair.name


def _is_folder(path: Path) -> bool:
    """Whether it holds masks, and is no Zarr."""
    return path.is_dir() and not is_zarr(path)
