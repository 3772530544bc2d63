"""Several processes that train one pair: joined by Fabric, over gloo on processors."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from cryoal.campaign.model import current_team
from cryoal.distributed.processes import Started, how_started
from cryoal.errors import CrewError
from cryoal.records import read_json
from cryoal.strategies.base import make_strategy
from cryoal.training.checkpoint import load_team
from tests.campaign.test_classifier import with_settings

if TYPE_CHECKING:
    from cryoal.campaign import Campaign

ROOT = Path(__file__).parents[2]


@pytest.fixture
def labelled(campaign: Campaign, truth: dict[str, str]) -> Campaign:
    keys = campaign.pool.keys.tolist()[::3]
    campaign.record("ann", [(key, truth[key]) for key in keys])
    return campaign


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "cryoal", *words]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )


def test_two_processes_train_the_pair_of_one_and_the_first_alone_speaks(
    labelled: Campaign,
) -> None:
    campaign = with_settings(labelled, ("epochs = 2", "epochs = 1"))
    did = run("select", str(campaign.path), "-n", "4", "--devices", "2")
    assert (did.returncode, did.stderr) == (0, "")
    assert did.stdout.count("cycle 0: 4 boxes") == 1
    assert len(campaign.cycles()) == 1
    model = campaign.path / "model"
    two = load_team(model, campaign.config)
    report = read_json(model / "report.json")
    for file in model.iterdir():
        file.unlink()
    alone = current_team(campaign, strategy=make_strategy("knowledge-transfer"))
    for name in ("teacher_loss", "student_loss", "transfer_loss", "teacher_accuracy"):
        found, wanted = report["history"][name], alone.report["history"][name]
        assert found == pytest.approx(wanted, rel=1e-4), name
    for role, network in alone.team.models().items():
        for key, value in network.state_dict().items():
            error = (two.models()[role].state_dict()[key] - value).abs().max()
            assert error <= 1e-3 * value.abs().max().clamp_min(1e-3), f"{role} {key}"


def test_a_lost_process_ends_the_command_in_a_line_and_it_goes_on(labelled: Campaign) -> None:
    campaign = with_settings(labelled, ("epochs = 2", "epochs = 80"))
    words = ("select", str(campaign.path), "-n", "4", "--devices", "2")
    first = subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        until = time.monotonic() + 60
        while not (campaign.path / "model" / "made_from.json").exists():
            assert first.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        children = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        out, err = first.communicate(timeout=60)
    finally:
        first.kill()
    assert (first.returncode, out) == (2, "")
    assert re.fullmatch(
        r"cryoal: expected 2 processes that train together, found one (gone while they"
        r" (trained|prepared to train|waited) \(.*\)|ended with code -9); the same command goes on"
        r" from the last checkpoint\n",
        err,
    )
    assert not campaign.cycles()
    campaign = with_settings(campaign, ("epochs = 80", "epochs = 1"))  # sooner
    current_team(campaign, strategy=make_strategy("knowledge-transfer"))


def test_what_they_say_to_one_another() -> None:
    did = subprocess.run(
        [sys.executable, "-m", "tests.distributed.fabric_child"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=True,
    )
    found = json.loads(did.stdout)
    assert found["sum"] == {"told": None, "second": 0}
    assert found["sums"] == [[3.0, 0], [3.0, 0]]
    host = os.uname().nodename
    assert found["without disk"] == {
        "told": f"CrewError: process 2 of 2 on {host}: expected a pool in /disk, found nothing",
        "second": 0,
    }
    assert found["vanished"]["told"].startswith(
        "CrewError: expected 2 processes that train together, found one gone while they trained ("
    )
    assert "\n" not in found["vanished"]["told"]
    assert "cc:" not in found["vanished"]["told"]


def test_how_a_process_was_started_is_in_its_environment() -> None:
    assert how_started({}) is None
    assert how_started({"WORLD_SIZE": "1", "TORCHELASTIC_RUN_ID": "a"}) is None
    assert how_started({"WORLD_SIZE": "8", "RANK": "3"}) is None  # somebody else's
    torchrun = {
        "TORCHELASTIC_RUN_ID": "none",
        "WORLD_SIZE": "8",
        "LOCAL_WORLD_SIZE": "4",
        "RANK": "5",
        "LOCAL_RANK": "1",
    }
    assert how_started(torchrun) == Started("torchrun", 5, 8, 4, 2)
    srun = {
        "SLURM_STEP_NUM_TASKS": "4",
        "SLURM_NTASKS_PER_NODE": "2",
        "SLURM_NNODES": "2",
        "SLURM_PROCID": "1",
        "SLURM_JOB_NAME": "train",
    }
    assert how_started(srun) == Started("srun", 1, 4, 2, 2)
    batch = {name: text for name, text in srun.items() if name != "SLURM_STEP_NUM_TASKS"}
    assert how_started({**batch, "SLURM_NTASKS": "4"}) is None  # the script of a job is one


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SLURM_JOB_NAME": "bash"}, "found 'bash', in which each would train alone"),
        ({"SLURM_NTASKS_PER_NODE": "0"}, "expected --ntasks-per-node for the 2 processes on 1"),
        ({"SLURM_STEP_NUM_TASKS": "two"}, "expected a whole number as SLURM_STEP_NUM_TASKS"),
    ],
)
def test_processes_that_would_not_find_one_another_are_refused(
    changed: dict[str, str], said: str
) -> None:
    srun = {
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_NTASKS_PER_NODE": "2",
        "SLURM_NNODES": "1",
        "SLURM_PROCID": "0",
        "SLURM_JOB_NAME": "train",
    }
    with pytest.raises((CrewError, ValueError), match=said):
        how_started({**srun, **changed})


def test_what_is_no_training_is_done_by_the_first(
    campaign: Campaign, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryoal.cli import main

    for name, text in {"WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "x", "RANK": "1"}.items():
        monkeypatch.setenv(name, text)
    assert main(["status", str(campaign.path)]) == 0
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("RANK", "0")
    assert main(["status", str(campaign.path)]) == 0
    out, err = capfd.readouterr()
    assert out
    assert (
        err == "cryoal: one process does all of this: the other 1 of torchrun have nothing to do\n"
    )
    assert main(["select", str(campaign.path), "-n", "2", "--devices", "3"]) == 2
    assert "expected --devices 2, as torchrun started, found 3" in capfd.readouterr().err
    assert torch.distributed.is_initialized() is False
