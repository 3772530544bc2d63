from __future__ import annotations

import numpy as np

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.herding import MaxHerding, UHerding, greedy_coverage
from cryoal.testing.strategy_contract import make_evidence


def by_brute_force(
    kernel: np.ndarray, covered: np.ndarray, weight: np.ndarray, m: int
) -> list[int]:
    chosen: list[int] = []
    for _ in range(m):
        best = np.maximum(covered, kernel[:, chosen].max(axis=1, initial=0.0))
        gain = weight @ np.maximum(kernel - best[:, None], 0)
        gain[chosen] = -1
        chosen.append(int(gain.argmax()))
    return chosen


def kernel_of(a: np.ndarray, b: np.ndarray, radius: float = 1.0) -> np.ndarray:
    def unit(rows: np.ndarray) -> np.ndarray:
        return rows.astype(np.float64) / np.linalg.norm(rows, axis=1, keepdims=True)

    squared = np.square(unit(a)[:, None] - unit(b)[None]).sum(axis=2)
    return np.exp(-squared / radius**2)


def test_the_greedy_choice_is_that_of_brute_force() -> None:
    rng = np.random.default_rng(0)
    kernel = rng.uniform(size=(90, 120))
    covered, weight = rng.uniform(size=90) / 2, rng.uniform(size=90)
    found = greedy_coverage(kernel.astype(np.float32), covered.astype(np.float32), weight, 30, rng)
    assert found.tolist() == by_brute_force(kernel, covered, weight, 30)


def test_maxherding_is_the_greedy_maximum_of_the_coverage() -> None:
    evidence = make_evidence(150, n_features=6)
    order = np.argsort(evidence.keys)
    rows = evidence.embedding[order]
    covered = kernel_of(rows, evidence.labelled_embedding).max(axis=1)
    expected = by_brute_force(kernel_of(rows, rows), covered, np.ones(150), 20)
    rng = np.random.default_rng(0)
    scores = MaxHerding().score(evidence, rng)
    gain = np.maximum(kernel_of(rows, rows) - covered[:, None], 0).mean(axis=0)
    np.testing.assert_allclose(scores[order], gain, atol=1e-6)
    query = MaxHerding().select(scores, evidence, 20, rng)
    assert query == [evidence.keys[order[row]] for row in expected]


def test_equal_uncertainties_make_uherding_maxherding() -> None:
    evidence = make_evidence(100, n_labelled=0)  # nothing is labelled: both have radius 1
    flat = np.full((100, 3), -np.log(3), dtype=np.float32)
    values = {**evidence.values, "log_posterior": flat}
    equal = Evidence(evidence.keys, values, evidence.context)
    rng = np.random.default_rng(0)
    plain, weighted = MaxHerding(), UHerding()
    np.testing.assert_allclose(plain.score(equal, rng), weighted.score(equal, rng))
    expected = plain.select(plain.score(equal, rng), equal, 15, rng)
    assert weighted.select(weighted.score(equal, rng), equal, 15, rng) == expected
    assert weighted.select(weighted.score(evidence, rng), evidence, 15, rng) != expected


def test_within_the_radius_of_what_is_labelled_lies_half_of_the_rest() -> None:
    nearest = np.array([0.25, 4.0, 9.0, 0.0, 0.0], dtype=np.float32)
    assert UHerding().radius(nearest) == 2.0  # copies of labelled ones are covered already
    assert UHerding().radius(np.zeros(3, dtype=np.float32)) == 1.0
    assert UHerding().radius(np.full(3, np.inf, dtype=np.float32)) == 1.0  # nothing is labelled


def by_margin(evidence: Evidence, m: int) -> list[str]:
    p = np.sort(np.exp(evidence.log_posterior), axis=1)
    margins = dict(zip(evidence.keys, p[:, -1] - p[:, -2], strict=True))
    return sorted(margins, key=lambda key: margins[key])[:m]


def with_labelled(evidence: Evidence, rows: np.ndarray) -> Evidence:
    context = {**evidence.context, "labelled_embedding": rows.astype(np.float32)}
    return Evidence(evidence.keys, evidence.values, context)


def test_a_pair_of_labelled_look_alikes_does_not_make_uherding_margin() -> None:
    evidence = make_evidence(400, n_features=8)
    pair = np.array([[1, 0, 0, 0, 0, 0, 0, 0], [1, 0.001, 0, 0, 0, 0, 0, 0]])
    near = with_labelled(evidence, pair)
    rng = np.random.default_rng(0)
    query = UHerding().select(UHerding().score(near, rng), near, 40, rng)
    assert len({*query} & {*by_margin(evidence, 40)}) < 30


def test_where_each_has_a_labelled_neighbour_equally_near_uherding_asks_by_margin() -> None:
    evidence = make_evidence(60, n_features=8)
    unit = evidence.embedding / np.linalg.norm(evidence.embedding, axis=1, keepdims=True)
    aside = unit[:, [1, 0, 3, 2, 5, 4, 7, 6]] * np.array([1, -1] * 4)  # at right angles
    near = with_labelled(evidence, unit + 0.01 * aside)
    rng = np.random.default_rng(0)
    query = UHerding().select(UHerding().score(near, rng), near, 10, rng)
    assert query == by_margin(evidence, 10)


def test_with_references_and_candidates_drawn_the_coverage_stays() -> None:
    class Rough(MaxHerding):
        max_candidates = 1000
        max_references = 500

    rng = np.random.default_rng(0)
    centers = 2.0 * rng.standard_normal((12, 10))
    rows = (centers[rng.integers(12, size=4000)] + rng.standard_normal((4000, 10))).astype(
        np.float32
    )
    keys = [f"{i:04d}" for i in range(4000)]
    evidence = Evidence(keys, {"embedding": rows}, {"labelled_embedding": rows[:0]})
    every = kernel_of(rows[:2000], rows)  # judged on half of all

    def coverage(query: list[str]) -> float:
        return float(every[:, [int(key) for key in query]].max(axis=1).mean())

    scores = MaxHerding().score(evidence, rng)
    exact = coverage(MaxHerding().select(scores, evidence, 30, rng))
    rough = coverage(Rough().select(scores, evidence, 30, rng))
    chance = coverage([keys[row] for row in rng.choice(4000, 30, replace=False)])
    assert exact > chance
    assert rough > exact - 0.1 * (exact - chance) - 0.005
