"""How fast a recipe is simulated, files and all.

Usage: ``python -m benchmarks.simulate [RECIPE] [--per-class N] [--processes N] [--device cuda]``;
appends to ``results/simulate.csv``. A smaller N than the recipe's is for a quick look: the time of
the whole is measured by the whole.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import torch

from benchmarks import rows
from cryoal.feed.device import choose_device
from cryoal.simulate.recipe import Recipe, read_recipe
from cryoal.simulate.run import simulate

RECIPE = Path(__file__).parents[1] / "paper" / "50c-like.toml"


def measure(recipe: Recipe, processes: int, device: str) -> dict[str, object]:
    """Simulate into a folder that is thrown away, and count what came out."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        made = simulate(recipe, Path(folder) / "out", processes=processes, device=device)
        seconds = time.perf_counter() - began
        n_bytes = sum(path.stat().st_size for path in made.tomograms)
    n = sum(recipe.counts().values()) if recipe.kind == "subtomograms" else len(made.tomograms)
    who = resource.RUSAGE_SELF if processes == 1 else resource.RUSAGE_CHILDREN
    return {
        "kind": recipe.kind,
        "items": n,
        "classes": len(recipe.structures),
        "files": len(made.tomograms),
        "gigabytes": f"{n_bytes / 1e9:.2f}",
        "processes": processes,
        "device": device_name(device),
        "seconds": f"{seconds:.1f}",
        "items_per_second": f"{n / seconds:.2f}",
        "most_memory_of_a_process_mb": resource.getrusage(who).ru_maxrss // 1024,
    }


def device_name(device: str) -> str:
    """What a person calls it."""
    chosen = choose_device(device)
    return torch.cuda.get_device_name(chosen) if chosen.type == "cuda" else "cpu"


def main() -> None:
    """Measure and append."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path, nargs="?", default=RECIPE)
    parser.add_argument("--per-class", type=int)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    recipe = read_recipe(asked.recipe)
    if asked.per_class is not None:
        part = f"{recipe.kind}.per_class={asked.per_class}"
        held = f"subtomograms.test_per_class={asked.per_class // 25}"
        recipe = read_recipe(asked.recipe, settings=[part, held])
    row = {
        **rows.circumstances("torch", "numpy"),
        "recipe": asked.recipe.stem,
        **measure(recipe, asked.processes, asked.device),
    }
    print(row)
    rows.append("simulate", [row])


if __name__ == "__main__":
    main()
