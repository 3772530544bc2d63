"""An unfinished training run on disk: weights, momentum and the epochs so far, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import FileFormatError
from cryoal.training.checkpoint import fit_tensors, read_tensors, write_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor, nn

    from cryoal.companions.team import Team
    from cryoal.losses.descent import Optimizer
    from cryoal.progress import Progress
    from cryoal.training.company import Company

__all__ = ["keep_run", "resume_run", "told_state"]

_FORMAT = "cryoal training run 1"
_STATE = "optimizer "


def keep_run(
    path: Path,
    identity: str,
    team: Team,
    optimizer: Optimizer,
    epochs: list[dict[str, float]],
) -> None:
    """Write the state after the last of `epochs`, in one step, over the one before."""
    facts = {"identity": identity, "epochs": epochs}
    write_tensors(path, _state(team, optimizer), _FORMAT, facts)


def told_state(
    company: Company, team: Team, optimizer: Optimizer, epochs: list[dict[str, float]]
) -> list[dict[str, float]]:
    """Begin where the first of a company is: its weights and momentum; the epochs behind it.

    So all have the same, though only the first has read a checkpoint.
    """
    if company.size == 1:
        return epochs
    state: dict[str, Tensor] = {}
    if company.rank == 0:
        state = {key: value.detach().cpu() for key, value in _state(team, optimizer).items()}
    state, epochs = company.told((state, epochs))
    if company.rank:
        _put(state, team, optimizer)
    return epochs


def _state(team: Team, optimizer: Optimizer) -> dict[str, Tensor]:
    tensors = _weights(team)
    for name, parameter in _parameters(team).items():
        for what, value in optimizer.state.get(parameter, {}).items():
            if value is not None:  # there is no momentum when train.momentum is 0
                tensors[f"{_STATE}{what}:{name}"] = value
    return tensors


def _put(tensors: Mapping[str, Tensor], team: Team, optimizer: Optimizer) -> None:
    parameters = _parameters(team)
    for role, network in team.models().items():
        head = f"{role}."
        network.load_state_dict(
            {k.removeprefix(head): v for k, v in tensors.items() if k.startswith(head)}
        )
    for key, value in tensors.items():
        if key.startswith(_STATE):
            what, _, name = key.removeprefix(_STATE).partition(":")
            parameter = parameters[name]
            # Adam counts its steps on the CPU
            device = value.device if what == "step" else parameter.device
            optimizer.state[parameter][what] = value.to(device)


def resume_run(
    path: Path, identity: str, team: Team, optimizer: Optimizer, progress: Progress
) -> list[dict[str, float]]:
    """Put the state in `path` into `team` and `optimizer`; the epochs it has behind it.

    Nothing is changed, and no epochs given, when there is no such file, when it belongs to a run
    with other boxes, labels, settings or seed, or when it is damaged: training can begin anew.
    """
    if not path.exists():
        return []
    parameters = _parameters(team)
    try:
        tensors, facts = read_tensors(path, _FORMAT)
        states = {k: v for k, v in tensors.items() if k.startswith(_STATE)}
        weights = {k: v for k, v in tensors.items() if not k.startswith(_STATE)}
        epochs = facts.get("epochs")
        if not isinstance(epochs, list) or not all(_is_epoch(epoch) for epoch in epochs):
            raise FileFormatError(f"expected numbers of each epoch in {path}, found {epochs!r}")
        if facts.get("identity") == identity:
            fit_tensors(_weights(team), weights, path)
            _require_known(states, parameters, path)
    except FileFormatError as error:
        progress.say(f"training starts anew: {error}")
        return []
    if facts.get("identity") != identity:
        progress.say(f"{path} is of other labels or settings: training starts anew")
        return []
    _put(tensors, team, optimizer)
    progress.say(f"training goes on after epoch {len(epochs)}, from {path}")
    return epochs


def _require_known(
    states: Mapping[str, Tensor], parameters: Mapping[str, nn.Parameter], path: Path
) -> None:
    for key, state in states.items():
        what, _, name = key.removeprefix(_STATE).partition(":")
        if name not in parameters or (what != "step" and state.shape != parameters[name].shape):
            raise FileFormatError(
                f"expected states of the team's weights in {path}, found {key!r} of the shape "
                f"{tuple(state.shape)}"
            )


def _is_epoch(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(v, int | float) for v in value.values())


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
