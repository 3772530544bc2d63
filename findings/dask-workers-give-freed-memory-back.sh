#!/usr/bin/env bash
# distributed 2026.8.0 (Nanny, LocalCluster), glibc 2.36
#
# What it does: a nanny starts its worker with MALLOC_TRIM_THRESHOLD_=65536. To set one of glibc's thresholds switches off that they move: the largest
# block that was freed no longer becomes the threshold below which blocks are kept. So a worker takes each array of more than 128 KiB from the system and gives
# it back, and the pages of each are faulted in anew. Code on arrays of some MB takes several times the processor time that it takes in a plain process.
#
# What a good guess would be: code on a worker runs as fast as in a process of the same machine; the setting is there to give memory back when a worker is idle.
#
# Seen (1,000 temporary arrays of 4 MiB; without the setting is distributed.nanny.pre-spawn-environ = {}):
#   a plain process: 0 page faults for each array
#   a worker without the setting: 0 page faults for each array
#   a worker: 514 page faults for each array, 11 times the processor time
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: distributed==2026.8.0 dask==2026.8.0 numpy==2.4.6
cd "$folder"
cat > faults.py <<'EOF'
import os
import resource
import time

import dask
import numpy as np
from distributed import Client, LocalCluster

N = 500


def work():
    ones = np.ones(1 << 20, np.float32)
    np.empty(31 << 20, np.uint8)  # freed: what is smaller is kept from now on
    for _ in range(5):
        both = ones * 2
        both = both + 1
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, time.process_time()
    for _ in range(N):
        both = ones * 2
        both = both + 1
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    return faults / (2 * N), time.process_time() - began


def on_a_worker(setting):
    with dask.config.set(setting), LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            return client.submit(work).result()


if __name__ == "__main__":
    here, seconds = work()
    print(f"a plain process: {here:.0f} page faults for each array")
    # without the setting first: a nanny's variables stay in the process that started it
    after, _ = on_a_worker({"distributed.nanny.pre-spawn-environ": {}})
    print(f"a worker without the setting: {after:.0f} page faults for each array")
    there, longer = on_a_worker({})
    print(f"a worker: {there:.0f} page faults for each array, {longer / seconds:.0f} times the processor time")
    assert here < 5 and there > 400 and after < 5, (here, there, after)
    assert longer > 2 * seconds, (seconds, longer)
EOF
"$folder/venv/bin/python" faults.py
