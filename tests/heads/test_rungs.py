"""From which probability on a class is right often enough: by hand, and with a truth."""

from __future__ import annotations

import numpy as np
import pytest

from cryoal.heads.choose import Heads, fit_heads
from cryoal.heads.evidence import Evidence
from cryoal.heads.rungs import rungs, smallest
from tests.heads.test_taught import some_of


def rows(of_first: list[float], k: int = 2) -> np.ndarray:
    """Posteriors of the first class; the rest belongs to the second."""
    out = np.zeros((len(of_first), k))
    out[:, 0] = of_first
    out[:, 1] = 1.0 - out[:, 0]
    return out


def evidence(k: int = 2) -> Evidence:
    """Five boxes said to be of the first class; eight labels, one of them wrong when held out."""
    return Evidence(
        said=rows([0.95] * 5 + [0.05] * 5, k),
        unseen=rows([0.9] * 5 + [0.02] * 5, k),
        held_out=rows([0.96] * 4 + [0.03] * 4, k),
        classes=np.array([0, 0, 0, 1, 1, 1, 1, 1]),
    )


def test_labels_and_unseen_boxes_are_weighed_as_by_hand() -> None:
    first, second = rungs(evidence())
    # before: .9 of the boxes, but 7 of 8 labels; (8 * 7 / 8 + 3) / 12, less its error of 5 boxes
    assert first[0].expected == pytest.approx(10 / 12)
    assert first[0].at_least == pytest.approx(10 / 12 - np.sqrt(10 / 12 * 2 / 12 / 5))
    # (8 * 7 / 8 + 4) / 12
    assert second[0].expected == pytest.approx(11 / 12)
    assert [rung.probability for rung in first] == [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]


def test_a_class_without_a_label_may_be_among_all_others() -> None:
    first, _, third = rungs(evidence(3))
    hidden = 1 - 0.1 ** (1 / 8)  # were it more, eight labels had found it nine times in ten
    assert first[0].expected == pytest.approx(10 / 12 - hidden * 10 / 5)
    assert third == []


def test_too_few_boxes_say_nothing() -> None:
    few = evidence()._replace(said=rows([0.95] * 4 + [0.05] * 6))
    assert rungs(few)[0] == []


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_evidence_of_members_that_diverged_is_none(bad: float) -> None:
    assert evidence().is_sound
    assert not evidence()._replace(unseen=rows([0.9, bad])).is_sound
    assert not evidence()._replace(held_out=rows([])).is_sound


def fitted(apart: float, shares: list[float], n: int, seed: int) -> tuple[Heads, np.ndarray]:
    """Heads of `n` random labels of a pool of 600 in which classes lie `apart`; what is told."""
    rng = np.random.default_rng(seed)
    classes = rng.choice(len(shares), size=600, p=shares)
    blocks = {}
    for name, width in (("shells", 12), ("wavelets", 20), ("harmonics", 15)):
        noise = rng.standard_normal((600, width))
        noise[:, : len(shares)] += apart * np.eye(len(shares))[classes]
        blocks[name] = noise.astype(np.float32)
    heads = fit_heads(
        some_of(blocks, np.arange(n)),
        classes[:n],
        len(shares),
        mean_std={name: (b.mean(axis=0), b.std(axis=0)) for name, b in blocks.items()},
        seed=seed,
        unlabelled=some_of(blocks, np.arange(n, 600)),
    )
    assert heads.evidence is not None
    said = heads.evidence.said
    right = np.zeros((len(said), 3))
    right[:, 0], right[:, 1] = said.argmax(axis=1), said.max(axis=1)
    right[:, 2] = classes[n:]
    return heads, right


def test_what_comes_out_is_right_where_a_threshold_is_told() -> None:
    told, good, possible = 0, 0, 0
    for apart in (1.0, 2.0, 3.0):
        for seed in range(4):
            heads, table = fitted(apart, [0.08, 0.12, 0.8], 50, seed)
            assert heads.evidence is not None
            for c, some in enumerate(rungs(heads.evidence)):
                of_class = table[table[:, 0] == c]
                possible += len(of_class) >= 20 and (of_class[:, 2] == c).mean() >= 0.95
                t = smallest(some, 0.9)
                if t is not None:
                    out = of_class[of_class[:, 1] >= t]
                    told += 1
                    good += (out[:, 2] == c).mean() >= 0.9
    assert good >= 0.9 * told
    assert told >= 0.7 * possible >= 7


def test_labels_that_mean_nothing_make_no_class_trusted() -> None:
    for seed in range(3):
        heads, _ = fitted(0.0, [0.3, 0.3, 0.4], 60, seed)
        assert heads.evidence is not None
        assert [smallest(some, 0.9) for some in rungs(heads.evidence)] == [None] * 3


def test_boxes_that_heads_did_not_see_are_told_with_less_certainty() -> None:
    surer = [
        heads.evidence.said.max(axis=1).mean() - heads.evidence.unseen.max(axis=1).mean()
        for heads in (fitted(1.0, [0.3, 0.3, 0.4], 60, seed)[0] for seed in range(4))
        if heads.evidence is not None
    ]
    assert np.mean(surer) > 0.01
