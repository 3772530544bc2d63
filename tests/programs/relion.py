"""RELION's star_handler selects from exports, and every row is there: ``make relion``.

The picks of every format, and the real lists of ``CRYOAL_TEST_DATA``, go out to RELION 5 and 4.
``relion_star_handler --select rlnClassNumber`` reads a file and writes what it selected;
RELION 3.1 leaves out rows, or all of them, where it does not understand a file, and ends as if
nothing had happened.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from cryoal.io.picks.geometry import Geometry
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import ParticlePart, write_particles
from cryoal.io.star import read_star
from tests.io.picks.every_format import read_parts, sample, truth
from tests.io.picks.test_contract import READ

HANDLER = "relion_star_handler"
TARGETS = ("relion5", "relion4")
COORDINATES = ("rlnCoordinateX", "rlnCenteredCoordinateXAngst", "rlnAngleTilt")
OPTICS = {"rlnVoltage": "300", "rlnSphericalAberration": "2.7", "rlnAmplitudeContrast": "0.1"}
REAL = {  # of shared data: what a user has to say, and a tomogram that holds the picks
    "chlamy/ps2.star.gz": {"format_name": "relion4", "coordinate_spacing": 1.96},
    "chlamy/nucleosome.star.gz": {"format_name": "relion4", "coordinate_spacing": 1.96},
    "formats/relion_3.0.star.gz": {"coordinate_spacing": 10.73},
    "formats/relion_4.0.star.gz": {},
    "formats/relion5__clean__warp2_particles_matching.star.gz": {},
}


def main() -> int:
    """Print a line for each file, and how many were not as they should be."""
    if shutil.which(HANDLER) is None:
        print(f"expected {HANDLER}, found none: apt-get install relion", file=sys.stderr)
        return 2
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        for what, parts in _everything(Path(scratch)):
            for to in TARGETS:
                said = _compare(Path(scratch), to, [_labelled(part) for part in parts])
                wrong += said is not None
                n = sum(map(len, parts))
                print(f"{'WRONG' if said else 'right'}  {what} -> {to}: {said or f'{n} rows'}")
    print(f"{wrong} wrong")
    return int(wrong > 0)


def _everything(folder: Path) -> list[tuple[str, list[ParticlePart]]]:
    found = []
    for name in READ:
        place = folder / name
        place.mkdir()
        found.append((name, read_parts(sample(place, name, truth(50)), name)))
    data = Path(os.environ.get("CRYOAL_TEST_DATA", "../shared/data")) / "coordinates"
    for name, said in REAL.items():
        if (data / name).is_file():
            found.append((name, [_real(read_picks(data / name, **said))]))  # type: ignore[arg-type]
    return found


def _real(picks: object) -> ParticlePart:
    from cryoal.io.picks.picks import Picks

    assert isinstance(picks, Picks)
    known = Geometry((400, 1200, 1200), 10.0, (4800.0, 4800.0, 1600.0), 2.5)
    spacing = picks.coordinate_spacing if picks.format == "relion4" else None
    rows, coordinate, position, geometry = [], [], [], {}
    for name in picks.names():
        text = picks.optics("rlnTomoTiltSeriesPixelSize", int(picks.rows(name)[0]))
        geometry[name] = replace(known, unbinned_spacing=float(text) if text else spacing or 2.5)
        located = picks.locate(name, geometry[name])
        rows += picks.rows(name).tolist()
        coordinate.append(located.coordinate_zyx_angstrom)
        position.append(located.position_zyx_angstrom)
    return ParticlePart(
        columns={label: [column[i] for i in rows] for label, column in picks.columns.items()},
        blocks=picks.blocks,
        format=picks.format,
        keys=[key for name in picks.names() for key in picks.keys(name)],
        tomogram=[picks.tomogram[i] for i in rows],
        coordinate_zyx_angstrom=np.concatenate(coordinate),
        position_zyx_angstrom=np.concatenate(position),
        geometry=geometry,
    )


def _labelled(part: ParticlePart) -> ParticlePart:
    """With classes, names that need quotes, and what is known of the microscope."""
    classes = [("wall", "a#b", "it's", "two words")[i % 4] for i in range(len(part))]
    numbers = [str(1 + i % 4) for i in range(len(part))]
    return replace(
        part,
        extra={"rlnClassNumber": numbers, "cryoalClass": classes},
        optics={name: {} if "optics" in part.blocks else OPTICS for name in part.tomogram},
    )


def _compare(folder: Path, to: str, parts: list[ParticlePart]) -> str | None:
    """What is wrong with a file of `parts` once RELION has selected all of it; None: nothing."""
    written, selected = folder / "written.star", folder / "selected.star"
    write_particles(written, to, parts)
    selected.unlink(missing_ok=True)
    words = [HANDLER, "--i", str(written), "--o", str(selected)]
    words += ["--select", "rlnClassNumber", "--minval", "1", "--maxval", "99"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode or not selected.is_file():
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        return f"exit code {done.returncode}: {' '.join(lines[-2:])[:200]}"
    before = read_star(written)["particles"]
    after = read_star(selected).get("particles", {})
    n, m = len(before["rlnClassNumber"]), len(after.get("rlnClassNumber", []))
    if n != m:
        return f"{m} of {n} rows"
    for label in before.keys() & {*COORDINATES}:
        off = np.abs(np.array(before[label], float) - np.array(after[label], float)).max()
        if off > 1e-3 * max(1.0, float(np.abs(np.array(before[label], float)).max())):
            return f"{label} differs by {off:g}"
    if before["cryoalClass"] != after["cryoalClass"]:
        return f"cryoalClass is {after['cryoalClass'][:4]}"
    return None


if __name__ == "__main__":
    sys.exit(main())
