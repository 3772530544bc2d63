"""Pairs of pools with the truth: an earlier one, and the next.

halves, turned: one half of the axis of the real microtubule, then the other; and the other way.

shares: as halves, but of the next half nearly all boxes are walls, as of a picker that knows them.

synthetic: tomograms 1 to 4 of another group's simulator, nine classes, then 5 to 7.

contrast: phantoms at a signal-to-noise ratio of 6, then of 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.few_labels.data import DATA, SPACING, labels_in
from benchmarks.real import microtubule
from cryoal.campaign import Campaign
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.io.picks.read import read_picks
from cryoal.io.star import read_star, write_star
from cryoal.testing.phantoms import write_phantoms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cryoal.data.density import Density

__all__ = ["SETS", "Pools", "open_pools"]

BOX = 16


@dataclass(frozen=True)
class Pools:
    """Two campaigns without a label, and the class of every box of each."""

    earlier: Path
    later: Path
    truth: tuple[Mapping[str, str], Mapping[str, str]]
    n_earlier: int
    """Labels that are given in the earlier one, drawn at random."""
    step: int
    """Labels of each query in the later one."""
    cycles: int


def open_pools(name: str, work: Path) -> Pools:
    """The pair `name`; its campaigns are made once and kept in `work`."""
    folder = work / name
    folder.mkdir(parents=True, exist_ok=True)
    return SETS[name](folder)


def _campaign(
    path: Path,
    classes: Sequence[str],
    tomograms: Sequence[Path],
    picks: Path,
    table: Path,
    density: Density,
) -> Path:
    if not (path / "pool.zarr").exists():
        campaign = Campaign.create(path, make_config(classes, "laptop", [f"pool.box={BOX}"]))
        read = read_picks(picks, tomograms=table)
        extract(campaign.pool_path, tomograms, read, box=BOX, density=density)
    return path


def _halves(
    folder: Path, *, turned: bool = False, shares: Mapping[str, int] | None = None
) -> Pools:
    """The halves are those of :mod:`benchmarks.real.microtubule`, a box apart."""
    files = microtubule.split(folder)
    truth = [labels_in(files.pool_truth), labels_in(files.test_truth)]
    if turned:
        truth.reverse()
    if shares is not None:
        kept: dict[str, str] = {}
        for name, n in shares.items():
            kept |= dict([pair for pair in truth[1].items() if pair[1] == name][:n])
        truth[1] = kept
    source = DATA / "microtubule"
    campaigns = []
    for number, known in enumerate(truth):
        blocks = read_star(files.picks)
        particles = blocks["particles"]
        rows = [i for i, key in enumerate(particles["rlnTomoParticleName"]) if key in known]
        blocks["particles"] = {name: [cells[i] for i in rows] for name, cells in particles.items()}
        picks = folder / f"{number}.star"
        write_star(picks, blocks)
        campaigns.append(
            _campaign(
                folder / f"campaign_{number}",
                microtubule.CLASSES,
                [source / "13pf_MT.mrc"],
                picks,
                source / "13pf_tomograms.star",
                "white",
            )
        )
    return Pools(campaigns[0], campaigns[1], (truth[0], truth[1]), 100, 10, 3)


def _synthetic(folder: Path) -> Pools:
    from cryoal.simulate.files import Candidates, Optics, write_tables, write_tomogram

    with np.load(DATA / "synthetic_tomograms" / "tomograms.npz") as given:
        volumes = given["data"].transpose(0, 3, 2, 1) * given["scale"]
        objects, numbers = given["objects"], given["tomo_ids"].tolist()
    classes = tuple(str(number) for number in np.unique(objects[:, 1]))
    campaigns, truth = [], []
    for side, chosen in enumerate((numbers[:4], numbers[4:])):
        part = folder / f"data_{side}"
        part.mkdir(exist_ok=True)
        paths, candidates = [], []
        for number in chosen:
            some, volume = objects[objects[:, 0] == number], volumes[numbers.index(number)]
            paths.append(part / f"tomo_{number:02d}.mrc")
            if not paths[-1].exists():
                write_tomogram(paths[-1], volume.astype(np.float32), SPACING, "float32")
            where = some[:, [4, 3, 2]] * SPACING
            words = tuple(str(word) for word in some[:, 1])
            angles = np.zeros((len(some), 3))
            candidates.append(Candidates(paths[-1].stem, volume.shape, where, angles, words))
        files = write_tables(part, candidates, SPACING, Optics())
        path = folder / f"campaign_{side}"
        tables = files.picks, files.tomograms_star
        campaigns.append(_campaign(path, classes, paths, *tables, "black"))
        truth.append(labels_in(files.truth))
    return Pools(campaigns[0], campaigns[1], (truth[0], truth[1]), 90, 9, 5)


def _contrast(folder: Path) -> Pools:
    campaigns, truth = [], []
    for side, snr in enumerate((6.0, 1.0)):
        # the demo's shape does not hold 300 particles a tomogram
        files = write_phantoms(
            folder / f"data_{side}", per_class=100, shape=(64, 288, 288), snr=snr, seed=side
        )
        tables = files.picks, files.tomograms_star
        path = folder / f"campaign_{side}"
        campaigns.append(_campaign(path, files.classes, files.tomograms, *tables, "black"))
        truth.append(labels_in(files.truth))
    return Pools(campaigns[0], campaigns[1], (truth[0], truth[1]), 75, 10, 3)


SETS: dict[str, Callable[[Path], Pools]] = {
    "halves": _halves,
    "turned": lambda folder: _halves(folder, turned=True),
    "shares": lambda folder: _halves(folder, shares={"wall": 200, "lumen": 20, "background": 20}),
    "synthetic": _synthetic,
    "contrast": _contrast,
}
