"""How many particles tell half a voxel: ``python -m benchmarks.check.offsets run``.

Beside :func:`cryoal.placement.offset.find_offset` an oracle that knows which picks are particles,
what their average looks like and what may be wrong: of the right places and of the moved ones it
takes those that correlate better with the average of other particles. Rows of
results/check_offsets.csv: 200 draws of so many tomograms of 100 particles (phantoms, SNR 1, picks
half a voxel off along each axis at random), or of so many wall picks of the microtubule.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows
from benchmarks.check.errors import picks_of, wrongly_read
from benchmarks.check.material import Scene, scene
from cryoal.placement.offset import find_offset, slopes_at
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RESULT = "check_offsets"
DRAWS, N_PHANTOMS = 200, 40
ERRORS = {
    "right": "as read",
    "half a voxel": "half a voxel along +x, +y, +z",
    "one voxel": "one voxel along +x, +y, +z",
}
COUNTS = (5, 10, 20, 40, 80, 160, 320)
HALF = 8  # voxels of the oracle's average on either side


def gains(here: Scene, picks: NDArray[np.float64], error: str, odd: int) -> NDArray[np.float64]:
    """By how much the right place of each pick correlates better than the moved one."""
    from scipy.ndimage import map_coordinates
    from scipy.signal import fftconvolve

    others = here.particles[np.arange(len(here.particles)) % 2 != odd]
    grid = np.stack(np.meshgrid(*[np.arange(-HALF, HALF + 1)] * 3, indexing="ij"))
    at = others.T[:, :, None, None, None] + grid[:, None]
    mean = map_coordinates(here.volume, at.reshape(3, -1), order=1, mode="nearest")
    mean = mean.reshape(len(others), *grid.shape[1:]).mean(axis=0)
    mean -= mean.mean()
    match = fftconvolve(here.volume, mean[::-1, ::-1, ::-1], mode="same")
    moved = wrongly_read(picks, ERRORS.get(error, error), here.landscape.shape, here.box)
    right, wrong = (
        map_coordinates(match, place.T, order=1, mode="nearest") for place in (picks, moved)
    )
    return np.asarray(right - wrong)


def oracle(name: str, error: str, gain: NDArray[np.float64]) -> list[dict[str, object]]:
    out: list[dict[str, object]] = []
    rng = stream(0, "check", "oracle", name, error)
    for n in COUNTS:
        if n <= len(gain):
            sums = [rng.choice(gain, n, replace=False).sum() for _ in range(DRAWS)]
            right = sum(value > 0 for value in sums)
            out.append(_row(name, "oracle", 0.0, n, error, right))
    return out


def ours(junk: float) -> list[dict[str, object]]:
    """Of 1, 2, 4 ... tomograms: how often the offset is named; of right ones, how often any is."""
    found = {error: [] for error in ERRORS}  # type: ignore[var-annotated]
    for seed in range(N_PHANTOMS):
        here = scene("phantoms", "offsets", 2 * seed, Path())  # bright ones, to be taken together
        picks = picks_of(here, 100, junk, stream(seed, "check", "offsets"))
        for error, undoes in ERRORS.items():
            read = wrongly_read(picks, undoes, here.landscape.shape, here.box)
            found[error].append(slopes_at(here.landscape, read))
    out: list[dict[str, object]] = []
    rng = stream(0, "check", "draws of tomograms")
    for n in (1, 2, 4, 8, 16):
        draws = [rng.choice(N_PHANTOMS, n, replace=False) for _ in range(DRAWS)]
        for error, undoes in ERRORS.items():
            told = [find_offset([found[error][i] for i in drawn]) for drawn in draws]
            names = [one.better.name for one in told if one is not None and one.better is not None]
            count = len(names) if error == "right" else names.count(undoes)
            out.append(_row("phantoms", "slopes", junk, 100 * n, error, count))
    return out


def _row(
    material: str, test: str, junk: float, n: int, error: str, count: int
) -> dict[str, object]:
    about = rows.circumstances("numpy", "scipy")
    return about | {
        "material": material,
        "test": test,
        "junk": junk,
        "n_true": n,
        "error": error,
        "trials": DRAWS,
        "named": count,
    }


def run() -> None:
    done = {(row["material"], row["test"], row["junk"]) for row in rows.read(RESULT)}
    for junk in (0.0, 0.5, 0.8):
        if ("phantoms", "slopes", str(junk)) not in done:
            rows.append(RESULT, ours(junk))
    if ("phantoms", "oracle", "0.0") not in done:
        found: list[dict[str, object]] = []
        for error in ("half a voxel", "one voxel"):
            each = []
            for seed in range(N_PHANTOMS // 4):
                here = scene("phantoms", "offsets", seed, Path())
                error_of_picks = stream(seed, "check", "oracle").normal(scale=0.5, size=(50, 3))
                each.append(gains(here, here.particles[1::2] + error_of_picks, error, 1))
            found += oracle("phantoms", error, np.concatenate(each))
        rows.append(RESULT, found)
    if ("microtubule", "oracle", "0.0") not in done:
        found = []
        here = scene("microtubule", "report", 0, Path())
        for error in ("half a voxel", "one voxel", "z running the other way"):
            found += oracle("microtubule", error, gains(here, here.particles[1::2], error, 1))
        rows.append(RESULT, found)


def table() -> str:
    """Share named (of right ones: called wrong), in percent, by number of particles."""
    found = rows.read(RESULT)
    lines = [
        "| material | test | junk | error | " + "particles: share in % |",
        "|---|---|---:|---|---|",
    ]
    for key in dict.fromkeys((r["material"], r["test"], r["junk"], r["error"]) for r in found):
        cells = [
            f"{r['n_true']}: {100 * int(r['named']) / int(r['trials']):.0f}"
            for r in found
            if (r["material"], r["test"], r["junk"], r["error"]) == key
        ]
        lines.append(f"| {' | '.join(key)} | {', '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check.offsets", description=__doc__)
    parser.add_argument("command", choices=["run", "table"])
    if parser.parse_args(arguments).command == "run":
        run()
    else:
        print(table())


if __name__ == "__main__":
    main()
