from __future__ import annotations

import numpy as np

from cryoal.campaign.oracle import ErringOracle

CLASSES = ("a", "b", "c")
TRUTH = {f"TS/{i}": CLASSES[i % 3] for i in range(3000)}


def test_errors_and_abstentions_come_at_their_rates() -> None:
    answers = ErringOracle(TRUTH, CLASSES, noise=0.2, abstain=0.1, seed=0).answer(list(TRUTH))
    told = [(key, name) for key, name in answers if name is not None]
    wrong = [name for key, name in told if name != TRUTH[key]]
    assert abs(1 - len(told) / 3000 - 0.1) < 0.02
    assert abs(len(wrong) / len(told) - 0.2) < 0.03
    shares = np.array([wrong.count(name) for name in CLASSES]) / len(wrong)
    assert (abs(shares - 1 / 3) < 0.06).all()


def test_an_answer_depends_on_the_key_and_the_seed_alone() -> None:
    oracle = ErringOracle(TRUTH, CLASSES, noise=0.3, abstain=0.3, seed=1)
    keys = list(TRUTH)[:50]
    assert dict(oracle.answer(keys)) == dict(oracle.answer(keys[::-1]))
    other = ErringOracle(TRUTH, CLASSES, noise=0.3, abstain=0.3, seed=2)
    assert oracle.answer(keys) != other.answer(keys)


def test_without_rates_it_tells_the_truth_and_knows_what_it_does_not() -> None:
    oracle = ErringOracle(TRUTH, CLASSES, noise=0.0, abstain=0.0, seed=0)
    assert oracle.answer(["TS/4", "elsewhere"]) == [("TS/4", "b"), ("elsewhere", None)]
