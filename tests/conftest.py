"""Fixtures that more than one floor uses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Several test processes share the cores; torch reads this when it is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data beside the checkout; tests that need it are skipped where there is none."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("CRYOAL_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is absent (set CRYOAL_TEST_DATA)")
    return folder
