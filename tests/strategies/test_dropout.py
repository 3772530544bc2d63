"""MC-dropout, BALD and the passes under them."""

from __future__ import annotations

import numpy as np
import torch

from cryoal.scoring.evidence import Evidence, Head
from cryoal.strategies.bald import BALD
from cryoal.strategies.dropped_heads import dropped_logits, entropy, log_softmax
from cryoal.strategies.mc_dropout import MCDropout
from cryoal.testing.strategy_contract import make_evidence


def test_each_pass_drops_features_and_scales_the_others() -> None:
    # one feature, weight 1: a pass gives 0, or 4 times the feature with p = 0.75, plus the bias
    head = Head(np.ones((1, 1), dtype=np.float32), np.full(1, 0.5, dtype=np.float32))
    embedding = np.array([[1.0], [2.0]], dtype=np.float32)
    evidence = Evidence(["a", "b"], {"embedding": embedding}, {"head": head})
    ((rows, logits),) = dropped_logits(evidence, 0.75, 4000, np.random.default_rng(0))
    assert (rows.start, logits.shape) == (0, (2, 4000, 1))
    assert set(np.unique(logits[0])) == {0.5, 4.5}
    assert set(np.unique(logits[1])) == {0.5, 8.5}
    np.testing.assert_array_equal(logits[0] > 1, logits[1] > 1)  # masks are shared
    assert abs((logits[0] > 1).mean() - 0.25) < 4 * 0.0069


def test_many_passes_agree_with_dropout_of_torch() -> None:
    evidence = make_evidence(3, n_features=6, seed=2)
    drop = torch.nn.Dropout(0.5)
    torch.manual_seed(0)
    repeated = torch.tensor(evidence.embedding).repeat(20000, 1, 1)
    p = (drop(repeated) @ torch.tensor(evidence.head.weight).T).softmax(dim=2)
    of_mean = torch.special.entr(p.mean(dim=0)).sum(dim=1)
    expected = of_mean - torch.special.entr(p).sum(dim=2).mean(dim=0)

    class Patient(BALD):
        passes = 20000

    class PatientMean(MCDropout):
        passes = 20000

    rng = np.random.default_rng(1)
    np.testing.assert_allclose(PatientMean().score(evidence, rng), of_mean.numpy(), atol=0.02)
    np.testing.assert_allclose(Patient().score(evidence, rng), expected.numpy(), atol=0.02)


def test_without_dropout_bald_is_zero_and_the_mean_is_the_posterior() -> None:
    class Still(BALD):
        dropout = 0.0

    class StillMean(MCDropout):
        dropout = 0.0

    evidence, rng = make_evidence(20), np.random.default_rng(0)
    np.testing.assert_allclose(Still().score(evidence, rng), 0.0, atol=1e-12)
    p = np.exp(evidence.log_posterior.astype(np.float64))
    expected = -(p * np.log(p)).sum(axis=1)
    np.testing.assert_allclose(StillMean().score(evidence, rng), expected, atol=1e-5)


def test_bald_is_at_most_the_entropy_of_the_mean_and_never_negative() -> None:
    evidence = make_evidence(200, n_classes=5, n_features=8)
    bald = BALD().score(evidence, np.random.default_rng(3))
    mean = MCDropout().score(evidence, np.random.default_rng(3))  # the same masks
    assert (bald >= 0).all()
    assert (bald <= mean + 1e-12).all()
    assert bald.max() > 0.1


def test_zero_probabilities_have_no_entropy() -> None:
    p = np.exp(log_softmax(np.array([[0.0, -1e5], [3.0, 3.0]])))
    np.testing.assert_allclose(entropy(p), [0.0, np.log(2)], atol=1e-12)


def test_the_teacher_is_to_learn_with_the_dropout_that_it_is_asked_with() -> None:
    assert (MCDropout.dropout, BALD.dropout) == (0.5, 0.5)
