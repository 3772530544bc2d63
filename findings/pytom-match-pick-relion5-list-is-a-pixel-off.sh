#!/usr/bin/env bash
# pytom-match-pick 0.14.0: pytom_extract_candidates --relion5-compat
#
# What it does: a peak at voxel i of a tomogram binned b times is written, in angstrom from the middle, as
# (i * b - (n * b / 2 - 1)) * pixel where the job was started from RELION's metadata, and as (i - n / 2) * voxel size where it was not:
# the two differ by one pixel of the tilt series. RELION 5 takes a coordinate as pixels from n * b / 2 (centre = w0 / 2 in
# tomogram_set.cpp, added in getParticleCoordDecenteredPixel of particle_set.cpp), so that it reads the first kind one pixel
# too far along each axis, 1.7 pixels off, and the second where the peak is. No warning. In both, the column
# rlnTomoTiltSeriesPixelSize holds the voxel size of the binned tomogram.
#
# What a good guess would be: one place for one peak, whatever the job was started from, and the tilt series' pixel in its column.
#
# Seen (a peak at voxel 20, 15, 10 of 40 x 30 x 24 voxels of 10 A, pixels of 2.5 A):
#   with RELION's metadata: 2.5 2.5 -17.5 A, read by RELION 5 at pixel 81.0 61.0 41.0 = voxel 20.25 15.25 10.25; pixel size 10.0
#   without: 0.0 0.0 -20.0 A, read by RELION 5 at pixel 80.0 60.0 40.0 = voxel 20.00 15.00 10.00; pixel size 10.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  numpy==2.4.6 scipy==1.17.1 pandas==2.3.3 mrcfile==1.5.4 starfile==0.5.13 lxml==6.1.3 healpix==2024.2 tqdm==4.67.1 packaging==25.0 importlib_resources==6.5.2
# its matching needs a GPU and is not run here; extracting candidates from score volumes needs none
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps pytom-match-pick==0.14.0
cd "$folder"
TQDM_DISABLE=1 "$folder/venv/bin/python" - <<'EOF'
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

sys.modules["voltools"] = ModuleType("voltools")
sys.modules["pytom_tm.matching"] = matching = ModuleType("pytom_tm.matching")
matching.TemplateMatchingGPU = object

import mrcfile
import numpy as np
from pytom_tm import __version__
from pytom_tm.dataclass import RelionTiltSeriesMetaData
from pytom_tm.extract import extract_particles

SHAPE, PEAK, VOXEL, PIXEL = np.array([40, 30, 24]), (20, 15, 10), 10.0, 2.5  # x, y, z
scores = np.full(SHAPE, 0.01, np.float32)
scores[PEAK] = 0.9
for name, volume in (("scores", scores), ("angles", np.zeros_like(scores))):
    with mrcfile.new(f"TS_1_{name}.mrc") as file:
        file.set_data(np.ascontiguousarray(volume.T))
        file.voxel_size = VOXEL
metadata = RelionTiltSeriesMetaData(tilt_angles=[0.0, 1.0], binning=VOXEL / PIXEL, tilt_series_pixel_size=PIXEL)
for said, known in (("with RELION's metadata", metadata), ("without", None)):
    job = SimpleNamespace(
        output_dir=Path(), tomo_id="TS_1", tomo_shape=tuple(SHAPE), voxel_size=VOXEL, ts_metadata=known, rotation_file=90.0,
        pytom_tm_version_number=__version__, rotational_symmetry=1, search_origin=(0, 0, 0), search_size=tuple(SHAPE),
        tomogram_mask=None, particle_diameter=40.0, job_stats={"variance": 0.01, "std": 0.1, "search_space": 1000},
    )
    table, _ = extract_particles(job, 1, cut_off=0.5, create_plot=False, relion5_compat=True)
    angstrom = table[[f"rlnCenteredCoordinate{axis}Angst" for axis in "XYZ"]].to_numpy()[0]
    pixel = angstrom / PIXEL + SHAPE * VOXEL / PIXEL / 2  # as RELION 5 reads it
    size = float(table["rlnTomoTiltSeriesPixelSize"].iloc[0])
    print(
        f"{said}: {' '.join(map(str, angstrom))} A, read by RELION 5 at pixel {' '.join(map(str, pixel))} = voxel "
        f"{' '.join(f'{p * PIXEL / VOXEL:.2f}' for p in pixel)}; pixel size {size}"
    )
    off = pixel - np.array(PEAK) * VOXEL / PIXEL
    assert np.allclose(off, 0 if known is None else 1) and size == VOXEL
EOF
