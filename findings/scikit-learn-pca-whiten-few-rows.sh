#!/usr/bin/env bash
# scikit-learn 1.9.1: PCA(whiten=True) fitted on fewer rows than features
#
# What it does: n rows, less their mean, span n - 1 dimensions, but PCA keeps min(rows, features) = n components. The last has
# variance zero up to rounding, points anywhere, and is divided by that rounding error. The fitted rows do not show it
# (their coordinate there is of ordinary size); every new row gets a coordinate of the order of 1e15 (1e6 in float32). No warning. Distances, neighbours
# and classifiers of new rows are then decided by this one column.
#
# What a good guess would be: n - 1 components, or a column of zeros; whitened coordinates of new rows of the same kind
# are of the order of 1.
#
# Seen:
#   float64: 30 rows, 30 components; largest coordinate of the fitted rows 3.2, of new rows 1.7e+15 (all but the last: 1.3)
#   float32: 30 rows, 30 components; largest coordinate of the fitted rows 4.6, of new rows 3.7e+06 (all but the last: 1.3)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" - <<'EOF'
import warnings

import numpy as np
from sklearn.decomposition import PCA

warnings.simplefilter("error")
random = np.random.default_rng(0)
rows, new = random.normal(size=(30, 400)), random.normal(size=(1000, 400))
for dtype, huge in ((np.float64, 1e10), (np.float32, 1e4)):
    pca = PCA(whiten=True).fit(rows.astype(dtype))
    fitted, others = np.abs(pca.transform(rows.astype(dtype))), np.abs(pca.transform(new.astype(dtype)))
    print(
        f"{np.dtype(dtype)}: 30 rows, {pca.n_components_} components; largest coordinate of the fitted rows "
        f"{fitted.max():.1f}, of new rows {others.max():.1e} (all but the last: {others[:, :-1].max():.1f})"
    )
    assert pca.n_components_ == 30
    assert fitted.max() < 100 and others[:, :-1].max() < 100 and others[:, -1].max() > huge
EOF
