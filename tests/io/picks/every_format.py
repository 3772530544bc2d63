"""A file of each format, with particles at known places: written by its writer, or by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
from scipy.spatial.transform import Rotation

from cryoal.errors import CryoALError
from cryoal.io.picks import PICKS, WRITERS
from cryoal.io.picks.base import StarFormat
from cryoal.io.picks.file import PickFile
from cryoal.io.picks.geometry import Geometry
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.poses import zyz_from_matrix
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.star_table import texts
from cryoal.io.picks.write import ParticlePart, makes_folder, write_particles
from cryoal.io.star import read_star, write_star
from tests.io.picks.files import Blank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.base import PickFormat
    from cryoal.io.picks.picks import Picks

    Floats = NDArray[np.float64]

SPACING, PIXEL = 10.0, 2.5
SHAPE = (40, 60, 80)  # z, y, x
SUFFIX = {"topaz": ".txt"}  # of a format whose files are neither STAR nor .csv
ROUNDS = {"deepetpicker": 0.5 + 1e-9}  # voxels: formats that cannot hold a fraction
CLASSES = ("ring", "rod")


@dataclass(frozen=True)
class Truth:
    """Particles as every format is to have them: x, y, z in voxels, and where they point."""

    tomogram: Sequence[str]
    voxel: Floats
    rotation: Floats

    def __len__(self) -> int:
        return len(self.voxel)


def truth(n: int, names: Sequence[str] = ("TS_01", "TS_02"), seed: int = 0) -> Truth:
    """`n` particles at any places inside, dealt to `names`."""
    rng = np.random.default_rng(seed)
    size = np.array(SHAPE[::-1], float)
    voxel = np.round(rng.uniform(5, size - 6, (n, 3)), 4)
    deal = sorted(names[i % len(names)] for i in range(n))
    return Truth(deal, voxel, Rotation.random(n, rng=rng).as_matrix())


def geometry() -> Geometry:
    """Of every tomogram: binned by 4, with nothing rounded."""
    x, y, z = (float(n) * SPACING / PIXEL for n in SHAPE[::-1])
    return Geometry(SHAPE, SPACING, (x, y, z), PIXEL)


def particle_part(of: Truth) -> ParticlePart:
    """As an export of picks in a CSV would hand them over."""
    position = of.voxel[:, ::-1] * SPACING
    angles = zyz_from_matrix(of.rotation)
    columns = {
        f"{a}_angstrom": [f"{v:.5f}" for v in position[:, 2 - i]] for i, a in enumerate("xyz")
    }
    columns |= {
        f"rlnAngle{name}": texts(angles[:, i]) for i, name in enumerate(("Rot", "Tilt", "Psi"))
    }
    labels = [CLASSES[i % 2] for i in range(len(of))]
    return ParticlePart(
        columns=columns,
        blocks={},
        format="csv",
        keys=[f"{name}/{i}" for i, name in enumerate(of.tomogram)],
        tomogram=list(of.tomogram),
        coordinate_zyx_angstrom=position,
        position_zyx_angstrom=position,
        geometry={name: geometry() for name in of.tomogram},
        extra={
            "rlnClassNumber": [str(1 + CLASSES.index(label)) for label in labels],
            "cryoalClass": labels,
        },
        optics={n: {"rlnVoltage": "300", "rlnSphericalAberration": "2.7"} for n in of.tomogram},
    )


def write_out(folder: Path, name: str, parts: Sequence[ParticlePart]) -> Path:
    """The file or folder of the format `name`, in `folder`."""
    path = folder / ("out" if makes_folder(name) else f"out{suffix(name)}")
    write_particles(path, name, parts)
    return path


def suffix(name: str) -> str:
    """What a file of that format may be called."""
    convention = cast("type[PickFormat]", PICKS.load(name))
    return SUFFIX.get(name, ".star" if issubclass(convention, StarFormat) else ".csv")


def sample(folder: Path, name: str, of: Truth) -> Path:
    """A file or folder of the format `name` with the particles of `of`."""
    if name in WRITERS.names():
        return write_out(folder, name, [particle_part(of)])
    return READ_ONLY[name](folder, of)


def files_of(path: Path, name: str) -> list[Path]:
    """What is given to the reader: the folder where it is one thing, else each file in it."""
    convention = cast("type[PickFormat]", PICKS.load(name))
    if path.is_file() or convention.recognise(PickFile(path)):
        return [path]
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return [file for file in files if convention.recognise(PickFile(file))]


def read_back(path: Path, name: str) -> list[Picks]:
    """The picks of :func:`files_of`; those of a file that names no tomogram go by its name."""
    found = []
    for file in files_of(path, name):
        picks = read_picks(file, format_name=name)
        if set(picks.tomogram) == {""}:
            picks = picks.called(PickFile(file).name.partition(".")[0])
        found.append(picks)
    return found


def part_of(picks: Picks, shape: tuple[int, int, int] = SHAPE) -> ParticlePart:
    """Picks as an export hands them over, in the order of their tomograms."""
    rows, keys, coordinate, position, known = [], [], [], [], {}
    for name in picks.names():
        known[name] = picks.geometry(name, Blank(shape, SPACING))
        located = picks.locate(name, known[name])
        rows += picks.rows(name).tolist()
        keys += picks.keys(name)
        coordinate.append(located.coordinate_zyx_angstrom)
        position.append(located.position_zyx_angstrom)
    whole = geometry()
    return ParticlePart(
        columns={label: [column[i] for i in rows] for label, column in picks.columns.items()},
        blocks=picks.blocks,
        format=picks.format,
        keys=keys,
        tomogram=[picks.tomogram[i] for i in rows],
        coordinate_zyx_angstrom=np.concatenate(coordinate),
        position_zyx_angstrom=np.concatenate(position),
        geometry={n: g if g.unbinned_spacing else whole for n, g in known.items()},
    )


def read_parts(path: Path, name: str, shape: tuple[int, int, int] = SHAPE) -> list[ParticlePart]:
    """:func:`read_back`, as parts."""
    parts = [part_of(picks, shape) for picks in read_back(path, name)]
    # running numbers begin anew in each file, as a pool that has all of them would not take them
    return [
        replace(part, keys=[f"{number}:{key}" for key in part.keys])
        for number, part in enumerate(parts)
    ]


def require_same(
    of: Truth, parts: Sequence[ParticlePart], *, within: float, has_poses: bool = True
) -> None:
    """Every particle of `of` is in `parts` once, to `within` voxels, and points where it did."""
    assert sum(map(len, parts)) == len(of)
    voxel = np.concatenate([part.position_zyx_angstrom[:, ::-1] / SPACING for part in parts])
    names = [clean_name(name) for part in parts for name in part.tomogram]
    poses = [part.rotation for part in parts]
    taken: list[int] = []
    for name, place, rotation in zip(of.tomogram, of.voxel, of.rotation, strict=True):
        off = np.abs(voxel - place).max(axis=1)
        off[[i for i, other in enumerate(names) if other != clean_name(name)]] = np.inf
        off[taken] = np.inf
        nearest = int(np.argmin(off))
        assert off[nearest] <= within
        taken.append(nearest)
        if has_poses and all(pose is not None for pose in poses):
            found = np.concatenate([pose for pose in poses if pose is not None])[nearest]
            np.testing.assert_allclose(found, rotation, atol=1e-4)


def refusal(read: Callable[[], object]) -> str | None:
    """The line by which cryoal refuses, None where it does not."""
    try:
        read()
    except CryoALError as error:
        return str(error)
    return None


def _relion3(folder: Path, of: Truth) -> Path:
    table = {f"rlnCoordinate{a}": texts(of.voxel[:, i]) for i, a in enumerate("XYZ")}
    angles = zyz_from_matrix(of.rotation)
    for i, label in enumerate(("rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi")):
        table[label] = texts(angles[:, i])
    table["rlnMicrographName"] = [f"tomograms/{name}.mrc" for name in of.tomogram]
    write_star(folder / "out.star", {"particles": table})
    return folder / "out.star"


def _cbox(folder: Path, of: Truth) -> Path:
    (folder / "out").mkdir()
    for name in dict.fromkeys(of.tomogram):
        corner = of.voxel[[other == name for other in of.tomogram]] - (8, 8, 0)
        columns = {f"Coordinate{a}": texts(corner[:, i]) for i, a in enumerate("XYZ")}
        columns |= {label: ["16"] * len(corner) for label in ("Width", "Height", "Depth")}
        write_star(folder / "out" / f"{name}.cbox", {"cryolo": columns})
    return folder / "out"


def _pytom_star(folder: Path, of: Truth) -> Path:
    path = _relion3(folder, Truth(of.tomogram, of.voxel * 2, of.rotation))  # searched at 5 A
    table = read_star(path)["particles"]
    table["rlnMicrographName"] = list(of.tomogram)
    table |= {"rlnLCCmax": ["0.5"] * len(of), "rlnDetectorPixelSize": ["5.0"] * len(of)}
    write_star(path, {"particles": table})
    return path


READ_ONLY: Mapping[str, Callable[[Path, Truth], Path]] = {
    "relion3": _relion3,
    "pytom_star": _pytom_star,
    "cbox": _cbox,
}
