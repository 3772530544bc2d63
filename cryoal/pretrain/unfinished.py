"""Pretraining that is not at its end, on disk: weights and moments after so many steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import FileFormatError
from cryoal.records import is_there
from cryoal.training.checkpoint import fit_tensors, read_tensors, write_tensors

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from cryoal.losses.descent import Optimizer
    from cryoal.pretrain.base import Method
    from cryoal.progress import Progress

__all__ = ["keep", "resume"]

_FORMAT = "cryoal pretraining 1"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def keep(
    path: Path, identity: str, method: Method, optimizer: Optimizer, losses: list[float]
) -> None:
    """Write the state after a step for each of `losses`, in one step, over the one before."""
    tensors = {f"weights:{name}": value for name, value in method.state_dict().items()}
    for name, parameter in method.named_parameters():
        for what, value in optimizer.state.get(parameter, {}).items():
            tensors[f"{what}:{name}"] = value
    write_tensors(path, tensors, _FORMAT, {"identity": identity, "losses": losses})


def resume(
    path: Path,
    identity: str,
    method: Method,
    optimizer: Optimizer,
    progress: Progress,
) -> list[float]:
    """Put what :func:`keep` wrote into `method` and `optimizer`; the losses of the steps behind it.

    Nothing is changed, and none given, when there is no such file, when it is of other boxes,
    settings or seed, or damaged: it can begin anew.
    """
    if not is_there(path):
        return []
    try:
        tensors, facts = read_tensors(path, _FORMAT)
        if facts.get("identity") != identity:
            progress.say(f"{path} is of other boxes or settings: pretraining starts anew")
            return []
        losses = facts.get("losses")
        if not isinstance(losses, list) or not all(isinstance(x, float) for x in losses):
            raise FileFormatError(f"expected a loss of each step in {path}, found {losses!r}")
        weights = _named(tensors, "weights")
        fit_tensors(method.state_dict(), weights, path)
        moments = {what: _named(tensors, what) for what in _MOMENTS}
    except FileFormatError as error:
        progress.say(f"pretraining starts anew: {error}")
        return []
    method.load_state_dict(weights)
    for name, parameter in method.named_parameters():
        for what, values in moments.items():
            if name in values:
                # AdamW counts its steps on the CPU
                device = "cpu" if what == "step" else parameter.device
                optimizer.state[parameter][what] = values[name].to(device)
    progress.say(f"pretraining goes on after step {len(losses)}, from {path}")
    return losses


def _named(tensors: dict[str, torch.Tensor], what: str) -> dict[str, torch.Tensor]:
    head = f"{what}:"
    return {k.removeprefix(head): v for k, v in tensors.items() if k.startswith(head)}
