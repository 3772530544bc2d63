"""Rounds that a page starts: only those that are known, only under the folder, one at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cryoal.browser.desk import Desk
from cryoal.browser.server import Server
from cryoal.jobs.job import Job
from tests.browser.test_server import ask
from tests.jobs.test_job import FOR_EVER, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryoal.campaign import Campaign


@pytest.fixture
def server(campaign: Campaign) -> Iterator[Server]:
    with Server(Desk(campaign.path)) as server:
        yield server


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, list[str]]]:
    """What would be started."""
    told: list[tuple[Path, list[str]]] = []

    class Told(Exception):  # noqa: N818
        pass

    def start(path: Path, words: list[str]) -> Job:
        told.append((path, words))
        return Job(path, {"job": "aa", "command": words})

    monkeypatch.setattr(Job, "start", start)
    return told


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"step": "select", "n": 4}, ["select", "-n", "4"]),
        ({"step": "select", "n": 4, "train": True}, ["select", "-n", "4", "--train"]),
        ({"step": "classify"}, ["classify"]),
        ({"step": "map"}, ["map"]),
        ({"step": "audit", "n": 60}, ["audit", "-n", "60"]),
        (
            {"step": "export", "to": "relion5", "output": "out.star", "class": "rod"},
            ["export", "--to", "relion5", "--output", "{}/out.star", "--class=rod"],
        ),
        (
            {
                "step": "export",
                "to": "csv",
                "output": "o",
                "min_probability": 0.5,
                "undecided": True,
            },
            [
                "export",
                "--to",
                "csv",
                "--output",
                "{}/o",
                "--min-probability",
                "0.5",
                "--undecided",
            ],
        ),
        (
            {"step": "report", "output": "r.html", "replace": True},
            ["report", "--output", "{}/r.html", "--force"],
        ),
    ],
)
def test_a_step_becomes_the_command(
    server: Server,
    campaign: Campaign,
    started: list[tuple[Path, list[str]]],
    body: dict[str, Any],
    words: list[str],
) -> None:
    assert ask(server, "POST", "/job", body)[0] == 200
    root = str(campaign.path.parent)
    assert started == [(campaign.path, [word.replace("{}", root) for word in words])]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "expected step in /job"),
        ({"step": 1}, "expected step in /job"),
        ({"step": "init"}, "expected one of select, classify, audit, export, report, map to start"),
        ({"step": "select"}, "expected n, 1 to 10000, found 0"),
        ({"step": "select", "n": True}, "expected n, 1 to 10000, found True"),
        ({"step": "select", "n": "4 --force"}, "expected n, 1 to 10000, found '4 --force'"),
        ({"step": "classify", "output": "/etc/x"}, "expected nothing else for classify, found out"),
        ({"step": "export", "output": "x"}, "expected a text as to, found None"),
        ({"step": "export", "to": "--force", "output": "x"}, "expected a text as to, found '--fo"),
        ({"step": "export", "to": "csv", "output": "../x"}, "expected a path in "),
        ({"step": "export", "to": "csv", "output": "/tmp/x"}, "expected a path in "),
        ({"step": "report", "output": "link/x"}, "expected a path in "),
        ({"step": "report", "output": "no/x"}, "expected a folder for 'no/x' in "),
        ({"step": "report", "output": "x", "replace": 1}, "expected true or false, found 1"),
    ],
)
def test_anything_else_is_refused_in_a_line(
    server: Server,
    campaign: Campaign,
    started: list[tuple[Path, list[str]]],
    body: dict[str, Any],
    message: str,
) -> None:
    (campaign.path.parent / "link").symlink_to("/tmp")
    status, text, _ = ask(server, "POST", "/job", body)
    assert (status, text.startswith(message), text.count("\n")) == (400, True, 1), text
    assert not started


@pytest.mark.parametrize("path", ["/job", "/rounds", "/cancel"])
def test_jobs_pass_the_checks_that_labels_pass(server: Server, path: str) -> None:
    method, body = ("POST", {}) if path == "/cancel" else ("GET", None)
    assert ask(server, method, path, body, token="wrong")[0] == 403
    assert ask(server, method, path, body, Origin="https://example.org")[0] == 403
    assert ask(server, method, path, body, Host="evil.example")[0] == 403
    assert ask(server, "POST", "/job", {"step": "classify"}, token="")[0] == 403


def test_a_round_is_started_watched_and_told_to_every_page(
    server: Server, campaign: Campaign
) -> None:
    found = json.loads(ask(server, "GET", "/rounds")[1])
    assert found["job"] is None
    assert [step["name"] for step in found["steps"]] == ["select", "classify", "audit", "export"]
    assert found["steps"][0]["command"] == f"cryoal select {campaign.path} -n 36"
    assert ask(server, "POST", "/cancel", {})[0] == 400  # there is none to stop
    running = start(campaign.path, FOR_EVER)  # by another window
    wait_for(lambda: running.state().line == "begun")
    status, text, _ = ask(server, "POST", "/job", {"step": "audit", "n": 3})
    assert status == 409
    assert text.startswith("expected no other job, found 'cryoal stub ")
    assert json.loads(ask(server, "GET", "/job")[1])["job"]["kind"] == "running"
    assert ask(server, "POST", "/cancel", {})[0] == 200
    assert running.wait(20).kind == "cancelled"
    assert ask(server, "POST", "/job", {"step": "audit", "n": 3})[0] == 200
    job = Job.current(campaign.path)
    assert job is not None
    job.wait(60)
    found = json.loads(ask(server, "GET", "/job")[1])["job"]
    assert (found["kind"], found["code"]) == ("done", 0)
    assert "audit: 3 boxes drawn" in found["output"]
