from __future__ import annotations

import numpy as np
import pytest

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.badge import BADGE, Gradients
from cryoal.strategies.points import points
from cryoal.strategies.seeding import Euclidean, plus_plus
from cryoal.testing.strategy_contract import make_evidence


def gradients(evidence: Evidence) -> np.ndarray:
    """The gradient embeddings as the paper writes them, (n, classes x features) float64."""
    p = np.exp(evidence.log_posterior.astype(np.float64))
    p[np.arange(len(p)), p.argmax(axis=1)] -= 1
    return np.einsum("nc,nf->ncf", p, evidence.embedding.astype(np.float64)).reshape(len(p), -1)


def test_they_are_gradients_of_the_loss_by_autograd() -> None:
    torch = pytest.importorskip("torch")
    evidence = make_evidence(5)
    weight = torch.tensor(evidence.head.weight, requires_grad=True)
    for row, expected in zip(evidence.embedding, gradients(evidence), strict=True):
        logits = weight @ torch.tensor(row)
        loss = torch.nn.functional.cross_entropy(logits, logits.argmax())
        (found,) = torch.autograd.grad(loss, weight)
        np.testing.assert_allclose(found.flatten().numpy(), expected, atol=1e-6)


def test_the_factorised_space_has_the_distances_of_the_explicit_one() -> None:
    evidence = make_evidence(80, n_classes=5, n_features=7)
    explicit = gradients(evidence)
    space = Gradients(evidence)
    exact = np.square(explicit[:, None] - explicit[None]).sum(axis=2)
    np.testing.assert_allclose(space.squared(slice(None), np.arange(80)), exact, atol=2e-4)
    np.testing.assert_allclose(space.norms, np.square(explicit).sum(axis=1), rtol=1e-5)
    scores = BADGE().score(evidence, np.random.default_rng(0))
    np.testing.assert_allclose(scores, np.linalg.norm(explicit, axis=1), rtol=1e-5)


def test_the_query_is_that_of_explicit_gradients_with_the_same_random_numbers() -> None:
    evidence = make_evidence(400, n_classes=5, n_features=7)
    order = np.argsort(evidence.keys)
    explicit = gradients(evidence)[order]
    first = int(np.linalg.norm(explicit, axis=1).argmax())
    space = Euclidean(points(explicit.astype(np.float32)))
    expected = plus_plus(space, 60, np.random.default_rng(5), first)
    scores = BADGE().score(evidence, np.random.default_rng(0))
    query = BADGE().select(scores, evidence, 60, np.random.default_rng(5))
    assert query == [evidence.keys[order[row]] for row in expected]


def test_candidates_without_a_gradient_come_last() -> None:
    log_p = np.array([[0.0, -2e4], [-0.7, -0.7], [0.0, -2e4], [-0.1, -2.4]], dtype=np.float32)
    evidence = Evidence(
        list("abcd"), {"log_posterior": log_p, "embedding": np.eye(4, dtype=np.float32)}
    )
    rng = np.random.default_rng(0)
    query = BADGE().select(BADGE().score(evidence, rng), evidence, 4, rng)
    assert query[0] == "b"
    assert query[1] == "d" or query[2] == "d"  # two certain ones have one gradient: zero
