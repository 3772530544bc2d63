"""A set of boxes, each around one target in a crowd, side by side in MRC files as a mosaic.

A mosaic is a tomogram whose picks lie on a grid: cut there, the boxes come out as they went in.
Classes are mixed in it, so that its statistics, by which a pool normalises, tell nothing of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal import seeds
from cryoal.simulate.crowding import crowd
from cryoal.simulate.files import Candidates, write_tomogram, write_volume
from cryoal.simulate.imaging import Imaging
from cryoal.simulate.orientation import particle_rotations, random_angles
from cryoal.simulate.painting import paint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.simulate.recipe import Recipe
    from cryoal.simulate.structures import Molecule
    from cryoal.simulate.studio import Studio

__all__ = ["Item", "Mosaic", "make_boxes", "make_mosaic", "plan_mosaics"]

AT_ONCE = 16  # boxes; fixed, because bits may depend on it
ACROSS = 8  # boxes along x and y of a mosaic
SCENE = 2  # edges of a box: so much is simulated around it, as CTF and wedge reach beyond


@dataclass(frozen=True)
class Item:
    """One box: the target's class and its number among those of the class, from 0."""

    label: str
    number: int


@dataclass(frozen=True)
class Mosaic:
    """What goes into one file."""

    name: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Boxes:
    """Finished boxes and where their targets are."""

    values: NDArray[np.float32]
    """``(n, b, b, b)``."""
    angles: NDArray[np.float64]
    offset_zyx: NDArray[np.int64]
    """Of the target from the middle voxel, ``b // 2``."""


def plan_mosaics(recipe: Recipe) -> list[Mosaic]:
    """Every box of the set, in random order, spread evenly over as few files as there must be."""
    items = [Item(label, i) for label, n in recipe.counts().items() for i in range(n)]
    order = seeds.stream(recipe.seed, "order").permutation(len(items))
    n_files = -(-len(items) // recipe.subtomograms.per_file)
    parts = np.array_split(order, n_files)
    digits = len(str(n_files))
    return [
        Mosaic(f"SET_{number:0{digits}d}", tuple(items[i] for i in part))
        for number, part in enumerate(parts, start=1)
    ]


def make_boxes(items: Sequence[Item], studio: Studio) -> Boxes:
    """The boxes of `items`, particles positive: noise of variance 1, the mean not taken off.

    What becomes of an item depends on the seed, its class and its number alone, up to the rounding
    of FFTs, which differs with the company it is in. Without noise the signal has variance 1.
    """
    recipe, device = studio.recipe, studio.device
    box, scene = recipe.box, SCENE * recipe.box
    imaging = Imaging(recipe, (scene,) * 3, device)
    parts: list[NDArray[np.float32]] = []
    angles, offsets = np.empty((len(items), 3)), np.empty((len(items), 3), np.int64)
    for start in range(0, len(items), AT_ONCE):
        some = items[start : start + AT_ONCE]
        volumes = torch.zeros((len(some), scene, scene, scene), device=device)
        here = slice(start, start + len(some))
        angles[here], offsets[here] = _compose(volumes, some, studio.molecules, recipe)
        inner = slice(scene // 2 - box // 2, scene // 2 + box // 2)
        whole = imaging.signal(volumes)
        clean = whole[:, inner, inner, inner]
        noise = imaging.noise([_seed(recipe, "noise", item) for item in some])
        measured = whole if imaging.of_whole else clean
        deviation = measured.flatten(1).std(dim=1, correction=0)[:, None, None, None]
        strength = 1.0 if imaging.power is None else imaging.power**0.5
        finished = clean * (strength / deviation) + noise[:, inner, inner, inner]
        parts.append(finished.cpu().numpy())
    return Boxes(np.concatenate(parts), angles, offsets)


def make_mosaic(mosaic: Mosaic, studio: Studio) -> Candidates:
    """Simulate the boxes of a mosaic, write them to the folder, and say where they are."""
    recipe, folder = studio.recipe, studio.folder
    boxes = make_boxes(mosaic.items, studio)
    values = boxes.values if recipe.density == "white" else -boxes.values
    box, n = recipe.box, len(values)
    layers = -(-n // ACROSS**2)
    across = ACROSS if layers > 1 else -(-n // ACROSS)
    places = np.arange(layers * across * ACROSS)
    # the rest of the last layer repeats the first boxes: no flat regions, no picks there
    grid = values[places % n].reshape(layers, across, ACROSS, box, box, box)
    volume = grid.transpose(0, 3, 1, 4, 2, 5).reshape(layers * box, across * box, ACROSS * box)
    write_tomogram(folder / f"{mosaic.name}.mrc", volume, recipe.voxel_spacing, recipe.dtype)
    if recipe.subtomograms.files:
        _write_files(mosaic, boxes, values, folder, recipe)
    corner = np.stack(np.unravel_index(places[:n], (layers, across, ACROSS)), axis=1) * box
    depth, height, width = volume.shape
    return Candidates(
        mosaic.name,
        (depth, height, width),
        (corner + box // 2) * np.float64(recipe.voxel_spacing),
        boxes.angles,
        tuple(item.label for item in mosaic.items),
    )


def _seed(recipe: Recipe, what: str, item: Item) -> int:
    return seeds.stream_seed(recipe.seed, what, item.label, item.number)


def _compose(
    volumes: torch.Tensor, items: Sequence[Item], molecules: Sequence[Molecule], recipe: Recipe
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Paint target and neighbours of each item; angles and offsets of the targets."""
    number = {molecule.name: i for i, molecule in enumerate(molecules)}
    settings = recipe.subtomograms
    which: list[NDArray[np.int64]] = []
    centers, turns, offsets = [], [], []
    for item in items:
        rng = np.random.default_rng(_seed(recipe, "scene", item))
        offset = rng.integers(-settings.offset, settings.offset, size=3, endpoint=True)
        others = rng.integers(len(molecules), size=settings.neighbours)
        chosen = np.array([number[item.label], *others])
        radii = [molecules[i].radius for i in chosen]
        place = crowd(radii, rng, settings.gap) / recipe.voxel_spacing
        which.append(chosen)
        centers.append(place + offset + volumes.shape[-1] // 2)
        turns.append(random_angles(len(chosen), rng))
        offsets.append(offset)
    owner = np.repeat(np.arange(len(items)), settings.neighbours + 1)
    kind, center = np.concatenate(which), np.concatenate(centers)
    rotations = particle_rotations(np.concatenate(turns))
    for i in np.unique(kind):
        chosen = np.flatnonzero(kind == i)
        paint(
            volumes,
            owner[chosen],
            molecules[i],
            center[chosen],
            rotations[chosen],
            recipe.voxel_spacing,
        )
    return np.stack([turn[0] for turn in turns]), np.stack(offsets)


def _write_files(
    mosaic: Mosaic, boxes: Boxes, values: NDArray[np.float32], folder: Path, recipe: Recipe
) -> None:
    """Each box for itself, in the layout of the paper's set: a folder for each class.

    Not flushed one by one: that took 50 ms a box, and the folder has no name yet.
    """
    for i, item in enumerate(mosaic.items):
        boxes_of, labels_of = (
            folder / "classes" / item.label / what for what in ("subtomogram_mrc", "json_label")
        )
        for here in (boxes_of, labels_of):
            here.mkdir(parents=True, exist_ok=True)
        path = boxes_of / f"tomotarget{item.number}.mrc"
        write_volume(path, values[i], recipe.voxel_spacing, recipe.dtype)
        about = {
            "name": item.label,
            "loc": boxes.offset_zyx[i, ::-1].tolist(),  # voxels x, y, z from the middle
            "rotate": np.radians(boxes.angles[i]).tolist(),  # RELION's rot, tilt, psi
        }
        (labels_of / f"target{item.number}.json").write_text(json.dumps(about), encoding="utf-8")
