#!/usr/bin/env bash
# scikit-learn 1.9.1: LabelSpreading and LabelPropagation with kernel="knn" (or "rbf", far away)
#
# What it does: rows that no label reaches (a cluster of its own without a labelled row) have the distribution 0, 0, ...; the
# first class in sorted order is then written into transduction_ as if it had been found. No warning from fit; predict says
# the same class (with numpy's "invalid value encountered in divide"), predict_proba of the same row is nan.
#
# What a good guess would be: -1, nan, the most frequent class, or at least a warning: semi-supervised learning exists for pools
# in which most rows have no label, and a class that nobody has labelled yet is the one looked for.
#
# Seen: LabelSpreading knn: the cluster without labels is called [3] (classes 3 and 7), its distributions sum to 0.0, predict_proba [nan nan], warnings []
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
from sklearn.semi_supervised import LabelPropagation, LabelSpreading

random = np.random.default_rng(0)
rows = np.repeat(np.eye(3) * 10, 20, axis=0) + random.normal(size=(60, 3))
labels = np.full(60, -1)
labels[:3], labels[20:23] = 7, 3
for model in (LabelSpreading, LabelPropagation):
    for kernel in ("knn", "rbf"):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            spread = model(kernel=kernel, n_neighbors=5).fit(rows, labels)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            called = spread.predict(rows[40:])
            chances = spread.predict_proba(rows[40:41])[0]
        orphans, total = spread.transduction_[40:], spread.label_distributions_[40:].sum()
        print(
            f"{model.__name__} {kernel}: the cluster without labels is called {np.unique(orphans)} (classes 3 and 7), "
            f"its distributions sum to {total}, predict_proba {chances}, warnings {[str(each.message) for each in said]}"
        )
        assert set(spread.transduction_[:20]) == {7} and set(spread.transduction_[20:40]) == {3}
        assert set(orphans) == {3} and set(called) == {3} and total == 0 and np.isnan(chances).all() and not said
EOF
