"""Labels that were changed on purpose are doubted, and what cannot be judged is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.heads.doubt import FEWEST, Doubts, doubt

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Blocks = dict[str, NDArray[np.float32]]


def drawn(n: int, seed: int = 0, apart: float = 3.0) -> tuple[Blocks, NDArray[np.int64]]:
    """Two blocks of noise that each tell three classes in ways of their own."""
    rng = np.random.default_rng(seed)
    classes = np.arange(n) % 3
    blocks = {}
    for name, width in (("shells", 10), ("wavelets", 16)):
        rows = rng.standard_normal((n, width))
        rows[:, :3] += apart * np.eye(3)[classes]
        blocks[name] = rows.astype(np.float32)
    return blocks, classes


def doubted(blocks: Blocks, classes: NDArray[np.int64], n_classes: int = 3) -> Doubts | None:
    moments = {name: (np.zeros(r.shape[1]), np.ones(r.shape[1])) for name, r in blocks.items()}
    free, _ = drawn(200, seed=9)
    return doubt(blocks, classes, n_classes, mean_std=moments, seed=4, unlabelled=free)


def test_labels_that_were_changed_come_first_and_look_wrong() -> None:
    blocks, truth = drawn(120)
    changed = [40, 77]
    classes = truth.copy()
    classes[changed] = (truth[changed] + 1) % 3
    found = doubted(blocks, classes)
    assert found is not None
    assert set(found.order()[:4].tolist()) >= set(changed)
    assert found.posterior[changed].argmax(axis=1).tolist() == truth[changed].tolist()
    wrong = found.look_wrong()
    assert wrong[changed].all()
    assert wrong.sum() <= 4
    assert (found.agreement[changed] < 0.5).all()
    assert (found.margin[changed] < 0).all()


def test_labels_that_mean_nothing_are_not_called_wrong() -> None:
    blocks, _ = drawn(90, apart=0.0)
    found = doubted(blocks, np.random.default_rng(1).integers(3, size=90))
    assert found is not None
    assert found.look_wrong().mean() < 0.1


def test_the_order_of_the_labels_makes_no_difference() -> None:
    blocks, classes = drawn(40)
    order = np.random.default_rng(2).permutation(40)
    there = doubted(blocks, classes)
    again = doubted({name: rows[order] for name, rows in blocks.items()}, classes[order])
    assert there is not None
    assert again is not None
    np.testing.assert_allclose(again.posterior, there.posterior[order], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(again.agreement, there.agreement[order])


def test_the_only_label_of_a_class_cannot_be_doubted_and_comes_last() -> None:
    blocks, classes = drawn(31)
    classes[5] = 3
    found = doubted(blocks, classes, 4)
    assert found is not None
    assert not found.judged[5]
    assert found.judged.sum() == 30
    assert found.order()[-1] == 5
    assert not found.look_wrong()[5]


@pytest.mark.parametrize(
    "classes",
    [[0, 1, 2] * 3, [0] * 30, [0] * 20 + [1]],
    ids=["fewer than ten", "one class", "two classes, one of them once"],
)
def test_nothing_is_doubted_where_nothing_can_be_held_out(classes: list[int]) -> None:
    blocks, _ = drawn(len(classes))
    assert doubted(blocks, np.array(classes)) is None
    assert FEWEST == 10


def test_what_is_said_against_a_label_by_hand() -> None:
    posterior = np.array([[0.04, 0.91, 0.05], [0.04, 0.48, 0.48], [0.8, 0.1, 0.1], [0.0, 1.0, 0.0]])
    judged = np.array([True, True, True, False])
    found = Doubts(posterior, np.zeros(4, np.int64), np.array([0.3, 0.2, 1.0, 0.0]), judged)
    np.testing.assert_allclose(found.of_label, [0.04, 0.04, 0.8, 0.0])
    np.testing.assert_allclose(found.margin[:3], np.log([0.04 / 0.91, 0.04 / 0.48, 8.0]))
    # of two equal posteriors the one that fewer heads agree with; what cannot be judged last
    assert found.order().tolist() == [1, 0, 2, 3]
    assert found.look_wrong().tolist() == [True, False, False, False]
