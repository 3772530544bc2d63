from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits

from cryoal.descriptors.appearance import appearance
from cryoal.seeds import stream
from cryoal.testing.tomograms import make_phantom

if TYPE_CHECKING:
    from numpy.typing import NDArray


def purity(rows: NDArray[np.floating], truth: NDArray[np.int64]) -> float:
    """Share of rows that are of the commonest class in their cluster of k-means."""
    k = truth.max() + 1
    cluster = KMeans(k, n_init=4, random_state=0).fit_predict(rows)
    return sum(np.bincount(truth[cluster == i]).max() for i in range(k)) / len(truth)


def phantom_boxes() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Boxes of 16 voxels of the demo's classes, picked 5 A off along each axis."""
    classes = ("ring", "rod", "background")
    rng = stream(0, "appearance")
    boxes, truth = [], []
    for _ in range(2):
        phantom = make_phantom(dict.fromkeys(classes, 40), rng)
        picked = phantom.position_zyx_angstrom + rng.normal(scale=5.0, size=(120, 3))
        for corner, label in zip(
            np.rint(picked / 10.0).astype(int) - 8, phantom.labels, strict=True
        ):
            box = phantom.volume[tuple(slice(max(0, low), low + 16) for low in corner)]
            if box.shape == (16, 16, 16):
                boxes.append(box)
                truth.append(classes.index(label))
    return np.stack(boxes), np.array(truth)


def test_clusters_of_phantoms_are_their_classes() -> None:
    boxes, truth = phantom_boxes()
    assert len(boxes) > 200
    assert purity(appearance(boxes), truth) > 0.95
    assert purity(boxes.reshape(len(boxes), -1), truth) < 0.9


def test_clusters_of_digits_are_purer_than_those_of_pixels() -> None:
    digits = load_digits()
    images = (digits.images - digits.images.mean()) / digits.images.std()
    rows = appearance(images[:, None].astype(np.float32))
    assert rows.shape == (1797, 16 + 128)
    assert purity(rows, digits.target) > purity(images.reshape(1797, -1), digits.target) + 0.02


def test_a_worked_example_of_shells() -> None:
    box = np.zeros((1, 9, 9, 9), dtype=np.float32)
    box[0, 4, 4, 4] = 3.0  # shell 0: 1 voxel
    box[0, 3, 4, 4] = 6.0  # shell 1, at distances 1 and sqrt(2): 6 + 12 voxels
    (row,) = appearance(box)
    assert row.shape == (10,)  # shells 0 to 4, mean and deviation
    mean = 6.0 / 18.0
    deviation = np.sqrt(36.0 / 18.0 - mean**2)
    expected = [3.0, mean * np.sqrt(18), 0, 0, 0, 0.0, deviation * np.sqrt(36), 0, 0, 0]
    np.testing.assert_allclose(row, expected, rtol=1e-6)


def test_turning_a_volume_about_its_centre_changes_nothing() -> None:
    box = np.random.default_rng(0).standard_normal((1, 9, 9, 9)).astype(np.float32)
    turned = np.rot90(box, axes=(1, 3))
    np.testing.assert_allclose(appearance(turned), appearance(box), rtol=1e-5)
    shifted = np.roll(box, 2, axis=1)
    assert np.abs(appearance(shifted) - appearance(box)).max() > 0.1


def test_noise_scatters_every_number_of_a_volume_by_about_one() -> None:
    boxes = np.random.default_rng(0).standard_normal((400, 12, 12, 12)).astype(np.float32)
    rows = appearance(boxes)
    shells = rows.shape[1] // 2
    np.testing.assert_allclose(rows[:, :shells].std(axis=0), 1.0, atol=0.15)
    # A shell of one voxel has no deviation; small ones are not yet normal.
    assert (rows[:, shells] == 0).all()
    np.testing.assert_allclose(rows[:, shells + 1 :].std(axis=0), 1.0, atol=0.15)


def test_a_worked_example_of_images() -> None:
    image = np.zeros((1, 2, 8, 8), dtype=np.float32)
    image[0, 0] = np.arange(8)  # brighter to the right by 1 a pixel: cells 0.5, 2.5, 4.5, 6.5
    image[0, 1] = 2.0
    (row,) = appearance(image)
    assert row.shape == (2 * 16 + 16 * 8,)
    np.testing.assert_allclose(row[:16], np.tile([0.5, 2.5, 4.5, 6.5], 4))
    np.testing.assert_allclose(row[16:32], 2.0)
    # Each of 16 cells has all its gradients in the first bin, and as many: 4 / sqrt(16).
    directions = row[32:].reshape(16, 8)
    np.testing.assert_allclose(directions[:, 0], 1.0)
    assert directions[:, 1:].max() == 0.0


def test_bright_and_dark_edges_have_the_same_direction() -> None:
    image = np.random.default_rng(0).standard_normal((1, 3, 9, 11)).astype(np.float32)
    np.testing.assert_allclose(appearance(-image)[:, 48:], appearance(image)[:, 48:], atol=1e-5)
    np.testing.assert_array_equal(appearance(-image)[:, :48], -appearance(image)[:, :48])


@pytest.mark.parametrize("shape", [(8, 10, 12), (32, 32, 32), (3, 8, 8), (1, 9, 33)])
def test_a_row_is_of_its_box_alone(shape: tuple[int, ...]) -> None:
    boxes = np.random.default_rng(0).standard_normal((7, *shape)).astype(np.float32)
    boxes.setflags(write=False)
    rows = appearance(boxes)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    order = np.array([3, 0, 6, 1, 5, 2, 4])
    np.testing.assert_array_equal(appearance(boxes[order]), rows[order])
    np.testing.assert_array_equal(appearance(boxes[4:5]), rows[4:5])
    assert appearance(boxes[:0]).shape == (0, rows.shape[1])


def test_empty_boxes_are_finite() -> None:
    for shape in ((2, 8, 8, 8), (2, 3, 8, 8)):
        assert not appearance(np.zeros(shape, dtype=np.float32)).any()


@pytest.mark.parametrize("shape", [(8, 8, 8), (2, 3, 3, 8), (2, 1, 8, 8, 8)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected boxes .* found shape"):
        appearance(np.zeros(shape, dtype=np.float32))
