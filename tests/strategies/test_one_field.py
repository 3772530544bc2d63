"""The strategies whose score is one field of the evidence: which way round."""

from __future__ import annotations

import numpy as np
import pytest

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.base import make_strategy


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [
        ("ll4al", "predicted_loss", ["c", "a", "b"]),  # high loss first
        ("vaal", "vaal_labelled", ["b", "a", "c"]),  # least labelled first
        ("sraal", "sraal_unlabelled", ["c", "a", "b"]),  # most unlabelled first
        ("gradient-norm", "gradient_norm", ["c", "a", "b"]),  # steep first
    ],
)
def test_the_right_end_is_asked_first(name: str, field: str, expected: list[str]) -> None:
    evidence = Evidence(["a", "b", "c"], {field: np.array([0.5, 0.1, 0.9], dtype=np.float32)})
    strategy, rng = make_strategy(name), np.random.default_rng(0)
    assert strategy.needs == {field}
    assert strategy.select(strategy.score(evidence, rng), evidence, 3, rng) == expected


def test_both_rows_of_the_gradient_norm_paper_are_one_formula() -> None:
    import torch

    logits = torch.randn(7, dtype=torch.float64, requires_grad=True)
    p, log_p = logits.softmax(0), logits.log_softmax(0)
    (expected_loss,) = torch.autograd.grad(-(p * log_p).sum(), logits, retain_graph=True)
    (entropy,) = torch.autograd.grad(torch.special.entr(p).sum(), logits, retain_graph=True)
    (detached,) = torch.autograd.grad(-(p.detach() * log_p).sum(), logits)
    torch.testing.assert_close(expected_loss, entropy)
    assert detached.norm() < 1e-12 < entropy.norm()
