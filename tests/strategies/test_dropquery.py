from __future__ import annotations

import numpy as np

from cryoal.scoring.evidence import Evidence, Head
from cryoal.strategies.dropped_heads import dropped_logits
from cryoal.strategies.dropquery import DropQuery
from cryoal.testing.strategy_contract import make_evidence


def test_the_score_is_the_share_of_passes_that_change_the_class() -> None:
    evidence = make_evidence(50, n_classes=4, n_features=16)
    order = np.argsort(evidence.keys)
    values = {"embedding": evidence.embedding[order]}
    by_key = Evidence([evidence.keys[i] for i in order], values, evidence.context)
    ((_, logits),) = dropped_logits(by_key, 0.75, 3, np.random.default_rng(9))
    usual = (by_key.embedding @ by_key.head.weight.T).argmax(axis=1)
    expected = [
        sum(logits[row, turn].argmax() != usual[row] for turn in range(3)) / 3 for row in range(50)
    ]
    found = DropQuery().score(evidence, np.random.default_rng(9))
    np.testing.assert_allclose(found[order], expected)
    assert set(np.round(3 * found)) >= {0, 1, 2}


def test_one_is_asked_of_each_group_that_flips_and_none_that_does_not() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(5), 30)
    rows = (10 * np.eye(5)[group] + 0.1 * rng.standard_normal((150, 5))).astype(np.float32)
    keys = [f"{i:03d}" for i in range(150)]
    head = Head(np.zeros((2, 5), dtype=np.float32), np.zeros(2, dtype=np.float32))
    evidence = Evidence(keys, {"embedding": rows}, {"head": head})
    scores = np.where(group == 4, 1 / 3, 2 / 3)  # four groups flip in most passes
    query = [int(key) for key in DropQuery().select(scores, evidence, 4, rng)]
    assert sorted(group[query]) == [0, 1, 2, 3]
    for row in query:  # the nearest to its center
        members = rows[group == group[row]]
        distance = np.linalg.norm(members - members.mean(axis=0), axis=1)
        np.testing.assert_allclose(
            np.linalg.norm(rows[row] - members.mean(axis=0)), distance.min(), rtol=1e-4
        )


def test_when_few_flip_the_others_fill_up_by_score_and_equal_ones_are_drawn() -> None:
    evidence = make_evidence(6)
    scores = np.array([0, 1 / 3, 1, 0, 1 / 3, 2 / 3])
    place = {key: row for row, key in enumerate(evidence.keys)}
    queries = set()
    for seed in range(60):
        query = DropQuery().select(scores, evidence, 5, np.random.default_rng(seed))
        queries.add(tuple(place[key] for key in query))
    ends = [(1, 4, 0), (1, 4, 3), (4, 1, 0), (4, 1, 3)]
    assert queries == {(2, 5, *end) for end in ends}
