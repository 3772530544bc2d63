"""SRAAL: a discriminator for which some unlabelled boxes are more unlabelled than others."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import torch
from torch import nn
from torch.nn.functional import cross_entropy
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
from cryoal.errors import ConfigError
from cryoal.feed.device import autocast
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

__all__ = ["Sraal", "uncertainty_indicator"]


class Sraal(Companion):
    """State-relabelling adversarial active learning (Zhang et al., 2020), after the teacher.

    The latents of a VAE are of two halves: one restores the box, the other predicts the class of a
    labelled one. A discriminator sees both. Its target is 0 for a labelled box, and for an
    unlabelled one the :func:`uncertainty_indicator` of the teacher; the VAE learns to have it give
    0 for all. The answer is ``(n,)`` in [0, 1]: the highest are to be asked.

    Notes
    -----
    Differences from the public code (Beichen1996/SRAAL):

    - There the VAE pushes both sides to 1, which means "unlabelled" to the discriminator; here to
      0. That is the paper's objective, in whose text 1 means "labelled".
    - The uncertainty of a certain posterior is 0; there the variance is that of a sample, and it is
      1 over the number of classes. A uniform posterior is defined; there it is NaN.
    - Reconstruction and divergence are both summed over a box, so that their weights are those of
      the evidence bound; there the reconstruction is five times the mean error of a voxel.
    - The indicator is asked as batches come, of the teacher as it is in a campaign.
    - As many steps as the teacher took, 200 at least, where that code takes 20,000, and a fixed
      rate; latents, widths and batch norm as in :class:`~cryoal.companions.vaal.Vaal`.
    """

    name = "sraal"
    gives = (
        Field(
            "sraal_unlabelled",
            "(n,) in (0, 1): how unlabelled, and worth it, SRAAL's discriminator finds one",
            "classification",
        ),
    )
    learns_beside = False

    latent: ClassVar[int] = 64
    """Half of them restore, half of them classify."""
    beta: ClassVar[float] = 1.0
    """Weight of the divergence beside the reconstruction."""
    adversary: ClassVar[float] = 1.0
    """Weight of the adversarial loss of the autoencoder."""
    task: ClassVar[float] = 5.0
    """Weight of the cross-entropy of the classes."""
    rate: ClassVar[float] = 5e-4
    """Of Adam, for both."""
    least_steps: ClassVar[int] = 200

    def __init__(self, shape: tuple[int, ...], width: int, n_classes: int) -> None:
        super().__init__()
        self.shape = shape
        half = self.latent // 2
        self.autoencoder = VariationalAutoencoder(
            shape, width=width, latent=self.latent, decoded=half
        )
        self.classifier = nn.Sequential(
            nn.Linear(self.latent - half, 8 * width), nn.ReLU(), nn.Linear(8 * width, n_classes)
        )
        self.discriminator = discriminator(self.latent, width)

    @override
    @classmethod
    def build(cls, teacher: Network, config: Config, shape: tuple[int, ...], seed: int) -> Self:
        del teacher
        with seeded(seed):
            return cls(shape, config.model.width, len(config.classes))

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
        """Means over the steps, in nats: a box for the reconstruction, a state, a class.

        Empty if nothing is unlabelled: there is nothing to tell apart.

        Raises
        ------
        ConfigError
            Targets are not one class a box, or a loss became infinite or NaN.
        """
        if targets.ndim != 1:
            raise ConfigError(
                f"expected one class a box for {self.name}, found targets of shape"
                f" {tuple(targets.shape)}"
            )
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
        encoding = [*self.autoencoder.parameters(), *self.classifier.parameters()]
        adam = optimizers(device).Adam
        coder = adam(encoding, lr=self.rate)
        teller = adam(self.discriminator.parameters(), lr=self.rate)
        names = ("reconstruction", "divergence", "discriminator", "class_loss")
        sums = {f"{self.name}_{name}": torch.zeros((), device=device) for name in names}
        self.train()
        for batch in progress.track(batches, "training SRAAL", total=steps, unit="steps"):
            x, n = batch.boxes, len(batch.rows)
            y = targets[torch.from_numpy(batch.rows).to(targets.device)].to(device)
            code = self.autoencoder.encode(x)
            latents = code.sample(generator)
            error = mean_of_each(reconstruction_error(x, self.autoencoder.decode(latents)), n)
            divergence = mean_of_each(code_divergence(code), n)
            class_loss = cross_entropy(self._classes(latents[:n]), y)
            all_labelled = torch.zeros(len(x), device=device)
            fooled = state_loss(self.discriminator(code.mean), all_labelled, n)
            coder.zero_grad()
            torch.autograd.backward(
                error + self.beta * divergence + self.adversary * fooled + self.task * class_loss,
                inputs=encoding,
            )
            coder.step()

            states = all_labelled.clone()
            with torch.no_grad(), autocast(config.train.precision, device):
                logits = teacher(x[n:]).logits
            states[n:] = uncertainty_indicator(torch.softmax(logits.float(), dim=1))
            told = state_loss(self.discriminator(code.mean.detach()), states, n)
            teller.zero_grad()
            torch.autograd.backward(told)
            teller.step()
            step = (error / 2.0, divergence / 2.0, told / 2.0, class_loss)  # of two sides, of one
            for name, value in zip(sums, step, strict=True):
                sums[name] += value.detach()
        self.eval()
        return told_at_the_end(sums, steps)

    @override
    def look(self, boxes: Tensor, teacher: Output) -> Tensor:
        del teacher
        logits: Tensor = self.discriminator(self.autoencoder.encode(boxes).mean.float())
        return torch.sigmoid(logits[:, 0].float())

    def _classes(self, latents: Tensor) -> Tensor:
        logits: Tensor = self.classifier(latents[:, self.autoencoder.decoded :])
        return logits


def uncertainty_indicator(posterior: Tensor) -> Tensor:
    """SRAAL's online uncertainty indicator ``1 - MinVar(p) / Var(p) max(p)`` of each row.

    ``Var`` is the variance of the C probabilities, ``MinVar`` the least that vectors of the same
    maximum have: that of (max, rest, ..., rest), which is ``(max - 1 / C)^2 / (C - 1)``.

    Parameters
    ----------
    posterior
        ``(n, classes)``, rows with sum 1.

    Returns
    -------
    Tensor
        ``(n,)`` float32 in [0, 1): 0 for a certain row. Of a uniform row, where MinVar / Var is
        0 / 0, the ratio counts as 1, its limit along (max, rest, ..., rest): 1 - 1 / C. With two
        classes the ratio is always 1, and the indicator is the least confidence.
    """
    p = posterior.double()
    classes = p.shape[1]
    most = p.amax(dim=1)
    least_variance = (most - 1.0 / classes).square() / (classes - 1)
    variance = p.var(dim=1, correction=0)
    even = variance < torch.finfo(torch.float32).eps ** 2  # rounding of float32 probabilities
    ratio = torch.where(even, 1.0, least_variance / torch.where(even, 1.0, variance))
    return (1.0 - ratio.clamp(0.0, 1.0) * most).clamp(0.0, 1.0).float()
