"""One map in a process of its own; prints a JSON object.

Usage: ``PYTHON -m benchmarks.map.child LIBRARY FILE SEED OUTPUT``; `PYTHON` is that of an
environment which has the library, and need not have cryoal.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

BEGAN = time.perf_counter()


def megabytes() -> float:
    """The most that this process had; what rusage tells begins with that of its parent."""
    text = Path("/proc/self/status").read_text()
    return int(next(line for line in text.splitlines() if "VmHWM" in line).split()[1]) / 1024


def cryoal(rows, seed):
    from cryoal.maps.plane import to_plane

    return to_plane(rows, seed=seed), "openTSNE"


def opentsne(rows, seed):
    """As it comes but for a seed."""
    import openTSNE

    return openTSNE.TSNE(random_state=seed).fit(rows), "openTSNE"


def opentsne_two_threads(rows, seed):
    import openTSNE

    return openTSNE.TSNE(random_state=seed, n_jobs=2).fit(rows), "openTSNE"


def umap(rows, seed):
    import umap as library

    return library.UMAP(random_state=seed, n_jobs=1).fit_transform(rows), "umap-learn"


def pacmap(rows, seed):
    import pacmap as library

    return library.PaCMAP(random_state=seed, apply_pca=False).fit_transform(rows), "pacmap"


def main() -> None:
    import numpy as np

    warnings.simplefilter("ignore")
    library, file, seed, output = sys.argv[1:]
    with np.load(file) as kept:
        rows = kept["rows"]
    points, package = globals()[library](rows, int(seed))
    points = np.ascontiguousarray(points)
    np.save(output, points)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "version": version(package),
                "seconds": time.perf_counter() - BEGAN,
                "cpu_seconds": used.ru_utime + used.ru_stime,
                "megabytes": megabytes(),
                "bits": hashlib.sha256(points.tobytes()).hexdigest()[:12],
            }
        )
    )


if __name__ == "__main__":
    main()
