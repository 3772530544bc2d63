"""What is run on a GPU, in parts that each end within minutes and go on after a stop."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.kernels.cases import TESTS
from benchmarks.paper.protocol import protocol

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MOST_BYTES", "Slice", "slices"]

MOST_BYTES = 64 << 20
"""Of data that a slice may need: what can be carried to a machine that is lent for minutes."""

GPU_TESTS = ("tests/descriptors/test_all_blocks.py", "tests/kernels/test_cuda.py",
             "tests/simulate/test_device.py")  # fmt: skip


@dataclass(frozen=True)
class Slice:
    """One part: commands that follow one another, and what they read."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    tiny: tuple[str, ...]
    """In their place in a dry run, on any processor: imports the same, computes next to nothing."""
    data: tuple[str, ...] = ()
    """Folders below ``CRYOAL_TEST_DATA``."""


def slices(out: Path) -> list[Slice]:
    """All of them, in the order in which their numbers are missed; `out` is for cells and data."""
    here = (sys.executable, "-m")
    tests = (*here, "pytest", "-q", "-m", "gpu", *GPU_TESTS)
    found = [Slice("tests", (tests,), (*tests, "--collect-only"))]
    for op in TESTS:
        found.append(
            Slice(
                f"kernels-{op}",
                ((*here, "benchmarks.kernels", "--op", op),),
                (*here, "benchmarks.kernels", "--op", op, "--bytes", "1000"),
            )
        )
    for name, data in (("throughput", ()), ("throughput-squares", ("camvid",))):
        words = (*here, "benchmarks.paper.throughput", *(["--squares"] if data else []))
        found.append(Slice(name, (words,), (*words, "--help"), data))
    scoring = (*here, "benchmarks.scoring")
    presets = tuple(
        (*scoring, "--device", "cuda", "--n", "2048", "--preset", preset)
        for preset in ("laptop", "paper-simulated")
    )
    tiny = ("--only", "parts", "--box", "8", "--n", "4", "--rounds", "1", "--no-rows")
    found.append(Slice("scoring", presets, (*scoring, *tiny)))
    simulate = (*here, "benchmarks.simulate")
    found.append(Slice("simulate", ((*simulate, "--device", "cuda"),), (*simulate, "--help")))
    for name in ("cifar10", "camvid", "50c-like", "microtubule"):
        found.append(_cell(name, out))
    return found


def _cell(name: str, out: Path) -> Slice:
    """One strategy and seed of an experiment; it goes on where it was stopped."""
    here, cells = (sys.executable, "-m"), out / "cells"
    paper = (*here, "benchmarks.paper", name)
    words = ("--quick", "--strategies", "knowledge-transfer", "--seeds", "0", "--out", str(cells))
    commands: list[tuple[str, ...]] = [(*paper, *words)]
    data = (name,)
    if name == "50c-like":
        where = out / name
        recipe = [word for one in protocol(name, quick=True).recipe for word in ("--set", one)]
        made = (*here, "cryoal", "simulate", str(where))
        commands = [(*paper, *words, "--data", str(where))]
        if not where.exists():  # it comes whole or not at all, and is never written over
            commands.insert(0, (*made, "--recipe", "benchmarks/paper/50c-like.toml", *recipe))
        data = ("structures",)
    return Slice(f"cell-{name}", tuple(commands), (*paper, "--help"), data)
