from __future__ import annotations

import numpy as np
import pytest

from cryoal.scoring.evidence import Evidence
from cryoal.strategies import typiclust
from cryoal.strategies.margin import Margin
from cryoal.strategies.tcm import TCM
from cryoal.strategies.typiclust import TypiClust
from cryoal.testing.strategy_contract import make_evidence


def blobs(sizes: list[int], spread: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """Clusters about the axes, and to which each row belongs."""
    truth = np.repeat(np.arange(len(sizes)), sizes)
    rng = np.random.default_rng(0)
    noise = spread * rng.standard_normal((len(truth), len(sizes)))
    return (np.eye(len(sizes))[truth] + noise).astype(np.float32), truth


def ask(evidence: Evidence, m: int) -> list[int]:
    rng = np.random.default_rng(1)
    query = TypiClust().select(TypiClust().score(evidence, rng), evidence, m, rng)
    return [int(key) for key in query]


def evidence_of(rows: np.ndarray, labelled: np.ndarray, *, cold: bool = False) -> Evidence:
    name = "appearance" if cold else "embedding"
    keys = [f"{i:04d}" for i in range(len(rows))]
    return Evidence(keys, {name: rows}, {f"labelled_{name}": labelled})


@pytest.mark.parametrize("cold", [False, True])
def test_one_is_asked_of_each_planted_cluster_the_largest_first(cold: bool) -> None:
    rows, truth = blobs([20, 60, 40, 30])
    query = ask(evidence_of(rows, rows[:0], cold=cold), 4)
    assert truth[query].tolist() == [1, 2, 3, 0]


def test_covered_clusters_are_left_until_later() -> None:
    rows, truth = blobs([20, 60, 40, 30])
    labelled = rows[truth == 1][:1]
    query = ask(evidence_of(rows, labelled), 3)  # 1 + 3 clusters
    assert truth[query].tolist() == [2, 3, 0]


def test_the_asked_one_is_in_the_middle_of_its_cluster() -> None:
    rng = np.random.default_rng(0)
    angle = rng.normal(0, 0.2, 300)
    rows = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    (row,) = ask(evidence_of(rows, rows[:0]), 1)
    distance = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    mean = np.sort(distance, axis=1)[:, 1:21].mean(axis=1)
    assert row == mean.argmin()
    assert abs(angle[row]) < 0.2


def test_the_score_is_the_typicality_among_all() -> None:
    rows, _ = blobs([30, 10], spread=0.2)
    evidence = evidence_of(rows, rows[:0])
    found = TypiClust().score(evidence, np.random.default_rng(0))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    distance = np.linalg.norm(unit[:, None] - unit[None], axis=2)
    mean = np.sort(distance, axis=1)[:, 1:21].mean(axis=1)
    np.testing.assert_allclose(found, 1 / (mean + 1e-5), rtol=1e-2)


def test_a_second_round_begins_when_every_cluster_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(typiclust, "MAX_CLUSTERS", 3)
    rows, truth = blobs([20, 60, 40])
    query = ask(evidence_of(rows, rows[:0]), 7)
    assert truth[query].tolist() == [1, 2, 0, 1, 2, 0, 1]


def test_small_clusters_come_last() -> None:
    rows, truth = blobs([40, 3, 40])
    query = ask(evidence_of(rows, rows[:0]), 3)
    assert truth[query][0] in (0, 2)
    assert truth[query][1] in (0, 2)


def test_tcm_asks_as_typiclust_while_labels_are_few_and_as_margin_after() -> None:
    rng = np.random.default_rng(0)
    few, enough = make_evidence(60, n_labelled=29), make_evidence(60, n_labelled=30)  # 3 classes
    for evidence, expected in ((few, TypiClust()), (enough, Margin())):
        scores = TCM().score(evidence, np.random.default_rng(0))
        np.testing.assert_array_equal(scores, expected.score(evidence, np.random.default_rng(0)))
        asked = TCM().select(scores, evidence, 9, np.random.default_rng(1))
        assert asked == expected.select(scores, evidence, 9, np.random.default_rng(1))
    cold = make_evidence(60, fields=TCM.cold_needs or (), n_labelled=0)
    assert len(TCM().select(TCM().score(cold, rng), cold, 9, rng)) == 9
