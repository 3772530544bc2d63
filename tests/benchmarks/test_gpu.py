"""``make gpu``: slices that end, are kept and gone on with; run here without a GPU."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from benchmarks.gpu import __main__ as gpu
from benchmarks.gpu.slices import Slice, slices


def python(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


def test_every_slice_fits_what_can_be_carried_and_has_a_name(tmp_path: Path) -> None:
    every = slices(tmp_path)
    assert len({part.name for part in every}) == len(every)
    assert {"tests", "scoring", "simulate", "throughput", "cell-cifar10", "cell-microtubule"} <= {
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


def test_what_a_slice_started_ends_with_it(tmp_path: Path) -> None:
    child = "import os, time; open(os.environ['OUT'], 'w').write(str(os.getpid())); time.sleep(900)"
    parent = f"""
import os, subprocess, sys, time
os.environ["OUT"] = {str(tmp_path / "child")!r}
subprocess.Popen([sys.executable, "-c", {child!r}])
while not os.path.exists(os.environ["OUT"]) or not open(os.environ["OUT"]).read():
    time.sleep(0.01)
sys.exit(3)
"""
    assert gpu.run(Slice("long", (python(parent),), ()), 500, dry=False)["ended"] == "failed"
    process = int((tmp_path / "child").read_text())
    for _ in range(1000):  # a signal takes its time
        if not is_running(process):
            break
        time.sleep(0.01)
    assert not is_running(process)


def is_running(process: int) -> bool:
    """Whether it computes or waits; one that has ended may stay in the table for a while."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_data_that_a_cell_made_before_it_was_stopped_is_not_made_again(tmp_path: Path) -> None:
    def commands() -> list[str]:
        (cell,) = [part for part in slices(tmp_path) if part.name == "cell-50c-like"]
        return [words[3] if words[2] == "cryoal" else words[2] for words in cell.commands]

    assert commands() == ["simulate", "benchmarks.paper"]
    (tmp_path / "50c-like").mkdir()
    assert commands() == ["benchmarks.paper"]


def test_a_dry_run_of_a_real_slice_needs_no_gpu(tmp_path: Path) -> None:
    words = ["--dry-run", "--out", str(tmp_path), "--only", "simulate"]
    assert gpu.main(words) == 0
    with pytest.raises(SystemExit):
        gpu.main(["--only", "nothing"])
