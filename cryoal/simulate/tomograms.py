"""A whole tomogram: particles of several classes among membranes and gold beads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal import seeds
from cryoal.simulate.distractors import add_bead, add_vesicle, random_vesicle
from cryoal.simulate.files import Candidates, write_tomogram
from cryoal.simulate.imaging import Imaging
from cryoal.simulate.orientation import particle_rotations, random_angles
from cryoal.simulate.packing import place_spheres
from cryoal.simulate.painting import paint
from cryoal.simulate.recipe import BACKGROUND, GOLD, MEMBRANE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.simulate.distractors import Vesicle
    from cryoal.simulate.recipe import Recipe
    from cryoal.simulate.structures import Molecule
    from cryoal.simulate.studio import Studio

__all__ = ["Scene", "make_tomogram"]


class Scene:
    """Where everything is in one tomogram; angstrom, axes z, y, x.

    Attributes
    ----------
    labels, positions, angles
        Of every candidate, ``(n,)``, ``(n, 3)``, ``(n, 3)``: particles, and places on membranes, on
        beads and on empty ice, in random order, so that keys do not give the class away.
    vesicles
        The membranes.
    """

    def __init__(self, molecules: Sequence[Molecule], recipe: Recipe, name: str) -> None:
        settings, rng = recipe.tomograms, seeds.stream(recipe.seed, "scene", name)
        self.vesicles = _vesicles(recipe, rng)
        radius = {molecule.name: molecule.radius for molecule in molecules}
        free = float(np.mean(list(radius.values())))  # as empty as a particle is wide
        radius |= {GOLD: settings.gold_diameter / 2, BACKGROUND: free}
        counts = {
            **recipe.counts(),
            GOLD: settings.gold,
            BACKGROUND: settings.background_picks,
        }
        labels = [label for label, n in counts.items() for _ in range(n)]
        labels.sort(key=lambda label: -radius[label])
        # centres keep half a box from the faces, so that boxes lie inside
        low = np.full(3, recipe.box / 2) * recipe.voxel_spacing
        high = (np.array(settings.shape) - 1) * recipe.voxel_spacing - low
        positions = place_spheres(
            [radius[label] + settings.gap / 2 for label in labels],
            low,
            high,
            rng,
            shells=[vesicle.shell() for vesicle in self.vesicles],
        )
        labels += [MEMBRANE] * settings.membrane_picks
        on_membranes = _membrane_points(self.vesicles, settings.membrane_picks, low, high, rng)
        order = rng.permutation(len(labels))
        self.labels = tuple(labels[i] for i in order)
        self.positions = np.concatenate([positions, on_membranes])[order]
        self.angles = random_angles(len(labels), rng)
        self.angles[[label not in recipe.counts() for label in self.labels]] = 0.0

    def of(self, label: str) -> NDArray[np.int64]:
        """Rows of the candidates of one class."""
        return np.flatnonzero([other == label for other in self.labels])


def make_tomogram(name: str, studio: Studio) -> Candidates:
    """Simulate one tomogram, write it to the folder, and say where its candidates are.

    The variance of the signal, for the signal-to-noise ratio, is the mean over the particles of the
    variance of the clean box around each, with neighbours and membranes but without gold; in the
    published definition it is that of the whole clean tomogram, without gold too.
    """
    recipe, molecules, device = studio.recipe, studio.molecules, studio.device
    scene = Scene(molecules, recipe, name)
    depth, height, width = recipe.tomograms.shape
    imaging = Imaging(recipe, (depth, height, width), device)
    spacing = recipe.voxel_spacing
    solid = np.zeros((depth, height, width), np.float32)
    for vesicle in scene.vesicles:
        add_vesicle(solid, vesicle, spacing)
    volume = torch.from_numpy(solid).to(device)[None]
    rotations = particle_rotations(scene.angles)
    for molecule in molecules:
        rows = scene.of(molecule.name)
        owner = np.zeros(len(rows), np.int64)
        paint(volume, owner, molecule, scene.positions[rows] / spacing, rotations[rows], spacing)
    clean = imaging.signal(volume)[0]
    particles = [i for molecule in molecules for i in scene.of(molecule.name)]
    if imaging.of_whole:
        variance = float(clean.double().var(correction=0))
    else:
        variance = _box_variance(clean, scene.positions[particles] / spacing, recipe.box)
    beads = np.zeros((depth, height, width), np.float32)
    for row in scene.of(GOLD):
        add_bead(beads, scene.positions[row], recipe.tomograms.gold_diameter, spacing)
    if beads.any():
        clean += imaging.signal(torch.from_numpy(beads).to(device))
    strength = 1.0 if imaging.power is None else imaging.power**0.5
    clean *= strength / variance**0.5
    clean += imaging.noise([seeds.stream_seed(recipe.seed, "noise", name)])[0]
    finished = clean if recipe.density == "white" else -clean
    write_tomogram(studio.folder / f"{name}.mrc", finished.cpu().numpy(), spacing, recipe.dtype)
    error = seeds.stream(recipe.seed, "pick error", name).normal(
        scale=recipe.tomograms.pick_error, size=scene.positions.shape
    )
    edge = (np.array((depth, height, width)) - 1.0) * spacing
    picked = np.clip(scene.positions + error, 0.0, edge)
    return Candidates(name, (depth, height, width), picked, scene.angles, scene.labels)


def _vesicles(recipe: Recipe, rng: np.random.Generator) -> list[Vesicle]:
    """Membranes that do not meet, their centres anywhere: the largest are cut by the faces."""
    settings = recipe.tomograms
    radii = np.sort(settings.vesicle_radius * rng.uniform(0.5, 1.0, settings.vesicles))[::-1]
    high = (np.array(settings.shape) - 1) * recipe.voxel_spacing
    shapes = [random_vesicle(np.zeros(3), float(radius), rng) for radius in radii]
    outer = [shape.shell()[2] for shape in shapes]
    places = place_spheres(outer, np.zeros(3), high, rng)
    return [replace(shape, center=place) for shape, place in zip(shapes, places, strict=True)]


def _membrane_points(
    vesicles: Sequence[Vesicle],
    n: int,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """`n` places on membranes whose boxes lie inside, each vesicle as often as it is large."""
    if n == 0:
        return np.empty((0, 3))
    area = np.array([(vesicle.semi_axes**2).mean() for vesicle in vesicles])
    found = np.empty((0, 3))
    while len(found) < n:
        chosen = rng.choice(len(vesicles), size=4 * n, p=area / area.sum())
        points = np.concatenate([vesicles[i].points(1, rng) for i in chosen])
        found = np.concatenate([found, points[((points >= low) & (points <= high)).all(axis=1)]])
    return found[:n]


def _box_variance(clean: torch.Tensor, centers: NDArray[np.float64], box: int) -> float:
    """Mean over the centres of the variance of the box around each."""
    start = np.floor(centers + 0.5).astype(int) - box // 2
    found = [clean[tuple(slice(a, a + box) for a in corner)].var(correction=0) for corner in start]
    return float(torch.stack(found).double().mean())
