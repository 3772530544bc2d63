"""VAAL: a discriminator that tells labelled from unlabelled boxes by their latents."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import torch
from typing_extensions import override

from cryoal.companions.adversarial import (
    both_sides,
    discriminator,
    mean_of_each,
    state_loss,
    steps_of_teacher,
    told_at_the_end,
)
from cryoal.companions.autoencoder import (
    VariationalAutoencoder,
    code_divergence,
    reconstruction_error,
)
from cryoal.companions.base import Companion
from cryoal.companions.field import Field
from cryoal.losses.descent import optimizers
from cryoal.models.build import seeded
from cryoal.seeds import stream_seed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.config import Config
    from cryoal.data.box_source import BoxSource
    from cryoal.feed.loaders import TrainingBoxes
    from cryoal.models.base import Network, Output
    from cryoal.progress import Progress

__all__ = ["Vaal"]


class Vaal(Companion):
    """Variational adversarial active learning (Sinha et al., 2019), trained after the teacher.

    A beta-VAE learns to restore boxes of both kinds and to have a discriminator take all of them
    for labelled; the discriminator learns to tell them. Its answer is ``(n,)`` in [0, 1], the
    discriminator's probability of "labelled": the lowest are to be asked.

    Notes
    -----
    Differences from the public code (sinhasam/vaal):

    - Reconstruction and divergence are both summed over a box and averaged over the batch, as in
      the paper's equations. That code takes the mean error of a voxel and the sum of the divergence
      over the whole batch, and the posterior collapses to the prior.
    - Autoencoder and discriminator are in eval mode when they look, and boxes are not augmented;
      there they are in train mode, and the pool is read through random flips.
    - As many steps as the teacher took, 200 at least, where that code always passes 1000 times over
      the first tenth; one step of the autoencoder for one of the discriminator, where it takes two.
    - Labelled and unlabelled boxes pass through batch norm together, not one side after the other.
    - Widths follow ``model.width``: 64, 128, 256, 512 channels and 512 hidden units at 64.
    """

    name = "vaal"
    gives = (
        Field("vaal_labelled", "(n,) in (0, 1): how labelled one looks to VAAL's discriminator"),
    )
    learns_beside = False

    latent: ClassVar[int] = 32
    beta: ClassVar[float] = 1.0
    """Weight of the divergence beside the reconstruction."""
    adversary: ClassVar[float] = 1.0
    """Weight of the adversarial loss of the autoencoder."""
    rate: ClassVar[float] = 5e-4
    """Of Adam, for both."""
    least_steps: ClassVar[int] = 200

    def __init__(self, shape: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.shape = shape
        self.autoencoder = VariationalAutoencoder(shape, width=width, latent=self.latent)
        self.discriminator = discriminator(self.latent, width)

    @override
    @classmethod
    def build(cls, teacher: Network, config: Config, shape: tuple[int, ...], seed: int) -> Self:
        del teacher
        with seeded(seed):
            return cls(shape, config.model.width)

    @override
    def fit_after(
        self,
        teacher: Network,
        labelled: TrainingBoxes,
        targets: Tensor,
        pool: BoxSource,
        unlabelled: NDArray[np.int64],
        config: Config,
        *,
        seed: int,
        device: torch.device,
        progress: Progress,
    ) -> dict[str, float]:
        """Means over the steps: nats a box for the reconstruction, nats for the discriminator.

        Empty if nothing is unlabelled: there is nothing to tell apart.

        Raises
        ------
        DivergedError
            A loss became infinite or NaN.
        """
        del teacher
        if not len(unlabelled):
            return {}
        steps = steps_of_teacher(len(targets), config, self.least_steps)
        batches = both_sides(
            labelled,
            len(targets),
            pool,
            unlabelled,
            self.shape,
            steps=steps,
            batch_size=config.train.batch_size,
            seed=stream_seed(seed, self.name),
            device=device,
        )
        generator = torch.Generator().manual_seed(stream_seed(seed, self.name, "noise"))
        encoding, telling = (
            list(part.parameters()) for part in (self.autoencoder, self.discriminator)
        )
        adam = optimizers(device).Adam
        coder, teller = adam(encoding, lr=self.rate), adam(telling, lr=self.rate)
        sums = {
            name: torch.zeros((), device=device)
            for name in ("vaal_reconstruction", "vaal_divergence", "vaal_discriminator")
        }
        self.train()
        for batch in progress.track(batches, "training VAAL", total=steps, unit="steps"):
            x, n = batch.boxes, len(batch.rows)
            code = self.autoencoder.encode(x)
            restored = self.autoencoder.decode(code.sample(generator))
            error = mean_of_each(reconstruction_error(x, restored), n)
            divergence = mean_of_each(code_divergence(code), n)
            all_labelled = torch.ones(len(x), device=device)
            fooled = state_loss(self.discriminator(code.mean), all_labelled, n)
            coder.zero_grad()
            torch.autograd.backward(
                error + self.beta * divergence + self.adversary * fooled, inputs=encoding
            )
            coder.step()

            states = all_labelled.clone()
            states[n:] = 0.0
            told = state_loss(self.discriminator(code.mean.detach()), states, n)
            teller.zero_grad()
            torch.autograd.backward(told)
            teller.step()
            for name, value in zip(sums, (error, divergence, told), strict=True):
                sums[name] += value.detach() / 2.0  # of two sides
        self.eval()
        return told_at_the_end(sums, steps)

    @override
    def look(self, boxes: Tensor, teacher: Output) -> Tensor:
        del teacher
        logits: Tensor = self.discriminator(self.autoencoder.encode(boxes).mean.float())
        return torch.sigmoid(logits[:, 0].float())
