"""The public tests once more, computed by the Triton kernels on the CPU.

``triton.jit`` looks at ``TRITON_INTERPRET`` when a kernel is defined: a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PARTS = {
    "kernels": ("kernels_under_interpreter.py", ""),
    # numerical gradients take thousands of launches: kernels_under_interpreter.py compares formulas
    "attention": (
        "test_attention_transfer.py test_feature_tap.py",
        "not many_blocks and not gradient_is_right and not gradients_are_right and not below_eps"
        " and not it_passes_on",
    ),
    "scores": (
        "test_dense_score.py test_kl_score.py",
        "not almost_agree and not almost and not any_logits and not ranks and not agrees",
    ),
    "selection": ("test_crops.py test_k_center.py", "not 300 and not 4-40 and not paper"),
}


@pytest.mark.parametrize("part", PARTS)
def test_kernels_keep_the_contract(part: str) -> None:
    pytest.importorskip("triton")
    files, chosen = PARTS[part]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"),
            *("-W", "ignore::RuntimeWarning"),  # numpy's, about NaN
            *("-k", chosen),
            *(str(HERE / name) for name in files.split()),
        ],
        env={**os.environ, "TRITON_INTERPRET": "1", "CRYOAL_KERNELS": "triton"},
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
