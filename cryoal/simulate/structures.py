"""A density for each class, from atomic models (by gemmi) or maps, all on one footing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.errors import SimulationError, StructureError
from cryoal.foreign import foreign
from cryoal.io.volumes.open import open_volume
from cryoal.simulate.resample import resample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cryoal.progress import Progress
    from cryoal.simulate.recipe import Recipe, StructureConfig

__all__ = ["Molecule", "load_molecule", "load_molecules"]

ATOMS = (".pdb", ".ent", ".cif", ".mmcif")
OVERSAMPLED = 2  # samples per voxel, so that turning by trilinear interpolation blurs little
HIGHEST = 1e30  # of a map's density: sums of single precision hold what is below it
LARGEST = 10_000.0  # angstrom, of a structure: a whole virus is smaller, and the grid fits
TAIL = 2  # voxels around the bounding sphere, for what the resolution smears out


@dataclass(frozen=True)
class Molecule:
    """What is painted for one class."""

    name: str
    values: NDArray[np.float32]
    """A cube of odd edge, axes z, y, x, the centre of the bounding sphere in its middle voxel; mean
    1 where it is molecule."""
    spacing: float
    """Angstrom between samples."""
    radius: float
    """Of the bounding sphere, angstrom."""


def load_molecules(recipe: Recipe, progress: Progress) -> list[Molecule]:
    """The molecules of a recipe, in its order.

    Raises
    ------
    StructureError
        A file that is absent, is no structure, or has nothing in it.
    SimulationError
        A structure larger than the box.
    """
    found: Iterable[StructureConfig] = progress.track(
        recipe.structures, "reading structures", len(recipe.structures), "structures"
    )
    return [load_molecule(structure, recipe) for structure in found]


def load_molecule(structure: StructureConfig, recipe: Recipe) -> Molecule:
    """The molecule of one class; see :func:`load_molecules`."""
    path, voxel = Path(structure.path), recipe.voxel_spacing
    if not path.is_file():
        raise StructureError(f"expected a PDB, mmCIF or MRC file, found nothing at {path}")
    if path.name.lower().removesuffix(".gz").endswith(ATOMS):
        values, spacing = _from_atoms(path, structure.assembly, recipe.resolution)
        resolution = 0.0  # the Gaussian of each atom has it already
    else:
        values, spacing = _from_map(path, recipe.contour)
        resolution = recipe.resolution
    fine = voxel / OVERSAMPLED

    def on_grid(center: NDArray[np.float64], size: int) -> NDArray[np.float32]:
        return resample(
            values,
            spacing,
            center,
            size=size,
            new_spacing=fine,
            resolution=resolution,
            finest=2 * voxel,
        )

    middle = (np.array(values.shape) - 1) / 2 * spacing
    edge = max(values.shape) * spacing + 2 * TAIL * voxel
    first = on_grid(middle, 2 * int(np.ceil(edge / fine / 2)) + 1)
    if not first.max() > 0:
        raise StructureError(f"expected density in {path}, found none that {voxel:g} A can show")
    inside = np.argwhere(first > recipe.contour * first.max())
    place, radius = _bounding_ball(inside.astype(np.float64))
    radius = (radius + 0.5) * fine
    if 2 * radius > recipe.box * voxel:
        needed = 2 * int(np.ceil(radius / voxel))
        raise SimulationError(
            f"expected a structure of at most {recipe.box * voxel:g} A (a box of {recipe.box} "
            f"voxels), found one of {2 * radius:.0f} A in {path}: set box to {needed} or more, or "
            "leave it out"
        )
    center = middle + (place - first.shape[0] // 2) * fine
    half = int(np.ceil((radius + TAIL * voxel) / fine))
    cube = on_grid(center, 2 * half + 1)
    cube /= cube[cube > recipe.contour * cube.max()].mean()
    return Molecule(structure.label, cube, fine, radius)


def _from_atoms(path: Path, assembly: str, resolution: float) -> tuple[NDArray[Any], float]:
    """Electrostatic potential on a fine grid, and its spacing; atoms blurred to `resolution`."""
    try:
        import gemmi
    except ImportError as error:
        raise StructureError(
            f"expected gemmi to read {path}, found it absent: pip install '.[sim]' in cryoal's "
            "clone"
        ) from error

    with foreign(path, "an atomic model", StructureError):
        structure = gemmi.read_structure(str(path))
    if assembly and len(structure):
        known = {entry.name: entry for entry in structure.assemblies}
        if assembly not in known:
            raise StructureError(
                f"expected an assembly of {', '.join(known) or 'none'} in {path}, found "
                f"{assembly!r}"
            )
        naming = gemmi.HowToNameCopiedChain.Dup
        model = gemmi.make_assembly(known[assembly], structure[0], naming)
    else:
        model = structure[0] if len(structure) else gemmi.Model(1)
    model.remove_waters()  # after the assembly, whose table of chains lists them
    atoms = [site.atom for site in model.all()]
    if not atoms:
        raise StructureError(f"expected atoms in {path}, found none: is it the whole file?")
    position = np.array([atom.pos.tolist() for atom in atoms])
    if not np.isfinite(position).all() or np.ptp(position, axis=0).max() > LARGEST:
        raise StructureError(
            f"expected atoms within {LARGEST:g} A of each other in {path}, found "
            f"{position.min():g} to {position.max():g} A"
        )
    spacing = resolution / 5  # Gaussians keep 1 % at this grid's Nyquist frequency
    margin = resolution
    low = position.min(axis=0) - margin
    counts = np.ceil((position.max(axis=0) + margin - low) / spacing).astype(int)
    # exp(-B k^2 / 4) is halved at k = 1 / resolution. The B of the file is not used: in predicted
    # models it is a confidence.
    b_factor = 4 * np.log(2) * resolution**2
    for atom, place in zip(atoms, position - low, strict=True):
        atom.pos = gemmi.Position(*place)
        atom.b_iso = b_factor
        atom.aniso = gemmi.SMat33f(0, 0, 0, 0, 0, 0)
    a, b, c = (float(edge) for edge in counts * spacing)
    calculator = gemmi.DensityCalculatorE()
    calculator.grid.spacegroup = gemmi.SpaceGroup("P1")
    calculator.grid.set_unit_cell(gemmi.UnitCell(a, b, c, 90.0, 90.0, 90.0))
    calculator.grid.set_size(*counts.tolist())
    with foreign(path, "atoms of known elements", StructureError):
        calculator.add_model_density_to_grid(model)
    xyz: NDArray[np.float32] = np.array(calculator.grid, copy=True)
    if not np.isfinite(xyz).all():
        raise StructureError(
            f"expected atoms of finite occupancy in {path}, found infinite density"
        )
    return np.ascontiguousarray(xyz.transpose(2, 1, 0)), spacing


def _from_map(path: Path, contour: float) -> tuple[NDArray[Any], float]:
    with open_volume(path) as volume:
        values = volume.read((0, 0, 0), volume.shape).astype(np.float64)
        spacing = volume.voxel_spacing
    if max(values.shape) * spacing > LARGEST:
        raise StructureError(
            f"expected a map of at most {LARGEST:g} A in {path}, found {max(values.shape)} voxels "
            f"of {spacing:g} A"
        )
    highest = values.max()
    if not np.isfinite(values).all() or not 0 < highest < HIGHEST:
        raise StructureError(
            f"expected positive, finite density in {path}, found a maximum of {highest + 0.0:g}: "
            "invert a map in which particles are dark"
        )
    return np.where(values > contour * highest, values, 0.0), spacing


def _bounding_ball(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Centre and radius of nearly the smallest ball around `points` (Badoiu and Clarkson, 2003)."""
    center = points.mean(axis=0)
    for step in range(1, 500):  # within 1/500 of the smallest
        farthest = points[((points - center) ** 2).sum(axis=1).argmax()]
        center = center + (farthest - center) / (step + 1)
    return center, float(np.sqrt(((points - center) ** 2).sum(axis=1).max()))
