#!/usr/bin/env bash
# scipy 1.17.1: scipy.ndimage.zoom(box, 0.5)
#
# What it does: the first and the last voxel of the input are laid on the first and the last of the output. A box of 16 becomes one of 8
# whose voxels are 15 / 7 = 2.14 input voxels wide, not 2: a particle comes out 7 % smaller than a pixel size doubled
# says, the factor depends on the size of the box (32: 31 / 15 = 2.07), and the centre, voxel 8 of 16, lands at 3.73, not at
# 4 or 3.75. grid_mode=True with mode="grid-constant" (or another) scales by 2.
#
# What a good guess would be: zoom 0.5 means voxels of twice the width.
#
# Seen:
#   box of 16: centre 8 -> 3.733 (8 * 7 / 15 = 3.733), width 2 -> 0.933 (2 * 7 / 15 = 0.933); grid_mode: centre 3.750, width 1.000
#   box of 32: centre 16 -> 7.742 (16 * 15 / 31 = 7.742), width 2 -> 0.968 (2 * 15 / 31 = 0.968); grid_mode: centre 7.750, width 1.000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  numpy==2.4.6 scipy==1.17.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" - <<'EOF'
import numpy as np
from scipy.ndimage import zoom


def centre_and_width(box):
    """Along the last axis, in voxels."""
    line, place = box.sum((0, 1)), np.arange(box.shape[2])
    centre = (line * place).sum() / line.sum()
    return centre, np.sqrt((line * (place - centre) ** 2).sum() / line.sum())


for side in (16, 32):
    place = np.arange(side) - side // 2
    line = np.exp(-(place**2) / (2 * 2.0**2))
    box = line[:, None, None] * line[:, None] * line
    half = zoom(box, 0.5)
    assert half.shape == (side // 2,) * 3
    centre, width = centre_and_width(half)
    by = (side // 2 - 1) / (side - 1)
    grid_centre, grid_width = centre_and_width(zoom(box, 0.5, grid_mode=True, mode="grid-constant"))
    print(
        f"box of {side}: centre {side // 2} -> {centre:.3f} ({side // 2} * {side // 2 - 1} / {side - 1} = {side // 2 * by:.3f}), "
        f"width 2 -> {width:.3f} (2 * {side // 2 - 1} / {side - 1} = {2 * by:.3f}); "
        f"grid_mode: centre {grid_centre:.3f}, width {grid_width:.3f}"
    )
    assert abs(centre - side // 2 * by) < 0.005 and abs(width - 2 * by) < 0.005
    assert abs(grid_centre - (side / 4 - 0.25)) < 0.005 and abs(grid_width - 1) < 0.03
EOF
