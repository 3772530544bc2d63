"""The kernels compile for GPUs that are not here, and the machine code is what was meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EVERYWHERE = "bfloat16 contiguous|rows of 1000|dense mse"
WHICH = {
    80: f"{EVERYWHERE}|dense kl",
    90: f"{EVERYWHERE}|channels_last|four modules|dense kl|dense js|rows of 10/|boxes|closer",
    120: f"{EVERYWHERE}|four modules",
}
# rows of few classes lie across the lanes, Jensen-Shannon's chunks are short, boxes are int8
NARROW_LOADS = ("rows of 10/", "dense js", "boxes")


@pytest.mark.parametrize("sm", WHICH)
def test_no_spills_wide_loads_and_no_atomics(sm: int, tmp_path: Path) -> None:
    pytest.importorskip("triton")
    # a warm cache would hide errors of the compiler
    environment = {**os.environ, "TRITON_CACHE_DIR": str(tmp_path)}
    environment.pop("TRITON_INTERPRET", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.kernels.machine_code", str(sm), WHICH[sm]],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) >= 5
    for row in rows:
        assert row["target"].startswith(f"sm_{sm}"), row
        assert row["STACK"] == row["LOCAL"] == 0, row
        assert row["atomics"] == 0, row
        assert row["instructions"] > 100, row  # the dump was read
        assert row["loads_of_16_bytes"] > 0 or any(n in row["name"] for n in NARROW_LOADS), row
