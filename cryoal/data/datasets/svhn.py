"""SVHN: cropped digits in two MATLAB files; the extra set is not used (Sec. IV-A).

Source: Netzer et al., 2011; http://ufldl.stanford.edu/housenumbers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.data.datasets.base import Dataset, need, require_count, self_contained
from cryoal.data.datasets.images import ImageSource, channel_statistics
from cryoal.data.datasets.matlab import read_matlab
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_svhn", "svhn"]

GET = "http://ufldl.stanford.edu/housenumbers (format 2, cropped digits)"


def read_svhn(path: Path, n_train: int = 73_257, n_test: int = 26_032) -> Dataset:
    """SVHN in a folder with ``train_32x32.mat`` and ``test_32x32.mat``.

    `X` is ``(32, 32, 3, n)`` uint8, `y` ``(n, 1)`` with 10 for the digit 0. Images are normalised
    by mean and deviation of the training images.

    Raises
    ------
    FileFormatError
        A file is missing, or its arrays are not of that shape.
    """
    parts = []
    for name, count, what in (("train", n_train, "training"), ("test", n_test, "test")):
        images, labels = _part(need(path / f"{name}_32x32.mat", "digits of SVHN", GET))
        require_count(len(images), count, f"{what} images", path)
        parts.append((images, labels))
    (images, labels), (test_images, test_labels) = parts
    return Dataset(
        ImageSource(np.concatenate([images, test_images]), *channel_statistics(images)),
        tuple("0123456789"),
        np.concatenate([labels, test_labels]),
        np.arange(n_train),
        np.arange(n_train, n_train + n_test),
        32,
        channels=3,
        dimensions=2,
    )


def _part(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    found = read_matlab(path, ["X", "y"])
    images, digits = found["X"], found["y"].ravel()
    if images.ndim != 4 or images.shape[:3] != (32, 32, 3) or images.dtype != np.uint8:
        raise FileFormatError(
            f"expected X (32, 32, 3, n) uint8 in {path}, found {images.shape} {images.dtype}"
        )
    require_count(len(digits), images.shape[3], "labels", path)
    wrong = digits[~np.isin(digits, np.arange(1, 11))]
    if len(wrong):
        raise FileFormatError(f"expected digits 1 to 10 (10 is 0) in {path}, found {wrong[0]}")
    return np.ascontiguousarray(images.transpose(3, 0, 1, 2)), digits.astype(np.int64) % 10


svhn = self_contained(read_svhn)
