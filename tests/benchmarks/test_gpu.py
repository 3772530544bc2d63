"""``make gpu``: slices that end, are kept and gone on with; run here without a GPU."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.gpu import __main__ as gpu
from benchmarks.gpu.slices import Slice, slices

if TYPE_CHECKING:
    from pathlib import Path


def python(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


def test_every_slice_fits_what_can_be_carried_and_has_a_name(tmp_path: Path) -> None:
    every = slices(tmp_path)
    assert len({part.name for part in every}) == len(every)
    assert {"tests", "simulate", "throughput", "cell-cifar10", "cell-microtubule"} <= {
        part.name for part in every
    }
    assert all(gpu.n_bytes(part) <= 64 << 20 for part in every)


def test_what_is_over_is_not_run_again_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    note = f"open({str(tmp_path / 'ran')!r}, 'a').write"
    parts = [
        Slice("good", (), python(f"{note}('good ')")),
        Slice("bad", (), python(f"{note}('bad '); raise SystemExit(3)")),
        Slice("long", (), python(f"{note}('long '); import time; time.sleep(60)")),
        Slice("absent", (), python(f"{note}('absent ')"), ("no-such-data",)),
    ]
    monkeypatch.setattr(gpu, "slices", lambda _: parts)
    words = ["--dry-run", "--out", str(tmp_path / "out"), "--seconds", "1"]
    assert gpu.main(words) == 1
    state = json.loads((tmp_path / "out" / "dry.json").read_text())
    ended = {name: each["ended"] for name, each in state.items() if isinstance(each, dict)}
    assert ended == {"good": "done", "bad": "failed", "long": "stopped"}
    assert "absent: left out, no no-such-data in" in capfd.readouterr().out
    assert gpu.main(words) == 1
    assert (tmp_path / "ran").read_text() == "good bad long bad long "


def test_a_dry_run_of_a_real_slice_needs_no_gpu(tmp_path: Path) -> None:
    words = ["--dry-run", "--out", str(tmp_path), "--only", "simulate"]
    assert gpu.main(words) == 0
    with pytest.raises(SystemExit):
        gpu.main(["--only", "nothing"])
