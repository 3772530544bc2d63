from __future__ import annotations

import pytest
import torch
from cryoal_kernels import attention_transfer_loss

from cryoal.errors import PairMismatchError
from cryoal.losses.attention_transfer import attention_transfer


def test_it_is_the_mean_over_the_batch_of_eq_1() -> None:
    student, teacher = torch.randn(2, 3, 2, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    each = attention_transfer_loss([student], [teacher], reduction="none")
    torch.testing.assert_close(attention_transfer([student], [teacher]), each.mean())


def test_modules_that_do_not_match_are_named() -> None:
    a, b = torch.zeros(2, 3, 4, 4, 4), torch.zeros(2, 3, 2, 2, 2)
    with pytest.raises(PairMismatchError, match="found 1 and 2"):
        attention_transfer([a], [a, b])
    with pytest.raises(PairMismatchError, match="module 2"):
        attention_transfer([a, a], [a, b])
