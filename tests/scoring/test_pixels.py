from __future__ import annotations

import numpy as np
import torch
from sklearn.metrics import confusion_matrix
from torch import Tensor, nn

from cryoal.data.datasets.images import ImageSource
from cryoal.models.base import Network, Output
from cryoal.scoring.pixels import grid_classes, pixel_confusions


class Brightest(Network):
    """The class of a pixel is its brightest channel."""

    n_modules = 0

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Conv2d(3, 3, 1, bias=False)
        with torch.no_grad():
            self.last.weight.copy_(torch.eye(3)[:, :, None, None])

    @property
    def head(self) -> nn.Conv2d:
        return self.last

    def forward(self, boxes: Tensor) -> Output:
        return Output(self.last(boxes), (), boxes.mean((2, 3)))


RNG = np.random.default_rng(0)
IMAGES = RNG.integers(256, size=(9, 20, 20, 3), dtype=np.uint8)
SOURCE = ImageSource(IMAGES, np.zeros(3), np.ones(3))
MASKS = RNG.integers(-1, 3, size=(9, 20, 20)).astype(np.int16)


def test_pixels_that_count_are_counted() -> None:
    index = np.array([7, 2, 4])
    found = pixel_confusions({"teacher": Brightest()}, SOURCE, index, MASKS, 3)["teacher"]
    truth, predicted = MASKS[index].ravel(), IMAGES[index].argmax(axis=3).ravel()
    counted = truth >= 0
    np.testing.assert_array_equal(found, confusion_matrix(truth[counted], predicted[counted]))
    assert found.sum() == counted.sum() < truth.size


def test_no_images_no_counts() -> None:
    found = pixel_confusions({"teacher": Brightest()}, SOURCE, np.zeros(0, np.int64), MASKS, 3)
    assert found["teacher"].sum() == 0


def test_a_grid_of_pixels_is_watched() -> None:
    index = np.array([8, 1])
    found = grid_classes(Brightest(), SOURCE, index)
    places = [1, 3, 6, 8, 11, 13, 16, 18]  # middles of eighths of 20 pixels
    expected = IMAGES[index].argmax(axis=3)[:, places][:, :, places]
    np.testing.assert_array_equal(found, expected.reshape(2, 64))
    small = ImageSource(IMAGES[:, :5, :5], np.zeros(3), np.ones(3))
    np.testing.assert_array_equal(
        grid_classes(Brightest(), small, index), IMAGES[index, :5, :5].argmax(axis=3).reshape(2, 25)
    )
