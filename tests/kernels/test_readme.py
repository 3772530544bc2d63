"""What kernels/README.md and the docstrings show is what happens."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "kernels" / "README.md"


def test_the_example_runs_without_cryoal() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.S)
    code = "import sys\nsys.modules['cryoal'] = None\n" + example
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, *_, last = (
        float(line.split()[-1]) for line in done.stdout.splitlines() if "loss" in line
    )
    assert last < first


@pytest.mark.parametrize("name", ["attention", "scores", "topk", "feature_tap", "k_center"])
def test_docstrings_show_what_happens(name: str) -> None:
    import torch

    module = import_module(f"cryoal_kernels.{name}")
    found = doctest.testmod(module, extraglobs={"torch": torch})
    assert found.attempted > 0
    assert found.failed == 0
