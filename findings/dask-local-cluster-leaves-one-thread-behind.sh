#!/usr/bin/env bash
# distributed 2026.8.0 (LocalCluster, Nanny)
#
# What it does: the variables that a nanny sets for its worker (OMP_NUM_THREADS=1, MKL_NUM_THREADS=1, OPENBLAS_NUM_THREADS=1, MALLOC_TRIM_THRESHOLD_=65536) are
# set in the process that starts it, and stay there when the cluster is closed. What is started or loaded afterwards takes them: every command,
# and every library that asks for its number of threads when it is imported. So the order of two imports decides whether the rest of a program runs on one core.
#
# What a good guess would be: they are variables of the workers, and a closed cluster leaves nothing behind.
#
# Seen:
#   before: OMP_NUM_THREADS None, OPENBLAS_NUM_THREADS None, MALLOC_TRIM_THRESHOLD_ None; a new process's OpenBLAS uses as many threads as there are cores
#   after: OMP_NUM_THREADS 1, OPENBLAS_NUM_THREADS 1, MALLOC_TRIM_THRESHOLD_ 65536; a new process's OpenBLAS uses 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS MALLOC_TRIM_THRESHOLD_
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  distributed==2026.8.0 dask==2026.8.0 numpy==2.4.6 threadpoolctl==3.6.0
cd "$folder"
cat > left.py <<'EOF'
import os
import subprocess
import sys

from distributed import LocalCluster

NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_")
ASK = "import numpy, threadpoolctl; print(threadpoolctl.threadpool_info()[0]['num_threads'])"


def threads(when):
    found = int(subprocess.run([sys.executable, "-c", ASK], capture_output=True, check=True).stdout)
    said = ", ".join(f"{name} {os.environ.get(name)}" for name in NAMES)
    print(f"{when}: {said}; a new process's OpenBLAS uses {found}")
    return found


if __name__ == "__main__":
    before = threads("before")
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None):
        pass
    after = threads("after")
    assert all(name in os.environ for name in NAMES)
    assert after == 1 and before == len(os.sched_getaffinity(0)), (before, after)
EOF
"$folder/venv/bin/python" left.py
