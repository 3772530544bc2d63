#!/usr/bin/env bash
# ome-zarr 0.18.0: write_image(..., method=Methods.LOCAL_MEAN)
#
# What it does: where a side is no multiple of the factor, coarser levels average blocks of exactly 2 (or 4) voxels, and the last ones are left
# out; the metadata gives them the scale of the whole side over the number of blocks. Of 67 voxels of 10 A the third level has voxels of 40 A
# and says 41.875 A: a particle that is placed by it at the far end is 29 A off. Methods.RESIZE (the default) says what it does; the sides
# of its voxels then differ where the sides of the volume are not all odd or all even.
#
# What a good guess would be: the scale says how wide a voxel is, whatever is left over at the end.
#
# Seen (a ramp, whose values are the coordinate):
#   LOCAL_MEAN level 2: scale 41.875, voxels 40.0 apart, last of 16 is 29.1 A from where the metadata says
#   RESIZE level 2: scale 41.875, voxels 41.9 apart
#   RESIZE of 64 x 64 x 67: level 2 has the scale z, y, x 40.0, 40.0, 41.875
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  numpy==2.4.6 zarr==3.1.6 ome-zarr==0.18.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'EOF'
import numpy as np
import zarr
from ome_zarr.scale import Methods
from ome_zarr.writer import write_image

FACTORS = [dict.fromkeys("zyx", factor) for factor in (2, 4)]


def level_2(method, shape):
    """The scale z, y, x, the translation along x, and a line of the ramp in the middle."""
    ramp = np.broadcast_to(np.arange(shape[2], dtype=np.float32) * 10, shape).copy()
    group = zarr.open_group(f"{method.name}{shape[0]}.zarr", mode="w")
    write_image(ramp, group, axes="zyx", scale=dict.fromkeys("zyx", 10.0), scale_factors=FACTORS, method=method)
    about = dict(group.attrs)
    last = about.get("ome", about)["multiscales"][0]["datasets"][2]
    steps = {step["type"]: step[step["type"]] for step in last["coordinateTransformations"]}
    data = group[last["path"]][...]
    return steps["scale"], steps["translation"][2], data[data.shape[0] // 2, data.shape[1] // 2]


scale, moved, line = level_2(Methods.LOCAL_MEAN, (67, 67, 67))
apart = float(np.diff(line[1:-1]).mean())
off = float((len(line) - 1) * scale[2] + moved - line[-1])
print(
    f"LOCAL_MEAN level 2: scale {scale[2]:g}, voxels {apart:.1f} apart, last of {len(line)} is {off:.1f} A from where the metadata says"
)
assert abs(scale[2] - 41.875) < 1e-9 and abs(apart - 40) < 0.01 and off > 20
scale, moved, line = level_2(Methods.RESIZE, (67, 67, 67))
print(f"RESIZE level 2: scale {scale[2]:g}, voxels {np.diff(line[1:-1]).mean():.1f} apart")
assert abs(np.diff(line[1:-1]).mean() - scale[2]) < 0.05
scale, _, _ = level_2(Methods.RESIZE, (64, 64, 67))
print(f"RESIZE of 64 x 64 x 67: level 2 has the scale z, y, x {', '.join(map(str, map(float, scale)))}")
assert [round(float(s), 3) for s in scale] == [40.0, 40.0, 41.875]
EOF
