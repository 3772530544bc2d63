from __future__ import annotations

import numpy as np

from cryoal.scoring.evidence import Evidence, Head
from cryoal.strategies.dropquery import DropQuery
from cryoal.strategies.key_masks import kept
from cryoal.testing.strategy_contract import make_evidence


def test_the_score_is_the_share_of_passes_that_change_the_class() -> None:
    evidence = make_evidence(50, n_classes=4, n_features=16)
    weight = evidence.head.weight
    draw = np.random.default_rng(9).bytes(16)
    found = DropQuery().score(evidence, np.random.default_rng(9))
    for row, key in enumerate(evidence.keys):
        (masks,) = kept([key], (3, 16), 0.75, draw)
        usual = (weight @ evidence.embedding[row]).argmax()
        dropped = [(weight @ (4 * evidence.embedding[row] * mask)).argmax() for mask in masks]
        assert found[row] == np.mean(dropped != usual)
    assert set(np.round(3 * found)) >= {0, 1, 2}


def test_a_score_does_not_depend_on_which_others_are_candidates() -> None:
    evidence = make_evidence(50, n_classes=4, n_features=16)
    some = slice(7, 40, 3)
    fewer = Evidence(evidence.keys[some], {"embedding": evidence.embedding[some]}, evidence.context)
    every = DropQuery().score(evidence, np.random.default_rng(9))
    np.testing.assert_array_equal(DropQuery().score(fewer, np.random.default_rng(9)), every[some])


def test_each_key_has_masks_of_its_own_of_which_the_share_is_kept() -> None:
    keys = [f"TS_{i % 3}/{i}" for i in range(4000)]
    masks = kept(keys, (3, 16), 0.75, b"draw")
    assert masks.shape == (4000, 3, 16)
    np.testing.assert_allclose(masks.mean(axis=0), 0.25, atol=0.04)  # six standard errors
    apart = np.corrcoef(masks.reshape(4000, -1).T) - np.eye(48)
    assert abs(apart).max() < 6 / 4000**0.5
    np.testing.assert_array_equal(kept(keys[::-1], (3, 16), 0.75, b"draw"), masks[::-1])
    assert (kept(keys, (3, 16), 0.75, b"another") != masks).mean() > 0.3


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
