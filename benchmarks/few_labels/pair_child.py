"""One training in a process of its own, by whatever cryoal is on the path: what it says of boxes.

``python pair_child.py JOB OUT``: JOB is an npz of ``boxes``, ``labelled`` (rows), ``targets`` and
``asked`` (rows), ``classes`` and ``seed``; OUT becomes the log-posteriors of `asked`, npy.
It uses nothing that commit 55ae1e8 does not have, and no other file of this folder.
"""

from __future__ import annotations

import sys

import numpy as np


def main(job: str, out: str) -> None:
    import torch

    from cryoal.companions.build import build_team
    from cryoal.config import make_config
    from cryoal.scoring.predict import predict
    from cryoal.testing.array_pool import ArrayPool
    from cryoal.training.fit import fit_team

    torch.set_num_threads(1)
    with np.load(job) as given:
        parts = {name: given[name] for name in given.files}
    classes = [str(word) for word in parts["classes"]]
    if len(classes[0]) == 1:  # names of one digit
        classes = [f"class {word}" for word in classes]
    side, seed = parts["boxes"].shape[1], int(parts["seed"])
    config = make_config(classes, "laptop", [f"pool.box={side}", f"seed={seed}"])
    team = build_team(config, [], seed=seed)
    pool = ArrayPool(parts["boxes"])
    fit_team(team, pool, parts["labelled"], parts["targets"], config, seed=seed)
    found = predict(team, pool, parts["asked"], ("teacher_log_posterior",))
    np.save(out, found["teacher_log_posterior"])


if __name__ == "__main__":
    main(*sys.argv[1:])
