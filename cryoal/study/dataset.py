"""What a study runs on: inputs, their true classes, and who is for training and who for testing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.datasets.base import IGNORED, Dataset, read_arrays
from cryoal.data.datasets.images import ImageSource, channel_statistics
from cryoal.errors import CampaignError, FileFormatError
from cryoal.registry import Table
from cryoal.study.split import split_by_tomogram, told_of_files

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.data.datasets.base import Reader
    from cryoal.study.config import DataConfig

__all__ = ["DATASETS", "campaign_dataset", "images_dataset", "open_dataset", "study_dataset"]

NOT_COUNTED = 255
"""In masks of images: a pixel that does not count, as in Cityscapes and Pascal VOC."""

DATASETS = Table(
    "dataset",
    {
        "campaign": "cryoal.study.dataset:campaign_dataset",
        "images": "cryoal.study.dataset:images_dataset",
        "cifar10": "cryoal.data.datasets.cifar:cifar10",
        "cifar100": "cryoal.data.datasets.cifar:cifar100",
        "svhn": "cryoal.data.datasets.svhn:svhn",
        "caltech101": "cryoal.data.datasets.image_folders:caltech101",
        "imagenet": "cryoal.data.datasets.image_folders:imagenet",
        "cityscapes": "cryoal.data.datasets.cityscapes:cityscapes",
        "camvid": "cryoal.data.datasets.camvid:camvid",
        "50c-snr005": "cryoal.data.datasets.subtomograms:simulated50c",
        "10c-real": "cryoal.data.datasets.subtomograms:real10c",
    },
    "cryoal.datasets",
)
"""Each is a function ``(path, truth, test) -> Dataset``; the last two are paths or None."""


def campaign_dataset(
    path: Path,
    truth: Path | None,
    test: Path | None,
    *,
    split: str = "files",
    share: float = 0.3,
) -> Dataset:
    """The pool of a campaign, with CSV files that tell the class of keys.

    Without `test`, the test set of the campaign (``test.json``) is measured on. With `split`
    ``"tomogram"`` a `share` of the boxes of known class is, those of the test set among them: see
    :func:`~cryoal.study.split.split_by_tomogram`.

    Raises
    ------
    CampaignError
        There is no truth, or nothing to measure on.
    LabelError
        A file cannot be read as labels of this pool.
    """
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.oracle import read_truth

    campaign = Campaign.open(path)
    pool, classes = campaign.pool, campaign.config.classes
    if truth is None:
        raise CampaignError(f"expected data.truth, a CSV with the class of keys of {path}")
    number = {name: i for i, name in enumerate(classes)}
    told = read_truth(truth, classes, pool)
    held = campaign.test_labels() if test is None else read_truth(test, classes, pool)
    is_by_tomogram = split == "tomogram"
    if not held and not is_by_tomogram:
        raise CampaignError(f"expected keys to measure on in data.test or in {path / 'test.json'}")
    targets = np.full(len(pool), -1, np.int64)
    for labels in (told, held):
        targets[pool.index(list(labels))] = [number[name] for name in labels.values()]
    free = (targets >= 0) & (pool.inside_fraction >= campaign.config.pool.min_inside)
    reserved = np.zeros(len(pool), bool)
    if is_by_tomogram:
        learn, reserved, split_told = split_by_tomogram(pool, targets >= 0, targets, share, path)
        free &= learn
    else:
        reserved[pool.index(list(held))] = True
        free &= ~reserved
        split_told = told_of_files(pool, free, reserved)
    return Dataset(
        pool,
        classes,
        targets,
        np.flatnonzero(free),
        np.flatnonzero(reserved),
        pool.box,
        split=split_told.sentence,
        flatters=split_told.flatters,
    )


def images_dataset(path: Path, truth: Path | None, test: Path | None) -> Dataset:
    """An ``.npz`` file of images: `images`, `labels`, `test_images`, `test_labels`, `classes`.

    Images ``(n, side, side, channels)`` uint8, labels ``(n,)`` integers, names of the classes. They
    are normalised by mean and deviation of the training images. Labels ``(n, side, side)`` are
    those of the pixels, for a segmentation: 255 or -1 where a pixel does not count. Images in which
    none does are never asked for.

    Raises
    ------
    FileFormatError
        An array is missing or of another shape, or a label is no class.
    """
    del truth, test  # the file tells both
    arrays = read_arrays(path)
    for name in ("images", "labels", "test_images", "test_labels", "classes"):
        if name not in arrays:
            raise FileFormatError(f"expected {name} in {path}, found {', '.join(sorted(arrays))}")
        if arrays[name].ndim == 0:
            raise FileFormatError(f"expected an array {name} in {path}, found a single value")
    both = [arrays["images"], arrays["test_images"]]
    for images, labels in zip(both, (arrays["labels"], arrays["test_labels"]), strict=True):
        square = images.ndim == 4 and images.shape[1] == images.shape[2]
        if not square or images.dtype != np.uint8 or len(images) != len(labels):
            raise FileFormatError(
                f"expected square images (n, side, side, channels) uint8 with a label each in"
                f" {path}, found {images.shape} {images.dtype} and {len(labels)} labels"
            )
    if not len(arrays["images"]) or arrays["classes"].ndim != 1:
        raise FileFormatError(
            f"expected images, and a list of classes, in {path}, found {arrays['images'].shape} "
            f"and {arrays['classes'].shape}"
        )
    targets = _targets(path, arrays, both[0].shape[1])
    n = len(both[0])
    source = ImageSource(np.concatenate(both), *channel_statistics(both[0]))
    known = (targets != IGNORED).reshape(len(targets), -1).any(axis=1)
    return Dataset(
        source,
        tuple(str(name) for name in arrays["classes"]),
        targets,
        np.flatnonzero(known[:n]),
        np.arange(n, len(source)),
        both[0].shape[1],
        channels=source.channels,
        dimensions=2,
    )


def _targets(path: Path, arrays: dict[str, NDArray[Any]], side: int) -> NDArray[np.integer[Any]]:
    """Labels of all images, those for testing last; masks in two bytes a pixel."""
    parts = [arrays["labels"], arrays["test_labels"]]
    shapes = [part.shape[1:] for part in parts]
    if any(shape not in ((), (side, side)) for shape in shapes) or shapes[0] != shapes[1]:
        raise FileFormatError(
            f"expected labels (n,), or masks (n, {side}, {side}), of all images in {path},"
            f" found {parts[0].shape} and {parts[1].shape}"
        )
    labels = np.concatenate(parts)
    if not np.issubdtype(labels.dtype, np.integer):
        raise FileFormatError(f"expected integers as labels in {path}, found {labels.dtype}")
    n_classes = len(arrays["classes"])
    least, dtype = (0, np.int64) if labels.ndim == 1 else (IGNORED, np.int16)
    excused = (labels == NOT_COUNTED) & (labels.ndim > 1)
    wrong = labels[((labels < least) | (labels >= n_classes)) & ~excused]
    if len(wrong):
        raise FileFormatError(f"expected labels 0 to {n_classes - 1} in {path}, found {wrong[0]}")
    targets: NDArray[np.integer[Any]] = labels.astype(dtype)
    targets[excused] = IGNORED
    if labels.ndim > 1 and not (targets[len(parts[0]) :] != IGNORED).any():
        raise FileFormatError(f"expected a test mask in {path} with pixels that count, found none")
    return targets


def study_dataset(data: DataConfig) -> Dataset:
    """What a study runs on.

    Raises
    ------
    UnknownNameError
        No such kind; the message gives the nearest.
    CampaignError
        There is no truth, nothing to measure on, or no way to split by tomogram.
    """
    truth, test = (Path(p) if p else None for p in (data.truth, data.test))
    if data.split == "tomogram":
        path, share = Path(data.path), data.test_share
        found = campaign_dataset(path, truth, test, split=data.split, share=share)
    else:
        found = open_dataset(data.kind, Path(data.path), truth, test)
    there = [_absolute(each) for each in (data.path, data.truth, data.test)]
    elsewhere = replace(data, path=there[0], truth=there[1], test=there[2])
    return replace(found, again=(study_dataset, (elsewhere,)))


def _absolute(path: str) -> str:
    return path and str(Path(path).absolute())


def open_dataset(kind: str, path: Path, truth: Path | None, test: Path | None) -> Dataset:
    """The dataset of that kind.

    Raises
    ------
    UnknownNameError
        No such kind; the message gives the nearest.
    """
    read: Reader = DATASETS.load(kind)  # type: ignore[assignment]
    return read(path, truth, test)
