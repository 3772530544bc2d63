"""``cryoal list``, as quick as it can be."""

from __future__ import annotations

import subprocess
import sys

WITHOUT = """
import sys
from cryoal.cli import main
assert main(["list", "strategies"]) == 0
print("loaded:", *({"torch", "scipy", "sklearn", "monai"} & set(sys.modules)))
"""


def test_strategies_are_listed_without_loading_what_takes_seconds() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True
    )
    *lines, loaded = done.stdout.splitlines()
    assert loaded == "loaded:"
    assert any(line.startswith("knowledge-transfer ") for line in lines)
