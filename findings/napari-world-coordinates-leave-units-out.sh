#!/usr/bin/env bash
# napari 0.9.2: Layer.data_to_world, Layer.world_to_data, layers in units of length
#
# What it does: a tomogram of 10 angstrom a voxel and points in nanometre are drawn together, and the extent of the viewer converts; but
# data_to_world and world_to_data give and take the layer's own unit. The usual line image.world_to_data(points.data_to_world(p)) puts a pick ten
# times too near to the corner, without a word. And one more layer without a unit (napari's pixel, what add_points makes) has all layers drawn by
# their bare numbers: what lay together no longer does.
#
# What a good guess would be: there is one world, in which both layers lie where they are drawn, whatever else is open.
#
# Seen:
#   drawn at: [50. 50. 50.] angstrom, which is voxel [5. 5. 5.]
#   world_to_data(data_to_world(p)): voxel [0.5 0.5 0.5]
#   extent of both: 90 angstrom
#   with a layer in pixels: units None, the point at 5 beside a tomogram of 90
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: napari==0.9.2
cd "$folder"
NAPARI_CONFIG="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import numpy as np
from napari.components import ViewerModel

viewer = ViewerModel()
image = viewer.add_image(np.zeros((10, 10, 10)), scale=(10,) * 3, units=("angstrom",) * 3)
points = viewer.add_points([[5.0, 5.0, 5.0]], scale=(1,) * 3, units=("nm",) * 3)


def drawn(layer):
    """World coordinates as they are drawn: the extent of one layer in the units of all."""
    units = viewer.layers.extent.units
    world = np.asarray(layer.data_to_world(layer.data[0] if layer is points else (9, 9, 9)), float)
    if units is None:
        return world
    return np.array([(w * u).to(v).magnitude for w, u, v in zip(world, layer.units, units)])


at = drawn(points)
print(f"drawn at: {at} {viewer.layers.units[0]}, which is voxel {at / 10}")
assert np.allclose(at, 50) and str(viewer.layers.units[0]) == "angstrom"
voxel = np.asarray(image.world_to_data(points.data_to_world(points.data[0])))
print(f"world_to_data(data_to_world(p)): voxel {voxel}")
assert np.allclose(voxel, 0.5)
print(f"extent of both: {viewer.layers.extent.world[1].max():g} angstrom")
assert viewer.layers.extent.world[1].max() == 90
viewer.add_points([[1.0, 1.0, 1.0]])
print(f"with a layer in pixels: units {viewer.layers.units}, the point at {drawn(points)[0]:g} beside a tomogram of {drawn(image)[0]:g}")
assert viewer.layers.units is None and drawn(points)[0] == 5 and drawn(image)[0] == 90
EOF
