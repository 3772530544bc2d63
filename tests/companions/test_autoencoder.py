from __future__ import annotations

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from cryoal.companions.autoencoder import (
    Code,
    VariationalAutoencoder,
    code_divergence,
    reconstruction_error,
)


@pytest.mark.parametrize(
    "shape",
    [(1, 8, 8, 8), (1, 32, 32, 32), (1, 9, 14, 21), (3, 8, 8), (3, 32, 32), (3, 15, 33), (1, 3, 3)],
)
def test_boxes_come_back_in_the_shape_in_which_they_went(shape: tuple[int, ...]) -> None:
    autoencoder = VariationalAutoencoder(shape, width=2, latent=5)
    code = autoencoder.encode(torch.zeros((2, *shape)))
    assert code.mean.shape == code.log_variance.shape == (2, 5)
    assert autoencoder.decode(code.mean).shape == (2, *shape)


def test_the_decoder_sees_only_its_part_of_the_latents() -> None:
    autoencoder = VariationalAutoencoder((1, 8, 8, 8), width=2, latent=6, decoded=2).eval()
    latents = torch.zeros((1, 6))
    empty = autoencoder.decode(latents)
    latents[0, 2:] = 5.0
    assert torch.equal(autoencoder.decode(latents), empty)
    latents[0, 1] = 5.0
    assert not torch.equal(autoencoder.decode(latents), empty)


def test_the_divergence_is_that_of_normal_distributions() -> None:
    generator = torch.Generator().manual_seed(0)
    mean, log_variance = torch.randn((2, 4, 3), dtype=torch.float64, generator=generator)
    expected = kl_divergence(Normal(mean, torch.exp(0.5 * log_variance)), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(code_divergence(Code(mean, log_variance)), expected)


def test_the_reconstruction_is_minus_a_log_likelihood_but_for_its_constant() -> None:
    generator = torch.Generator().manual_seed(0)
    boxes, restored, other = torch.randn((3, 2, 1, 4, 4), dtype=torch.float64, generator=generator)

    def exact(mean: torch.Tensor) -> torch.Tensor:
        return -Normal(mean, 1.0).log_prob(boxes).flatten(1).sum(1)

    found = reconstruction_error(boxes, restored) - reconstruction_error(boxes, other)
    torch.testing.assert_close(found, exact(restored) - exact(other))


def test_draws_have_the_mean_and_the_scatter_of_the_code() -> None:
    code = Code(
        torch.tensor([[3.0, -1.0]]), torch.tensor([[0.0, 2.0 * torch.log(torch.tensor(0.1))]])
    )
    many = Code(code.mean.expand(20000, 2), code.log_variance.expand(20000, 2))
    state = torch.get_rng_state()
    drawn = many.sample(torch.Generator().manual_seed(0))
    assert torch.equal(torch.get_rng_state(), state)
    torch.testing.assert_close(drawn.mean(0), code.mean[0], atol=0.03, rtol=0)
    torch.testing.assert_close(drawn.std(0), torch.tensor([1.0, 0.1]), atol=0, rtol=0.03)
    assert torch.equal(drawn, many.sample(torch.Generator().manual_seed(0)))


def test_nothing_overflows_for_absurd_boxes() -> None:
    autoencoder = VariationalAutoencoder((1, 8, 8), width=2, latent=3).eval()
    code = autoencoder.encode(torch.full((1, 1, 8, 8), 1e6))
    assert torch.exp(code.log_variance).isfinite().all()
    assert code_divergence(code).isfinite().all()
