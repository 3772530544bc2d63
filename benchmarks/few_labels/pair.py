"""The pair's teacher on given labels, of this commit or of another's worktree."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.builds import environment_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes

__all__ = ["teacher_log_posterior"]

CHILD = Path(__file__).parent / "pair_child.py"


def teacher_log_posterior(
    given: LabelledBoxes,
    labelled: NDArray[np.int64],
    asked: NDArray[np.int64],
    seed: int,
    root: Path | None = None,
) -> NDArray[np.float32]:
    """Of the rows `asked`, by a teacher alone of the laptop preset that learnt `labelled`.

    Parameters
    ----------
    root
        A clone at another commit; by default this one.
    """
    root = Path(__file__).parents[2] if root is None else root
    environment = environment_of(root)
    rows = np.concatenate([labelled, asked])
    with tempfile.TemporaryDirectory() as folder:
        job, out = Path(folder) / "job.npz", Path(folder) / "out.npy"
        np.savez(
            job,
            boxes=given.boxes[rows],
            labelled=np.arange(len(labelled)),
            targets=given.label[labelled],
            asked=np.arange(len(labelled), len(rows)),
            classes=np.array(given.classes),
            seed=seed,
        )
        command = [sys.executable, str(CHILD), str(job), str(out)]
        done = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        found: NDArray[np.float32] = np.load(out)
    return found
