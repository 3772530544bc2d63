"""Where the time of a score goes, what the machine could do, and what others take, in one run."""

from __future__ import annotations

import math
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.pool.material import make_picks, make_tomogram
from benchmarks.scoring.ways import has_evaluator, seconds, with_data_loader, with_evaluator
from cryoal.companions.build import build_team
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.data.normalise import normalise
from cryoal.data.pool import Pool
from cryoal.feed.device import autocast, computes_in
from cryoal.io.picks.read import read_picks
from cryoal.models.base import Network
from cryoal.models.shapes import LayerShapes, layer_shapes
from cryoal.scoring.at_once import keep_freed_memory
from cryoal.scoring.distances import disagreement
from cryoal.scoring.predict import evaluating, predict
from cryoal.scoring.ready import Ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["made_pool", "measure_parts", "operations", "widest_convolution"]

FIELDS = ("teacher_log_posterior", "student_log_posterior")
ROLES = ("teacher", "student")
PLAIN = 64
"""Boxes of a batch of the loops that cryoal is held against."""


@contextmanager
def made_pool(n: int, box: int) -> Iterator[Pool]:
    """`n` boxes of noise, cut from a tomogram on disk."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shape = make_tomogram(folder / "TS_1.mrc", 16e6)
        make_picks(folder / "picks.csv", "TS_1", shape, n)
        table = read_picks(folder / "picks.csv")
        extract(folder / "pool.zarr", [folder / "TS_1.mrc"], table, box=box, density="white")
        yield Pool.open(folder / "pool.zarr")


def operations(layers: list[LayerShapes]) -> int:
    """Multiplications and additions of one input in convolutions and linear layers."""
    total = 0
    for _, layer, _, given in layers:
        if isinstance(layer, nn.Linear):
            total += 2 * layer.weight.numel()
        elif isinstance(layer, nn.modules.conv._ConvNd):
            places = math.prod(given[1:])
            total += 2 * layer.weight.numel() * places
    return total


def widest_convolution(layers: list[LayerShapes]) -> LayerShapes:
    """Of those of side 3, the one that computes most; the first of several."""
    sides = [one for one in layers if isinstance(one.layer, nn.modules.conv._ConvNd)]
    three = [one for one in sides if set(one.layer.kernel_size) == {3}]  # type: ignore[arg-type]
    return max(three, key=lambda one: operations([one]))


def measure_parts(
    preset: str, box: int, n: int, rounds: int, precision: str, device: torch.device
) -> list[dict[str, object]]:
    """A row for each part, each measure of the machine, and each other way; the least of rounds.

    Seconds are those of the processor on a CPU, else those of a clock.
    """
    config = make_config(["a", "b", "c"], preset, [f"pool.box={box}"])
    team = build_team(config, ("student",), seed=0).to(device)
    team.train(False)
    shape, index = (1, box, box, box), np.arange(n)
    ready = Ready(team, precision)
    at_once = ready.inputs_at_once(ROLES, device, shape)
    models = {role: _network(m) for role, m in ready.of(ROLES, device, shape).models().items()}
    plain = [_network(team.models()[role]) for role in ROLES]
    layers = [layer_shapes(network, shape) for network in plain]
    each = sum(map(operations, layers))
    if device.type == "cpu":
        keep_freed_memory()
    with made_pool(n, box) as pool, evaluating(*models.values(), *plain):
        parts = [index[at : at + at_once] for at in range(0, n, at_once)]
        raw = [pool.read(part) for part in parts]
        boxes = [torch.from_numpy(pool.read_normalised(p))[:, None].to(device) for p in parts]
        logits = torch.randn(2, n, 3, device=device)

        def through(role: str) -> None:
            with autocast(precision, device):
                for x in boxes:
                    models[role](x)

        def scored() -> None:
            for part in parts:
                told = logits[:, part].log_softmax(dim=2).cpu().numpy()
                disagreement(*told)

        works: dict[str, Callable[[], object]] = {
            "pool to score": lambda: disagreement(
                *predict(team, pool, index, FIELDS, precision=precision, ready=ready).values()
            ),
            "read": lambda: [pool.read(part) for part in parts],
            "normalise": lambda: [normalise(one.copy(), *_scatter(len(one))) for one in raw],
            "teacher": lambda: through("teacher"),
            "student": lambda: through("student"),
            "score": scored,
            "loop with a DataLoader": lambda: with_data_loader(plain, pool, PLAIN, device),
            "one box at a time": lambda: with_data_loader(plain, pool, 1, device),
        }
        if has_evaluator():
            works["MONAI's evaluator"] = lambda: with_evaluator(plain, pool, PLAIN, device)
        machine = {
            "widest convolution alone": _convolution(layers[0], at_once, precision, device),
            "product of matrices": _product(precision, device),
        }
        works |= {name: work for name, (work, _) in machine.items()}
        took = dict.fromkeys(works, math.inf)
        for number in range(rounds + 1):
            for name, work in works.items():
                spent = seconds(work, device, processor=device.type == "cpu")
                if number:  # the first round warms up
                    took[name] = min(took[name], spent)
    rates = {name: done / took[name] for name, (_, done) in machine.items()}
    rates["pool to score"] = each * n / took["pool to score"]
    for role, found in zip(ROLES, layers, strict=True):
        rates[role] = operations(found) * n / took[role]
    peak, whole = rates["widest convolution alone"], took["pool to score"]
    return [
        {
            "at_once": at_once,
            "precision": precision,
            "what": name,
            "milliseconds_a_box": "" if name in machine else f"{spent / n * 1e3:.4f}",
            "times_ours": "" if name in machine else f"{spent / whole:.4f}",
            "gigaflops": f"{rates[name] / 1e9:.1f}" if name in rates else "",
            "share_of_peak": f"{rates[name] / peak:.3f}" if name in rates else "",
        }
        for name, spent in took.items()
    ]


def _network(model: nn.Module) -> Network:
    return next(module for module in model.modules() if isinstance(module, Network))


def _scatter(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(n, 0.01), np.full(n, 0.99)


def _convolution(
    layers: list[LayerShapes], at_once: int, precision: str, device: torch.device
) -> tuple[Callable[[], object], float]:
    """The widest one alone, in the layout and the numbers that looking has; its operations."""
    widest = widest_convolution(layers)
    dtype = computes_in(precision, device)
    x = torch.randn(at_once, *widest.taken, device=device, dtype=dtype)
    weight = widest.layer.weight.detach().to(device, dtype)
    options = {name: getattr(widest.layer, name) for name in ("stride", "padding")}
    layout = torch.channels_last_3d if device.type == "cpu" else torch.contiguous_format
    x, weight = (each.contiguous(memory_format=layout) for each in (x, weight))
    enough = 2e13 if device.type == "cuda" else 2e10  # tenths of a second on either
    times = max(1, int(enough / (operations([widest]) * at_once)))

    def work() -> Tensor:
        for _ in range(times):
            y = nn.functional.conv3d(x, weight, None, **options)
        return y

    return work, times * at_once * float(operations([widest]))


def _product(precision: str, device: torch.device) -> tuple[Callable[[], object], float]:
    side = 8192 if device.type == "cuda" else 1024
    one = torch.randn(side, side, device=device, dtype=computes_in(precision, device))
    return (lambda: one @ one), 2.0 * side**3
