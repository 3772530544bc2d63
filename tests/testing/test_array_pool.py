from __future__ import annotations

import numpy as np
import pytest

from cryoal.testing.array_pool import ArrayPool, blob_pool


def test_boxes_come_by_position_in_any_order() -> None:
    boxes = np.arange(3 * 8, dtype=np.float64).reshape(3, 2, 2, 2)
    pool = ArrayPool(boxes, ["a", "b", "c"])
    assert len(pool) == 3
    assert pool.keys[np.array([2, 0])].tolist() == ["c", "a"]
    found = pool.read_normalised(np.array([2, 0, 2]))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, boxes[[2, 0, 2]])


def test_keys_must_differ() -> None:
    with pytest.raises(ValueError, match="expected 3 different keys, found 2"):
        ArrayPool(np.zeros((3, 2, 2, 2)), ["a", "b", "a"])


def test_blobs_are_as_bright_as_their_class_is_large() -> None:
    pool, targets = blob_pool(60, box=8, n_classes=3, contrast=5.0)
    means = pool.read_normalised(np.arange(60)).mean(axis=(1, 2, 3))
    by_class = [means[targets == c].mean() for c in range(3)]
    assert by_class[0] < by_class[1] < by_class[2]
    again, _ = blob_pool(60, box=8, n_classes=3, contrast=5.0)
    np.testing.assert_array_equal(
        again.read_normalised(np.arange(60)), pool.read_normalised(np.arange(60))
    )
