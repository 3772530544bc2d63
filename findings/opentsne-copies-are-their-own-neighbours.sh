#!/usr/bin/env bash
# openTSNE 1.0.4 (PerplexityBasedNN, TSNE): data with rows that are there more than once
#
# What it does: with method="annoy", which "auto" takes for a thousand rows and more, many of the copies are among their own nearest neighbours: the
# first of k + 1 results is dropped as the row itself, and of copies it is another one. The matrix of affinities has entries on its diagonal, which pull a
# point to itself, and the copy has a neighbour less. method="exact" leaves itself out whatever comes first.
#
# What a good guess would be: no row is its own neighbour, by either method.
#
# Seen (100 copies among 2,000 rows of noise):
#   annoy: 30 copies are their own neighbour, affinities on the diagonal: 60
#   exact: 0 copies are their own neighbour, affinities on the diagonal: 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: openTSNE==1.0.4
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'EOF'
import numpy as np
from openTSNE.affinity import PerplexityBasedNN
from openTSNE.nearest_neighbors import Annoy, Sklearn

rows = np.random.default_rng(0).normal(size=(2000, 10))
rows[:100] = rows[0]
for method, kind in (("annoy", Annoy), ("exact", Sklearn)):
    found, _ = kind(rows, k=30, metric="euclidean", random_state=0, n_jobs=1).build()
    own = (found == np.arange(len(rows))[:, None]).any(axis=1)
    affinities = PerplexityBasedNN(rows, perplexity=20, method=method, random_state=0, n_jobs=1).P
    diagonal = int((affinities.diagonal() > 0).sum())
    print(f"{method}: {own.sum()} copies are their own neighbour, affinities on the diagonal: {diagonal}")
    assert not own[100:].any()
    assert (own.sum() > 0 and diagonal > 0) if method == "annoy" else (own.sum() == 0 and diagonal == 0)
EOF
