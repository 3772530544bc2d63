"""The sets: normalised boxes, their classes, which may be asked for and which are the test.

A: the real microtubule of 13 protofilaments; as in :mod:`benchmarks.real.microtubule`, one half of
its axis is the pool and the other the test, with a gap of one box.

C, C1: 50 structures, 100 boxes of each, as ``cryoal simulate`` makes them by ``50c-like.toml`` at a
plain signal-to-noise ratio of 12.6 and of 1.0. The last 20 of each class are the test.

D, D1: phantoms as in ``cryoal demo``, 100 of a class in each of three tomograms, SNR 6 and 1. The
third tomogram is the test.

E: seven simulated tomograms of nine classes by another group's program. Seven folds: each is the
test once, the other six are the pool.

junk: walls and background of the microtubule alone; who uses it draws a pool from it.

A set is made once and kept as ``NAME.npz`` in the folder of work.
"""

from __future__ import annotations

import csv
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from cryoal.data.density import Density

__all__ = ["DATA", "SETS", "Absent", "LabelledBoxes", "cut", "folds", "labels_in", "open_set"]

DATA = Path(os.environ.get("CRYOAL_TEST_DATA", "../shared/data"))
RECIPE = Path(__file__).parents[1] / "paper" / "50c-like.toml"
BOX = 16
SPACING = 10.0


class Absent(Exception):  # noqa: N818  # not a fault: a reason to skip
    """The material of a set is not on this machine."""


@dataclass(frozen=True)
class LabelledBoxes:
    """A set with the truth."""

    name: str
    boxes: NDArray[np.float32]
    """``(n, side, side, side)``, normalised."""
    label: NDArray[np.int64]
    classes: tuple[str, ...]
    tomogram: NDArray[np.int64]
    pool: NDArray[np.int64]
    """Rows that may be asked for."""
    test: NDArray[np.int64]
    """Rows that accuracy is measured on."""


def open_set(name: str, work: Path) -> LabelledBoxes:
    """The set `name`, from `work` where it has been made before.

    Raises
    ------
    Absent
        What it is made of is not there; the message says what.
    """
    path = work / f"{name}.npz"
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        found = SETS[name](name, work)
        new = work / f"{name}.{os.getpid()}.npz"
        np.savez(
            new,
            X=found.boxes,
            y=found.label,
            classes=np.array(found.classes),
            tomogram=found.tomogram,
            pool=found.pool,
            test=found.test,
        )
        new.rename(path)
    with np.load(path) as kept:
        parts = {key: kept[key] for key in ("tomogram", "pool", "test")}
        classes = tuple(str(word) for word in kept["classes"])
        return LabelledBoxes(name, kept["X"], kept["y"], classes, **parts)


def folds(whole: LabelledBoxes) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pool and test of each fold: E by tomogram, every other set has one."""
    if whole.name != "E":
        yield whole.pool, whole.test
        return
    for number in np.unique(whole.tomogram):
        yield np.flatnonzero(whole.tomogram != number), np.flatnonzero(whole.tomogram == number)


def _microtubule(name: str, work: Path) -> LabelledBoxes:
    from benchmarks.real import microtubule

    _need(DATA / "microtubule" / "13pf_MT.mrc")
    with tempfile.TemporaryDirectory(dir=work) as folder:
        campaign, files = microtubule.make_campaign(Path(folder), [])
        pool = campaign.pool
        boxes = pool.read_normalised(np.arange(len(pool)))
        sides = [labels_in(files.pool_truth), labels_in(files.test_truth)]
        classes = microtubule.CLASSES
        known = sides[0] | sides[1]
        label = np.array([classes.index(known[key]) for key in pool.keys])
        pooled, tested = ([key in side for key in pool.keys] for side in sides)
    none = np.zeros_like(label)
    return LabelledBoxes(
        name, boxes, label, classes, none, np.flatnonzero(pooled), np.flatnonzero(tested)
    )


def _junk(name: str, work: Path) -> LabelledBoxes:
    source = DATA / "microtubule"
    _need(source / "13pf_MT.mrc")
    classes = ("wall", "background")
    with (source / "13pf_truth.csv").open(newline="") as file:
        truth = {row["particle"]: row["class"] for row in csv.DictReader(file)}
    files = source / "13pf_candidates_relion5.star", source / "13pf_tomograms.star"
    with tempfile.TemporaryDirectory(dir=work) as folder:
        boxes, keys, _ = cut(Path(folder), [source / "13pf_MT.mrc"], *files, BOX, "white")
    rows = np.array([i for i, key in enumerate(keys) if truth[key] in classes])
    label = np.array([classes.index(truth[keys[i]]) for i in rows])
    none = np.zeros_like(label)
    return LabelledBoxes(name, boxes[rows], label, classes, none, np.arange(len(rows)), none[:0])


def _phantoms(name: str, work: Path) -> LabelledBoxes:
    from cryoal.testing.phantoms import write_phantoms

    snr = {"D": 6.0, "D1": 1.0}[name]
    with tempfile.TemporaryDirectory(dir=work) as folder:
        files = write_phantoms(
            Path(folder) / "data",
            per_class=100,
            shape=(64, 288, 288),  # the demo's does not hold 300 particles
            snr=snr,
        )
        boxes, keys, tomogram = cut(
            Path(folder), files.tomograms, files.picks, files.tomograms_star, BOX, "black"
        )
        known = labels_in(files.truth)
    return _last_is_test(name, boxes, [known[key] for key in keys], files.classes, tomogram)


def _synthetic(name: str, work: Path) -> LabelledBoxes:
    from cryoal.simulate.files import Candidates, Optics, write_tables, write_tomogram

    _need(DATA / "synthetic_tomograms" / "tomograms.npz")
    with np.load(DATA / "synthetic_tomograms" / "tomograms.npz") as given:
        volumes = given["data"].transpose(0, 3, 2, 1) * given["scale"]
        objects, numbers = given["objects"], given["tomo_ids"]
    classes = tuple(str(number) for number in np.unique(objects[:, 1]))
    with tempfile.TemporaryDirectory(dir=work) as temporary:
        folder = Path(temporary)
        paths, candidates = [], []
        for number, volume in zip(numbers, volumes, strict=True):
            some = objects[objects[:, 0] == number]
            paths.append(folder / f"tomo_{number:02d}.mrc")
            write_tomogram(paths[-1], volume.astype(np.float32), SPACING, "float32")
            where = some[:, [4, 3, 2]] * SPACING
            words = tuple(str(word) for word in some[:, 1])
            angles = np.zeros((len(some), 3))
            candidates.append(Candidates(paths[-1].stem, volume.shape, where, angles, words))
        files = write_tables(folder, candidates, SPACING, Optics())
        tables = files.picks, files.tomograms_star
        boxes, keys, tomogram = cut(folder, paths, *tables, BOX, "black")
        known = labels_in(files.truth)
    return _last_is_test(name, boxes, [known[key] for key in keys], classes, tomogram)


def _structures(name: str, work: Path) -> LabelledBoxes:
    from cryoal.simulate.recipe import read_recipe
    from cryoal.simulate.run import simulate

    _need(DATA / "structures")
    folder = work / f"simulated-{name}"
    if not (folder / "test.csv").exists():
        snr = {"C": 12.6, "C1": 1.0}[name]
        settings = ["subtomograms.per_class=100", "noise.definition=power", f"noise.snr={snr}"]
        simulate(read_recipe(RECIPE, settings=settings), folder)
    picks, tomograms = folder / "candidates.star", folder / "tomograms.star"
    with tempfile.TemporaryDirectory(dir=work) as temporary:
        volumes = sorted(folder.glob("*.mrc"))
        boxes, keys, _ = cut(Path(temporary), volumes, picks, tomograms, 2 * BOX, "white")
    pooled, tested = labels_in(folder / "truth.csv"), labels_in(folder / "test.csv")
    known = pooled | tested
    classes = tuple(sorted(set(known.values())))
    label = np.array([classes.index(known[key]) for key in keys])
    is_test = np.array([key in tested for key in keys])
    parts = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    return LabelledBoxes(name, boxes, label, classes, np.zeros_like(label), *parts)


def _last_is_test(
    name: str,
    boxes: NDArray[np.float32],
    words: Sequence[str],
    classes: tuple[str, ...],
    tomogram: NDArray[np.int64],
) -> LabelledBoxes:
    label = np.array([classes.index(word) for word in words])
    last = tomogram == tomogram.max()
    parts = np.flatnonzero(~last), np.flatnonzero(last)
    return LabelledBoxes(name, boxes, label, classes, tomogram, *parts)


def cut(
    folder: Path,
    tomograms: Sequence[Path],
    picks: Path,
    table: Path,
    side: int,
    density: Density,
) -> tuple[NDArray[np.float32], list[str], NDArray[np.int64]]:
    """Normalised boxes, their keys and tomograms, as ``cryoal add`` makes them."""
    from cryoal.data.extract import extract
    from cryoal.data.pool import Pool
    from cryoal.io.picks.read import read_picks

    found = read_picks(picks, tomograms=table)
    extract(folder / "pool", tomograms, found, box=side, density=density)
    pool = Pool.open(folder / "pool")
    boxes = pool.read_normalised(np.arange(len(pool)))
    return boxes, [str(key) for key in pool.keys], pool.tomogram.astype(np.int64)


def labels_in(path: Path) -> dict[str, str]:
    with path.open(newline="") as file:
        return {row["key"]: row["label"] for row in csv.DictReader(file)}


def _need(path: Path) -> None:
    if not path.exists():
        raise Absent(f"expected {path}, found nothing; CRYOAL_TEST_DATA says where data is")


SETS: dict[str, Callable[[str, Path], LabelledBoxes]] = {
    "A": _microtubule,
    "C": _structures,
    "C1": _structures,
    "D": _phantoms,
    "D1": _phantoms,
    "E": _synthetic,
    "junk": _junk,
}
