"""How many boxes are of each class, without an audit."""

from __future__ import annotations

import numpy as np
import pytest

from cryoal.heads.counts import counts
from cryoal.heads.evidence import Evidence
from tests.heads.test_rungs import fitted, rows


def sure(n_first: int, n_second: int, labels: int, k: int = 2) -> Evidence:
    """Everything certain and right."""
    said = rows([0.999] * n_first + [0.001] * n_second, k)
    held_out = rows([0.999] * labels + [0.001] * labels, k)
    return Evidence(said, said, held_out, np.repeat([0, 1], labels))


def test_certain_and_right_heads_count_what_they_say() -> None:
    first, second = counts(sure(100, 900, 40), 1000)
    assert first.low < 100 < first.high
    assert second.low < 900 < second.high
    assert first.expected == pytest.approx(100, abs=2)
    assert first.high - first.low < 100


def test_a_sample_of_the_boxes_stands_for_all() -> None:
    part, whole = counts(sure(100, 900, 40), 1000)[0], counts(sure(100, 900, 40), 10_000)[0]
    assert whole.expected == pytest.approx(10 * part.expected)
    assert whole.high - whole.low > 9 * (part.high - part.low)


def test_fewer_labels_make_the_interval_wider() -> None:
    widths = [counts(sure(100, 900, n), 1000)[0] for n in (3, 10, 40)]
    spans = [count.high - count.low for count in widths]
    assert spans == sorted(spans, reverse=True)


def test_a_class_without_a_label_has_any_number_that_chance_allows() -> None:
    first, _, third = counts(sure(100, 900, 20, k=3), 1000)
    assert (third.low, third.high) == (0.0, pytest.approx(1000 * (1 - 0.02 ** (1 / 40))))
    assert first.low == max(counts(sure(100, 900, 20), 1000)[0].low - third.high, 0.0)


def test_intervals_hold_the_truth() -> None:
    held = []
    for apart in (1.0, 2.0, 3.0):
        for seed in range(5):
            heads, table = fitted(apart, [0.08, 0.12, 0.8], 50, seed)
            assert heads.evidence is not None
            for c, count in enumerate(counts(heads.evidence, len(table))):
                held.append(count.low <= (table[:, 2] == c).sum() <= count.high)
    assert np.mean(held) >= 0.93
