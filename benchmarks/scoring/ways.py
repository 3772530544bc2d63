"""How one would score without cryoal: the loops that it is held against, with the same networks."""

from __future__ import annotations

import importlib.util
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from cryoal.feed.device import autocast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cryoal.data.box_source import BoxSource

__all__ = ["has_evaluator", "score_plainly", "seconds", "with_data_loader", "with_evaluator"]


def seconds(work: Callable[[], object], device: torch.device, *, processor: bool = False) -> float:
    """Of one call, the device's own work included; of the processor, where one asks so."""
    clock = time.process_time if processor else time.perf_counter
    began = clock()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return clock() - began


def score_plainly(
    networks: Sequence[nn.Module], batches: Iterable[Tensor], precision: str, device: torch.device
) -> list[Tensor]:
    """Log-posteriors ``(n, classes)`` of each network, batch after batch."""
    found: list[list[Tensor]] = [[] for _ in networks]
    for network in networks:
        network.eval()
    with torch.inference_mode(), autocast(precision, device):
        for batch in batches:
            boxes = batch.to(device)
            for network, kept in zip(networks, found, strict=True):
                kept.append(network(boxes).logits.float().log_softmax(dim=1).cpu())
    return [torch.cat(parts) for parts in found]


class _Boxes(Dataset[Tensor]):
    def __init__(self, pool: BoxSource) -> None:
        self._pool = pool

    def __len__(self) -> int:
        return len(self._pool)

    def __getitem__(self, number: int) -> Tensor:
        return torch.from_numpy(self._pool.read_normalised(np.array([number])))


def with_data_loader(
    networks: Sequence[nn.Module], pool: BoxSource, at_once: int, device: torch.device
) -> list[Tensor]:
    """The loop of the tutorials: a Dataset of single boxes, batches of `at_once`, float32."""
    return score_plainly(networks, DataLoader(_Boxes(pool), at_once), "float32", device)


def has_evaluator() -> bool:
    """Whether MONAI's engines can be had: they want pytorch-ignite, which cryoal does not."""
    return importlib.util.find_spec("ignite") is not None


class _Together(nn.Module):
    """Logits of all networks, for an engine that knows one network."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, boxes: Tensor) -> Tensor:
        return torch.stack([network(boxes).logits for network in self.networks], dim=1)


def with_evaluator(
    networks: Sequence[nn.Module], pool: BoxSource, at_once: int, device: torch.device
) -> list[Tensor]:
    """MONAI's ``SupervisedEvaluator`` over the same DataLoader, float32."""
    with warnings.catch_warnings():  # pytorch-ignite compiles by what torch has given up
        warnings.simplefilter("ignore", DeprecationWarning)
        from ignite.engine import Events
        from monai.engines import SupervisedEvaluator

    kept: list[Tensor] = []
    evaluator = SupervisedEvaluator(
        device=device,
        val_data_loader=DataLoader(_Boxes(pool), at_once),
        network=_Together(networks),
        prepare_batch=lambda batch, device, *_, **__: (batch.to(device), None),
        decollate=False,
    )

    def keep(engine: Any) -> None:
        kept.append(engine.state.output["pred"].float().log_softmax(dim=2).cpu())

    evaluator.add_event_handler(Events.ITERATION_COMPLETED, keep)
    evaluator.run()
    return list(torch.cat(kept).unbind(dim=1))
