"""An unfinished training run on disk: weights, momentum and the epochs so far, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryoal.training.checkpoint import fit_tensors, read_tensors, write_tensors

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import Tensor, nn

    from cryoal.companions.team import Team
    from cryoal.progress import Progress

__all__ = ["keep_run", "resume_run"]

_FORMAT = "cryoal training run 1"
_MOMENTUM = "momentum:"


def keep_run(
    path: Path,
    identity: str,
    team: Team,
    optimizer: torch.optim.SGD,
    epochs: list[dict[str, float]],
) -> None:
    """Write the state after the last of `epochs`, in one step, over the one before."""
    tensors = _weights(team)
    for name, parameter in _parameters(team).items():
        momentum = optimizer.state[parameter].get("momentum_buffer")
        if momentum is not None:  # there is none when train.momentum is 0
            tensors[_MOMENTUM + name] = momentum
    write_tensors(path, tensors, _FORMAT, {"identity": identity, "epochs": epochs})


def resume_run(
    path: Path, identity: str, team: Team, optimizer: torch.optim.SGD, progress: Progress
) -> list[dict[str, float]]:
    """Put the state in `path` into `team` and `optimizer`; the epochs it has behind it.

    Nothing is changed, and no epochs given, when there is no such file, or when it belongs to a run
    with other boxes, labels, settings or seed.

    Raises
    ------
    FileFormatError
        The file is damaged.
    """
    if not path.exists():
        return []
    tensors, facts = read_tensors(path, _FORMAT)
    if facts["identity"] != identity:
        progress.say(f"{path} is of other labels or settings: training starts anew")
        return []
    parameters = _parameters(team)
    momenta = {k: v for k, v in tensors.items() if k.startswith(_MOMENTUM)}
    weights = {k: v for k, v in tensors.items() if not k.startswith(_MOMENTUM)}
    fit_tensors(_weights(team), weights, path)
    for role, network in team.models().items():
        head = f"{role}."
        network.load_state_dict(
            {k.removeprefix(head): v for k, v in weights.items() if k.startswith(head)}
        )
    for key, momentum in momenta.items():
        parameter = parameters[key.removeprefix(_MOMENTUM)]
        optimizer.state[parameter]["momentum_buffer"] = momentum.to(parameter.device)
    epochs: list[dict[str, Any]] = facts["epochs"]
    progress.say(f"training goes on after epoch {len(epochs)}, from {path}")
    return epochs


def _weights(team: Team) -> dict[str, Tensor]:
    return {
        f"{role}.{name}": tensor
        for role, network in team.models().items()
        for name, tensor in network.state_dict().items()
    }


def _parameters(team: Team) -> dict[str, nn.Parameter]:
    return {
        f"{role}.{name}": parameter
        for role, network in team.models().items()
        for name, parameter in network.named_parameters()
    }
