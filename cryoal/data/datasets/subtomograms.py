"""Subtomograms as one MRC file each: 50c-snr005 as its authors have it, and 10c-real.

Sources: S. Liu et al., 2020 (simulated); Noble et al., 2018, and Guo et al., 2018 (real).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from cryoal.data.datasets.base import Dataset, need, require_count, self_contained
from cryoal.data.datasets.threads import in_threads
from cryoal.data.normalise import bound
from cryoal.errors import FileFormatError, TomogramError
from cryoal.io.volumes.mrc import MrcVolume

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["VolumeFiles", "read_10c_real", "read_50c", "real10c", "simulated50c"]

GET_50C = "the authors of the paper, or make one like it: cryoal simulate (the preset 50c-like)"
GET_10C = (
    "the authors of the paper (Noble et al., eLife 7, e34257; Guo et al., Cell 172, 696), one"
    " folder for each class in train and in test"
)
MEAN, DEVIATION = 0.03, 13.71  # of 50c-snr005, in the authors' code of 2022
TRAIN_SHARE = 0.96  # the first 480 of 500 by number, in the same code
SPACING = 10.0  # angstrom, where a header has none; nothing here depends on it
FOR_STATISTICS = 2_000  # boxes, spread evenly, of which mean and deviation are taken


class VolumeFiles:
    """Boxes of one size in MRC files, read by threads when they are asked for.

    Parameters
    ----------
    paths, keys
        The files, and what they are called: names that do not depend on where the folder is.
    mean, deviation
        Taken off and divided by; None: those of the files at `sample`.
    sample
        Places of files.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        keys: Sequence[str],
        mean: float | None = None,
        deviation: float | None = None,
        sample: Sequence[int] = (),
    ) -> None:
        self.paths = list(paths)
        self.keys = np.array(keys, object)
        self.box = _read(self.paths[0], None).shape[0]
        if mean is None or deviation is None:
            boxes = self._read_raw(np.array(sample, np.int64)).astype(np.float64)
            mean, deviation = float(boxes.mean()), float(boxes.std())
            if not 0 < deviation < float("inf"):
                raise FileFormatError(
                    f"expected boxes with something in them, found {mean} everywhere, in"
                    f" {self.paths[0].parent}"
                )
        self.mean, self.deviation = mean, deviation

    def __len__(self) -> int:
        return len(self.paths)

    def read_normalised(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """Boxes ``(m, d, h, w)`` float32, in the order of `index`, bounded as those of a pool.

        Raises
        ------
        FileFormatError
            A file is no MRC volume, or of another size than the first of all.
        """
        with np.errstate(over="ignore"):
            boxes = self._read_raw(index) - np.float32(self.mean)
            boxes /= np.float32(self.deviation)
        return bound(boxes)

    def _read_raw(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        boxes = np.empty((len(index), *(self.box,) * 3), np.float32)

        def read(place: int) -> None:
            boxes[place] = _read(self.paths[index[place]], self.box)

        in_threads(read, len(index))
        return boxes


def _read(path: Path, box: int | None) -> NDArray[np.float32]:
    with path.open("rb", buffering=0) as file:
        volume = MrcVolume(path, file, voxel_spacing=SPACING)
        side = volume.shape[0] if box is None else box
        if volume.shape != (side,) * 3:
            raise TomogramError(f"expected {side}^3 voxels in {path}, found {volume.shape}")
        return volume.read((0, 0, 0), volume.shape).astype(np.float32)


def read_50c(path: Path, n_classes: int = 50, per_class: int = 500) -> Dataset:
    """``SNR005/<structure>/subtomogram_mrc/tomotarget<number>.mrc`` in `path`, or from SNR005 on.

    The first 96 % of each class by number are for training, as in the authors' code. Boxes are
    normalised by its constants.

    Raises
    ------
    FileFormatError
        Classes or files are missing, or a file is not as large as the others.
    """
    inside = need(path, "the folder of 50c-snr005", GET_50C) / "SNR005"
    folder = inside if inside.is_dir() else path
    names = sorted(p.parent.name for p in folder.glob("*/subtomogram_mrc"))
    require_count(len(names), n_classes, "folders <structure>/subtomogram_mrc", folder)
    paths: list[Path] = []
    for name in names:
        found = _numbered(folder / name / "subtomogram_mrc")
        require_count(len(found), per_class, "files tomotarget<number>.mrc", folder / name)
        paths += found
    number = np.tile(np.arange(per_class), n_classes)
    is_train = number < round(TRAIN_SHARE * per_class)
    source = VolumeFiles(paths, [p.relative_to(folder).as_posix() for p in paths], MEAN, DEVIATION)
    return Dataset(
        source,
        tuple(names),
        np.repeat(np.arange(n_classes), per_class),
        np.flatnonzero(is_train),
        np.flatnonzero(~is_train),
        source.box,
    )


def _numbered(folder: Path) -> list[Path]:
    """The files of a class in the order of their numbers, which is not that of their names."""
    pattern = re.compile(r"tomotarget(\d+)\.mrc")
    found = {int(m[1]): p for p in folder.iterdir() if (m := pattern.fullmatch(p.name))}
    return [found[number] for number in sorted(found)]


def read_10c_real(
    path: Path, n_classes: int = 10, n_train: int = 4_318, n_test: int = 1_080
) -> Dataset:
    """``train/<class>/*.mrc`` and ``test/<class>/*.mrc`` in `path`.

    The paper's own files were never published; this is the layout to bring yours into. Boxes are
    normalised by mean and deviation of 2,000 training boxes, or of all when there are fewer.

    Raises
    ------
    FileFormatError
        As for :func:`read_50c`; or the classes of the two parts differ.
    """
    paths: list[Path] = []
    targets: list[int] = []
    is_test: list[bool] = []
    names: list[str] = []
    for part, count in (("train", n_train), ("test", n_test)):
        folder = need(path / part, f"a folder for each class of 10c-real, {part}", GET_10C)
        found = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
        require_count(len(found), n_classes, "folders of classes", folder)
        names = names or found
        if found != names:
            raise FileFormatError(f"expected the classes {names} in {folder}, found {found}")
        files = [sorted((folder / name).glob("*.mrc")) for name in names]
        require_count(sum(map(len, files)), count, "MRC files", folder)
        for number, some in enumerate(files):
            paths += some
            targets += [number] * len(some)
            is_test += [part == "test"] * len(some)
    train = np.flatnonzero(~np.array(is_test))
    sample = train[:: -(-len(train) // FOR_STATISTICS)].tolist()
    keys = [p.relative_to(path).as_posix() for p in paths]
    source = VolumeFiles(paths, keys, sample=sample)
    return Dataset(
        source,
        tuple(names),
        np.array(targets),
        train,
        np.flatnonzero(np.array(is_test)),
        source.box,
    )


simulated50c = self_contained(read_50c)
real10c = self_contained(read_10c_real)
