"""CIFAR-10 and CIFAR-100: the binary and the Python version, and mosaics of CIFAR-10.

Source: Krizhevsky and Hinton, 2009; https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.datasets.base import Dataset, need, read_arrays, require_count, self_contained
from cryoal.data.datasets.images import ImageSource, read_image
from cryoal.data.datasets.plain_pickle import read_plain_pickle
from cryoal.errors import FileFormatError
from cryoal.foreign import foreign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["cifar10", "cifar100", "read_cifar10", "read_cifar100"]

GET = "https://www.cs.toronto.edu/~kriz/cifar.html"
PIXELS = 32 * 32
MEAN = np.array([0.4914, 0.4822, 0.4465])  # those of public code for both, also for CIFAR-100
DEVIATION = np.array([0.2023, 0.1994, 0.2010])
MOSAIC = 50  # images along a side

Part = tuple["NDArray[np.uint8]", "NDArray[np.int64]"]


def read_cifar10(path: Path, n_train: int = 50_000, n_test: int = 10_000) -> Dataset:
    """CIFAR-10 in a folder, in the form that is found there.

    Parameters
    ----------
    path
        Holds ``cifar-10-batches-bin`` or ``cifar-10-batches-py``, or what is in them, or mosaics
        of 50 x 50 images: ``train_00.jpg``, ..., ``test_00.jpg``, ... and ``labels.npz`` with
        `classes`, `train_label` and `test_label`.
    n_train, n_test
        How many images there must be.

    Raises
    ------
    FileFormatError
        A file is missing, or of another size or kind; a label is no class.
    """
    if (path / "labels.npz").is_file():
        return _mosaics(path, n_train, n_test)
    folder = _inside(path, "cifar-10-batches-bin", "cifar-10-batches-py")
    if (folder / "batches.meta").is_file():
        names = _names(folder / "batches.meta", b"label_names")
        trains = [_python(folder / f"data_batch_{i}", b"labels") for i in range(1, 6)]
        tests = [_python(need(folder / "test_batch", "images", GET), b"labels")]
    else:
        lines = need(folder / "batches.meta.txt", "names of the classes of CIFAR-10", GET)
        names = _words(lines)
        trains = [_binary(folder / f"data_batch_{i}.bin", 1) for i in range(1, 6)]
        tests = [_binary(folder / "test_batch.bin", 1)]
    return _dataset(folder, names, 10, trains, tests, (n_train, n_test))


def read_cifar100(path: Path, n_train: int = 50_000, n_test: int = 10_000) -> Dataset:
    """CIFAR-100, by its 100 fine classes; as :func:`read_cifar10`, without mosaics.

    `path` holds ``cifar-100-binary`` or ``cifar-100-python``, or what is in them.
    """
    folder = _inside(path, "cifar-100-binary", "cifar-100-python")
    if (folder / "meta").is_file():
        names = _names(folder / "meta", b"fine_label_names")
        train, test = (_python(folder / part, b"fine_labels") for part in ("train", "test"))
    else:
        lines = need(folder / "fine_label_names.txt", "names of the classes of CIFAR-100", GET)
        names = _words(lines)
        # two bytes before the pixels: the coarse label, then the fine one
        train, test = (_binary(folder / f"{part}.bin", 2) for part in ("train", "test"))
    return _dataset(folder, names, 100, [train], [test], (n_train, n_test))


def _inside(path: Path, *names: str) -> Path:
    need(path, "the folder of the data set", GET)
    return next((path / name for name in names if (path / name).is_dir()), path)


def _words(path: Path) -> tuple[str, ...]:
    with foreign(path, "names of classes"):
        return tuple(path.read_text(encoding="ascii").split())


def _names(path: Path, key: bytes) -> tuple[str, ...]:
    found = read_plain_pickle(path)
    if not isinstance(found, dict) or not isinstance(found.get(key), list):
        raise FileFormatError(f"expected a dictionary with {key!r} in {path}, found another value")
    with foreign(path, "names of classes"):
        return tuple(name.decode("ascii") for name in found[key])


def _python(path: Path, key: bytes) -> Part:
    """Images and labels of one batch of the Python version."""
    found: Any = read_plain_pickle(need(path, "a batch of images", GET))
    if not isinstance(found, dict) or b"data" not in found or key not in found:
        raise FileFormatError(f"expected a dictionary with b'data' and {key!r} in {path}")
    data = found[b"data"]
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != 3 * PIXELS:
        raise FileFormatError(
            f"expected data (n, {3 * PIXELS}) uint8 in {path}, found {getattr(data, 'shape', None)}"
        )
    return _as_images(data), _numbers(found[key], path)


def _numbers(labels: object, path: Path) -> NDArray[np.int64]:
    """Labels as class numbers ``(n,)``."""
    with foreign(path, "a list of labels"):
        values = np.array(labels)
        if values.ndim != 1 or values.dtype.kind not in "iu":
            raise ValueError(f"{values.dtype} of shape {values.shape}")
        return values.astype(np.int64)


def _binary(path: Path, n_labels: int) -> Part:
    """Images and labels of one file of the binary version; the last of `n_labels` bytes counts."""
    values = np.fromfile(need(path, "a batch of images", GET), np.uint8)
    record = n_labels + 3 * PIXELS
    if len(values) == 0 or len(values) % record:
        raise FileFormatError(
            f"expected records of {record} bytes in {path}, found {len(values)} bytes in all"
        )
    records = values.reshape(-1, record)
    return _as_images(records[:, n_labels:]), records[:, n_labels - 1].astype(np.int64)


def _as_images(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of all red, all green and all blue pixels as ``(n, 32, 32, 3)``."""
    return np.ascontiguousarray(rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def _mosaics(folder: Path, n_train: int, n_test: int) -> Dataset:
    path = folder / "labels.npz"
    arrays = read_arrays(path)
    with foreign(path, "classes, train_label and test_label"):
        names = tuple(str(name) for name in arrays["classes"])
        labels = {p: _numbers(arrays[f"{p}_label"], path) for p in ("train", "test")}
    parts = {
        part: [(np.concatenate(list(_tiles(folder, part))), labels[part])]
        for part in ("train", "test")
    }
    return _dataset(folder, names, 10, parts["train"], parts["test"], (n_train, n_test))


def _tiles(folder: Path, part: str) -> Iterator[NDArray[np.uint8]]:
    paths = sorted(folder.glob(f"{part}_*.jpg"))
    if not paths:
        raise FileFormatError(f"expected mosaics {part}_00.jpg, ... in {folder}, found none")
    for path in paths:
        mosaic = np.asarray(read_image(path))
        if mosaic.shape != (MOSAIC * 32, MOSAIC * 32, 3):
            height, width = mosaic.shape[:2]
            raise FileFormatError(
                f"expected 1600 x 1600 pixels in {path}, found {width} x {height}"
            )
        tiles = mosaic.reshape(MOSAIC, 32, MOSAIC, 32, 3).transpose(0, 2, 1, 3, 4)
        yield tiles.reshape(-1, 32, 32, 3)


def _dataset(
    folder: Path,
    names: tuple[str, ...],
    n_classes: int,
    trains: Iterable[Part],
    tests: Iterable[Part],
    counts: tuple[int, int],
) -> Dataset:
    parts = [tuple(map(np.concatenate, zip(*part, strict=True))) for part in (trains, tests)]
    require_count(len(names), n_classes, "classes", folder)
    for (images, labels), count, what in zip(parts, counts, ("training", "test"), strict=True):
        require_count(len(images), count, f"{what} images", folder)
        require_count(len(labels), count, f"labels of {what} images", folder)
        wrong = labels[(labels < 0) | (labels >= n_classes)]
        if len(wrong):
            raise FileFormatError(
                f"expected labels 0 to {n_classes - 1} in {folder}, found {wrong[0]}"
            )
    (images, labels), (test_images, test_labels) = parts
    source = ImageSource(np.concatenate([images, test_images]), MEAN, DEVIATION)
    return Dataset(
        source,
        names,
        np.concatenate([labels, test_labels]),
        np.arange(len(images)),
        np.arange(len(images), len(source)),
        32,
        channels=3,
        dimensions=2,
    )


cifar10 = self_contained(read_cifar10)
cifar100 = self_contained(read_cifar100)
