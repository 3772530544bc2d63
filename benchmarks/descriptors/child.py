"""The blocks in a process of its own, whose number of threads is given from outside."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import torch

from cryoal.descriptors import BLOCKS
from cryoal.descriptors.crop import fourier_crop
from cryoal.descriptors.describe import describe

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = ("radps", "shpower", "scatter")


def main(plain: str, n: int, side: int, cropped: int) -> None:
    """Print milliseconds of processor time a box, by what was told of it."""
    boxes = torch.randn(n, side, side, side, generator=torch.Generator().manual_seed(0))

    def told(names: list[str]) -> Callable[[], object]:
        return lambda: describe(fourier_crop(boxes, cropped), names)

    names = list(BLOCKS.builtins)
    ways = {name: told([name]) for name in names}
    ways["all but shells"] = told([name for name in names if name != "shells"])
    ways["all"] = told(names)
    found = {}
    for what, way in ways.items():
        describe(fourier_crop(boxes[:8], cropped))  # tables are made once for a whole pool
        found[what] = seconds(way)
    if plain:
        sys.path.insert(0, plain)
        import formula_features  # type: ignore[import-not-found]
        import gscat_part  # type: ignore[import-not-found]

        plainly = boxes.numpy()
        ways = {name: getattr(formula_features, name) for name in PLAIN}
        ways["gscat"] = gscat_part.gscat
        each = [seconds(lambda way=way: way(plainly)) for way in ways.values()]
        found["plain"] = sum(each)
    print(json.dumps({what: spent / n * 1e3 for what, spent in found.items()}))


def seconds(way: Callable[[], object]) -> float:
    """Of processor time."""
    before = time.process_time()
    way()
    return time.process_time() - before


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
