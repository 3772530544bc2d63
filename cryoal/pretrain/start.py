"""A teacher and a student that begin with what the boxes taught without labels."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from cryoal.models.base import Network

if TYPE_CHECKING:
    from cryoal.companions.team import Team
    from cryoal.config import Config
    from cryoal.pretrain.pretrained import Pretrained

__all__ = ["fine_tuning", "shortened", "start_from"]

_LAST_NORM = re.compile(r"(.*layer\d\.\d+)\.bn(\d)\.weight")


def start_from(team: Team, pretrained: Pretrained) -> list[str]:
    """Put the encoder's weights into the networks of `team`, in place; the roles that took them.

    A network takes them if it holds all of the encoder's tensors but those of the last layer, in
    the same shapes. What it has besides, as a residual network with more blocks in a stage does, is
    made to change nothing at first: the last batch norm of each such block is multiplied by 0, so
    that the block gives what it gets (Chen et al., 2016, "Net2Net"), and learns from there.
    No network takes weights that were learned from boxes with fewer, larger voxels.
    """
    if pretrained.side != pretrained.made_from["box"]:
        return []
    encoder = pretrained.encoder
    last = {f"{name}." for name, module in encoder.named_modules() if module is encoder.head}
    weights = {
        name: value
        for name, value in encoder.state_dict().items()
        if not name.startswith(tuple(last))
    }
    taken = []
    for role, model in team.models().items():
        networks = [m for m in model.modules() if isinstance(m, Network)]
        if role in ("teacher", "student") and all(_takes(n, weights) for n in networks):
            taken.append(role)
    return taken


def fine_tuning(config: Config) -> Config:
    """`config` with the learning rate of a team that starts from an encoder's weights."""
    rate = config.train.learning_rate * config.pretrain.rate
    return replace(config, train=replace(config.train, learning_rate=rate))


def shortened(config: Config) -> Config:
    """`config` with the epochs of a team that starts from an encoder's weights, at least one."""
    epochs = max(1, round(config.train.epochs * config.pretrain.epochs))
    return replace(config, train=replace(config.train, epochs=epochs))


@torch.no_grad()
def _takes(network: Network, weights: dict[str, torch.Tensor]) -> bool:
    own = network.state_dict()
    if any(name not in own or own[name].shape != value.shape for name, value in weights.items()):
        return False
    network.load_state_dict(weights, strict=False)
    norms: dict[str, str] = {}  # the last of each block that the encoder lacks
    for name in own:
        match = _LAST_NORM.fullmatch(name)
        if match and name not in weights:
            norms[match[1]] = max(name, norms.get(match[1], ""))
    for name in norms.values():
        own[name].zero_()
    return True
