#!/usr/bin/env bash
# cryoCAT 0.7.1: relion2stopgap
#
# What it does: coordinates go from RELION's list to STOPGAP's as they are. RELION counts voxels from 0, STOPGAP (MATLAB) from 1:
# it cuts a box of side N from floor(orig_x) - floor(N / 2), an index from 1 (extract_parse_subtomo_positions.m), and takes x to
# another binning as x * b - (b - 1) (sg_motl_rescale.m). So every particle lies one voxel before its place along each axis, 1.7
# voxels off, and the first voxel of the tomogram becomes orig_x = 0, which STOPGAP does not have. No warning.
#
# What a good guess would be: 1 is added, 41 for RELION's 40.
#
# Seen:
#   RELION 0 0 0 -> STOPGAP 0 0 0
#   RELION 40 20 10 -> STOPGAP 40 20 10
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  cryocat==0.7.1 pandas==2.3.3 numpy==2.4.6 scipy==1.17.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF'
from pathlib import Path

from cryocat import cryomotl

OPTICS = "rlnOpticsGroup rlnOpticsGroupName rlnVoltage rlnSphericalAberration rlnAmplitudeContrast rlnImagePixelSize"
PARTICLES = (
    "rlnMicrographName rlnCoordinateX rlnCoordinateY rlnCoordinateZ rlnAngleRot rlnAngleTilt rlnAnglePsi"
    " rlnOriginXAngst rlnOriginYAngst rlnOriginZAngst rlnOpticsGroup rlnClassNumber rlnImageName"
)


def block(name: str, labels: str, *rows: str) -> str:
    head = "".join(f"_{label} #{number}\n" for number, label in enumerate(labels.split(), start=1))
    return f"\ndata_{name}\n\nloop_\n{head}" + "".join(f"{row}\n" for row in rows) + "\n"


places = ("0.0 0.0 0.0", "40.0 20.0 10.0")
rows = [f"1.mrc {place} 0 0 0 0 0 0 1 1 a/1_{n}_10A.mrc" for n, place in enumerate(places, start=1)]
Path("relion.star").write_text(
    block("optics", OPTICS, "1 og1 300.0 2.7 0.1 10.0") + block("particles", PARTICLES, *rows)
)
cryomotl.relion2stopgap("relion.star", 3.1, output_motl_path="stopgap.star", update_coordinates=True)
lines = Path("stopgap.star").read_text().splitlines()
labels = [line.strip() for line in lines if line.startswith("_")]
found = [line.split() for line in lines if len(line.split()) == len(labels)]
at = [labels.index(f"_orig_{axis}") for axis in "xyz"]
for place, row in zip(places, found, strict=True):
    print("RELION", place.replace(".0", ""), "-> STOPGAP", " ".join(row[i] for i in at).replace(".0", ""))
    assert [float(row[i]) for i in at] == [float(word) for word in place.split()]
EOF
