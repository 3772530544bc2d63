"""One way of scoring in a process of its own: its peak of memory is that of this way alone."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time

import numpy as np

from cryoal.companions.build import build_team
from cryoal.config import make_config
from cryoal.scoring.predict import predict
from cryoal.testing.array_pool import ArrayPool

FIELDS = ("teacher_log_posterior", "student_log_posterior")


def main(preset: str, precision: str, box: int, at_once: int, n: int) -> None:
    """Score `n` boxes, `at_once` at a time (0: cryoal chooses), and print what it took."""
    config = make_config(["a", "b", "c"], preset, [f"pool.box={box}"])
    team = build_team(config, seed=0)
    team.train(False)
    boxes = np.random.default_rng(0).standard_normal((n, box, box, box), dtype=np.float32)
    pool, index = ArrayPool(boxes), np.arange(n)
    # 0: what cryoal chooses; builds of before know other arguments
    given = {"batch_size": at_once or None, "precision": precision}
    predict(team, pool, index[: min(n, 2 * (at_once or 64))], FIELDS, **given)  # warm
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.process_time()
    found = predict(team, pool, index, FIELDS, **given)
    seconds, after = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "at_once": at_once or "",
        "cpu_seconds": seconds,
        "system_share": (after.ru_stime - before.ru_stime) / seconds,
        "faults_a_box": (after.ru_minflt - before.ru_minflt) / n,
        "peak_gigabytes": after.ru_maxrss / 2**20,
        "posteriors": [found[f].tolist() for f in FIELDS],
        "bits": hashlib.sha256(b"".join(found[f].tobytes() for f in FIELDS)).hexdigest()[:8],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
