"""``cryoal status --watch``: what is new, look by look."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from cryoal.cli import main
from cryoal.errors import NotACampaignError
from cryoal.jobs.job import Job
from cryoal.jobs.state import State
from cryoal.jobs.watch import Look, at_work, new_lines, watch
from cryoal.records import write_json
from tests.campaign.report.samples import write_cycle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryoal.campaign import Campaign
    from cryoal.jobs.state import Kind


def seen(campaign: Campaign, *happened: Callable[[], object]) -> list[list[str]]:
    """What is told, look by look, while these things happen between the looks."""
    left = list(happened)

    def wait() -> bool:
        if not left:
            return False
        left.pop(0)()
        return True

    return list(watch(Look(campaign.path), wait))


def test_labels_and_queries_are_told_when_they_arrive(campaign: Campaign) -> None:
    keys = campaign.pool.keys.tolist()
    looks = seen(
        campaign,
        lambda: campaign.record("ana", [(keys[0], "ring")]),
        lambda: None,
        lambda: write_cycle(campaign, 0, [(key, None) for key in keys[:4]]),
    )
    assert len(looks) == 3  # nothing is told of the look at which nothing was new
    assert new_lines(looks[1], looks[0])[0].startswith("labelled  1 (ring 1")
    assert any(line.startswith("cycle 0   1 of 4 answered") for line in looks[2])


def test_a_new_class_and_a_campaign_that_goes_are_seen(campaign: Campaign) -> None:
    file = campaign.path / "campaign.toml"
    text = file.read_text()
    looks = seen(
        campaign,
        lambda: file.write_text(text.replace('"ring"', '"hoop"')),
        lambda: file.write_text(text.replace("seed = 0", "seed = many")),
        lambda: file.write_text(text),
    )
    assert "hoop 0" in looks[1][2]
    assert looks[2][0].startswith("unclear   expected TOML in ")  # saved halfway by an editor
    assert looks[3] == looks[0]
    with pytest.raises(NotACampaignError):
        seen(campaign, lambda: campaign.path.rename(campaign.path.with_name("moved")))


def test_a_damaged_file_is_a_line_and_no_end(campaign: Campaign) -> None:
    write_cycle(campaign, 0, [(campaign.pool.keys[0], None)])
    query = campaign.path / "cycle_000" / "query.json"
    whole = query.read_bytes()
    looks = seen(
        campaign,
        lambda: query.write_bytes(whole[: len(whole) // 2]),
        lambda: query.write_bytes(whole),
    )
    assert looks[1][0].startswith("unclear   expected ")
    assert looks[2] == looks[0]


def test_who_holds_the_campaign_is_told_while_it_lives(campaign: Campaign) -> None:
    facts = {"command": "select", "process": os.getpid(), "host": platform.node(), "since": "noon"}
    write_json(campaign.path / ".lock.json", facts)
    said = f"at work   cryoal select (process {os.getpid()} on {platform.node()}, since noon)"
    assert at_work(campaign.path) == [said]
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    write_json(campaign.path / ".lock.json", {**facts, "process": gone.pid})
    assert at_work(campaign.path) == []
    write_json(campaign.path / ".lock.json", {"command": "select"})
    assert at_work(campaign.path) == []


def test_ctrl_c_ends_it_without_an_error_and_lines_come_at_once(campaign: Campaign) -> None:
    words = ["status", str(campaign.path), "--watch", "--json", "--every", "0.1"]
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    program += f"import sys; from cryoal.cli import main; sys.argv = ['cryoal', *{words!r}]\n"
    watching = subprocess.Popen(
        [sys.executable, "-c", program + "sys.exit(main())"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    first = json.loads(watching.stdout.readline())
    campaign.record("ana", [(campaign.pool.keys[0], "ring")])
    second = json.loads(watching.stdout.readline())
    assert (first["labelled"]["ring"], second["labelled"]["ring"]) == (0, 1)
    assert second["at_work"] == []
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=60)
    assert (watching.returncode, said) == (0, "")


def test_what_is_no_campaign_is_not_watched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", str(tmp_path), "--watch"]) == 2
    assert "expected a campaign directory" in capsys.readouterr().err


def test_how_far_a_job_is_and_that_one_failed_are_told(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"output": "", "began": "noon", "ended": None, "code": None}

    def job(kind: Kind, fraction: float | None, left: float | None, line: str = "") -> list[str]:
        what = "training" if fraction is not None else ""
        state = State(kind, "cryoal select mt -n 40", what, fraction, left, line, **facts)  # type: ignore[arg-type]
        current = SimpleNamespace(state=lambda: state)
        monkeypatch.setattr(Job, "current", staticmethod(lambda _: current))
        return at_work(campaign.path)

    said = "job       cryoal select mt -n 40"
    assert job("running", 0.42, 125.0) == [f"{said}: training 42 %, 2 min left"]
    assert job("running", 0.42, 9.0) == [f"{said}: training 42 %, 9 s left"]
    assert job("running", None, None) == [said]
    assert job("failed", None, None, "no room") == [f"{said} failed: no room"]
    assert job("done", None, None) == job("cancelled", None, None) == []
    holder = {"command": "train", "process": os.getpid(), "host": platform.node(), "since": "noon"}
    write_json(campaign.path / ".lock.json", holder)  # somebody goes on in a terminal
    assert [line[:20] for line in job("failed", None, None)] == [said[:20], "at work   cryoal tra"]
    assert job("running", None, None) == [said]
