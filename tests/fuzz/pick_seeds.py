"""A sound file of each format of picks that we write, made by its writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.picks.geometry import Geometry
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import ParticlePart, write_particles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["written_picks"]

FORMATS = {  # name -> the ending of the file
    "copick": "",
    "copick_csv": ".csv",
    "portal": "",
    "eman2": "",
    "deepfinder": ".xml",
    "pytom": ".xml",
    "topaz": ".txt",
    "napari": "",
    "acryo": "",
}
TURN = "0,-1,0,1,1,0,0,0,0,0,1,0,0,0,0,1"  # about z, and a translation


def written_picks(folder: Path) -> Iterator[tuple[str, Path, Path]]:
    """Name, what is read, and the file in it that is changed."""
    labels = ",".join(f"transform_{row}{column}" for row in range(4) for column in range(4))
    source = folder / "source.csv"
    rows = "".join(
        f"TS_0{i % 2 + 1},{200 + i},{300 + i},{150 + i},{TURN},0.5,1\n" for i in range(6)
    )
    source.write_text(f"run_name,x,y,z,{labels},score,instance_id\n{rows}")
    picks = read_picks(source)
    names = picks.names()
    geometry = Geometry((6, 8, 10), 100.0, unbinned_spacing=25.0)
    found = [picks.locate(name, geometry) for name in names]
    order = [row for name in names for row in picks.rows(name).tolist()]
    part = ParticlePart(
        columns={label: [texts[row] for row in order] for label, texts in picks.columns.items()},
        blocks={},
        format=picks.format,
        keys=[key for name in names for key in picks.keys(name)],
        tomogram=[picks.tomogram[row] for row in order],
        coordinate_zyx_angstrom=np.concatenate([f.coordinate_zyx_angstrom for f in found]),
        position_zyx_angstrom=np.concatenate([f.position_zyx_angstrom for f in found]),
        geometry=dict.fromkeys(names, geometry),
    )
    for name, ending in FORMATS.items():
        path = folder / f"written_{name}{ending}"
        write_particles(path, name, [part])
        file = path if path.is_file() else next(p for p in sorted(path.rglob("*")) if p.is_file())
        yield name, path if name in ("copick", "eman2") else file, file
