"""Jobs with programs that do what a command may do, and with the real program."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from cryoal.errors import CampaignBusyError, CampaignError, LockError
from cryoal.jobs import slot
from cryoal.jobs.job import FACTS, LOG, Job
from cryoal.jobs.process import began_at, interrupt
from cryoal.jobs.slot import is_held, read_record
from cryoal.records import read_json, write_json
from tests.jobs.stub import FOR_EVER, PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryoal.campaign import Campaign


def start(folder: Path, what: str) -> Job:
    return Job.start(folder, ("stub", what), program=PROGRAM)


def wait_for(happened: Callable[[], object]) -> None:
    while not happened():
        time.sleep(0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "mt"
    folder.mkdir()
    yield folder
    if (job := Job.current(folder)) is not None:
        process = read_record(folder).get("process")
        if is_held(folder) and isinstance(process, int):
            os.kill(process, signal.SIGKILL)
        job.wait(10)


def test_a_command_runs_in_a_process_of_its_own_and_says_how_it_ended(folder: Path) -> None:
    state = start(folder, "print(os.getpid(), os.getsid(0))").wait(20)
    process, session = map(int, state.output.split())
    assert process == session != os.getpid()
    assert (state.kind, state.code, state.line) == ("done", 0, state.output)
    assert state.began < (state.ended or "")
    assert state.command.startswith(f"cryoal stub {folder} ")
    assert os.environ.get("CRYOAL_JOB") is None


def test_a_failure_tells_its_last_line(folder: Path) -> None:
    state = start(folder, "print('on it'); print('cryoal: no such thing', file=sys.stderr); code=2")
    found = state.wait(20)
    assert (found.kind, found.code, found.line) == ("failed", 2, "no such thing")


def test_a_program_that_cannot_be_started_is_told_as_such(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Job.start(folder, ("select",), program=(str(folder / "nothing"),))
    job = Job.current(folder)
    assert job is not None
    state = job.state()
    assert (state.kind, state.line.partition(":")[0]) == ("failed", "not started")


def test_an_error_of_ours_is_a_failure_with_its_traceback(folder: Path) -> None:
    found = start(folder, "1 / 0").wait(20)
    assert (found.kind, found.code, found.line) == (
        "failed",
        1,
        "ZeroDivisionError: division by zero",
    )
    assert "Traceback" in found.output


def test_one_job_at_a_time_whoever_asks(folder: Path) -> None:
    start(folder, FOR_EVER)
    with pytest.raises(
        CampaignBusyError, match=r"expected no other job, found 'cryoal stub .* at work since"
    ):
        start(folder, "pass")
    won: list[Job] = []
    job = Job.current(folder)
    assert job is not None
    wait_for(lambda: job.state().line == "begun")
    job.cancel()
    assert job.wait(20).kind == "cancelled"

    def try_it() -> None:
        with suppress(CampaignBusyError):
            won.append(start(folder, FOR_EVER))

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_another_window_sees_it_and_can_cancel_it(folder: Path) -> None:
    ours = start(folder, FOR_EVER)
    wait_for(lambda: ours.state().line == "begun")
    theirs = Job.current(folder)
    assert theirs is not None
    assert theirs.state() == ours.state()
    assert theirs.state().kind == "running"
    theirs.cancel()
    found = ours.wait(20)
    assert (found.kind, found.code, found.line) == ("cancelled", 130, "stopped")
    theirs.cancel()  # nothing to stop any more


def test_a_job_is_cancelled_in_its_first_moment_too(folder: Path) -> None:
    job = start(folder, FOR_EVER)
    job.cancel()
    assert job.wait(20).kind == "cancelled"


def test_a_window_that_closes_stops_nothing(folder: Path) -> None:
    """The window is a process of its own here, killed with all that would go with its terminal."""
    window = (
        "import sys; from pathlib import Path; from cryoal.jobs.job import Job;"
        f"Job.start(Path({str(folder)!r}), ('stub', {FOR_EVER!r}), program={PROGRAM!r})"
        "; import os, signal; os.killpg(0, signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-P", "-c", window], start_new_session=True)
    job = Job.current(folder)
    assert job is not None
    wait_for(lambda: job.state().line == "begun")
    assert job.state().kind == "running"
    job.cancel()
    assert job.wait(20).kind == "cancelled"


def test_a_killed_job_is_told_as_such(folder: Path) -> None:
    job = start(folder, "os.kill(os.getpid(), signal.SIGKILL)")
    wait_for(lambda: "code" in read_record(folder))
    found = job.state()
    assert (found.kind, found.code) == ("failed", 137)
    assert found.line.startswith("it was killed (SIGKILL: was the memory full?); nothing is half-")


def test_a_job_killed_with_its_window_is_told_as_such(folder: Path) -> None:
    """Nobody was there to see how it ended."""
    write_json(
        folder / FACTS, {"job": "aa", "command": ["select", "mt"], "began": "2026", "host": ""}
    )
    descriptor = slot.take(folder)
    slot.write_record(descriptor, job="aa", process=os.getpid(), ticks=1)
    os.close(descriptor)
    job = Job.current(folder)
    assert job is not None
    found = job.state()
    assert (found.kind, found.code) == ("failed", None)
    assert found.line.startswith("it ended without a word: killed, or the machine was switched off")
    job.cancel()  # the process that has the number now is this one, and goes on


@pytest.mark.skipif(sys.platform != "linux", reason="where processes have descriptors")
def test_on_an_old_kernel_a_process_is_told_to_stop_by_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing_such(process: int) -> int:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", nothing_such)
    # whoever runs the tests may ignore Ctrl-C, and hand that down
    code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); print(flush=True)"
    words = [sys.executable, "-c", f"{code}; time.sleep(60)"]
    asleep = subprocess.Popen(words, stdout=subprocess.PIPE)
    try:
        assert asleep.stdout is not None
        asleep.stdout.readline()
        assert not interrupt(asleep.pid, 1)  # another one with its number
        assert interrupt(asleep.pid, began_at(asleep.pid))
        assert asleep.wait(30) == -signal.SIGINT
    finally:
        asleep.kill()
        asleep.communicate()


def test_the_next_process_with_the_number_is_not_stopped(folder: Path) -> None:
    """Even where something of the job, a child of its, still has the lock."""
    facts = {"job": "aa", "command": ["select", "mt"], "began": "2026", "host": os.uname().nodename}
    write_json(folder / FACTS, facts)
    descriptor = slot.take(folder)
    slot.write_record(descriptor, job="aa", process=os.getpid(), ticks=1)
    job = Job.current(folder)
    assert job is not None
    with pytest.raises(CampaignError, match="cannot be told to"):
        job.cancel()
    write_json(folder / FACTS, {**facts, "host": "elsewhere"})
    job = Job.current(folder)
    assert job is not None
    with pytest.raises(CampaignError, match="found one of elsewhere: stop it there"):
        job.cancel()
    os.close(descriptor)


@pytest.mark.parametrize("content", ["", "{", '{"job": "bb", "check": "00000000"}', "[]"])
def test_a_damaged_job_file_stands_in_nobodys_way(folder: Path, content: str) -> None:
    assert start(folder, "print('hello')").wait(20).kind == "done"
    (folder / FACTS).write_text(content)
    job = Job.current(folder)
    assert job is not None
    assert (job.state().kind, job.state().line, job.state().command) == ("done", "hello", "")
    (folder / slot.NAME).write_bytes(b"\xff\x00 nonsense")
    assert job.state().kind != "running"
    assert start(folder, "print('again')").wait(20).line == "again"


def test_a_full_disk_takes_the_words_and_not_the_outcome(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = "def write(*_): raise OSError(28, 'No space left on device')\nos.write = write\n"
    job = start(folder, full + "print('cryoal: expected room on the disk'); code = 2")
    found = job.wait(20)
    assert (found.kind, found.code, found.output) == ("failed", 2, "")
    assert found.line == "expected room on the disk"

    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cryoal.jobs.job.write_json", no_room)
    with pytest.raises(OSError, match="No space left"):
        start(folder, "print('never')")
    assert not is_held(folder)  # nothing was started


def test_a_disk_without_locks_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise OSError(37, "No locks available")

    with monkeypatch.context() as without:
        without.setattr(slot, "flock", missing)
        with pytest.raises(
            LockError, match=r"No locks available for .*\.job\.lock; nothing was started"
        ):
            start(folder, "pass")


def test_a_link_in_place_of_the_log_leads_nowhere(folder: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (folder / LOG).symlink_to(precious)
    assert start(folder, "print('beside it')").wait(20).line == "beside it"
    assert precious.read_text() == "mine"
    (folder / slot.NAME).unlink()
    (folder / slot.NAME).symlink_to(precious)
    with pytest.raises(OSError, match=slot.NAME):
        start(folder, "print('over it')")
    assert precious.read_text() == "mine"


def test_what_somebody_else_has_started_before_is_in_nobodys_way(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their files may not be written to, but the folder is everybody's."""
    first = start(folder, "print('theirs')")
    first.wait(20)
    really, lock = os.open, folder / slot.NAME

    def may_not(path: Path | str, flags: int, *mode: int) -> int:
        is_theirs = path == lock and lock.exists() and first.name in lock.read_text()
        if is_theirs and flags & os.O_RDWR:
            raise PermissionError(13, "Permission denied", str(path))
        return really(path, flags, *mode)

    monkeypatch.setattr(slot.os, "open", may_not)
    held = really(lock, os.O_RDONLY)
    slot.flock(held, slot.LOCK_EX)
    with pytest.raises(CampaignBusyError):
        start(folder, "print('at once')")
    os.close(held)
    assert start(folder, "print('ours')").wait(20).line == "ours"
    assert first.name not in lock.read_text()


def test_a_record_is_cut_to_its_place_whatever_was_said(folder: Path) -> None:
    descriptor = slot.take(folder)
    for line in ("a" * 5000, "é" * 5000, "\U0001f9ec" * 5000, '"\\' * 5000):
        slot.write_record(descriptor, job="aa", code=2, line=line)
        found = read_record(folder)
        assert (folder / slot.NAME).stat().st_size == slot.SIZE
        assert found["code"] == 2
        assert found["line"]
        assert line.startswith(found["line"])
    os.close(descriptor)


def test_a_real_command_with_its_progress_and_its_result(campaign: Campaign) -> None:
    found = Job.start(campaign.path, ("status",)).wait(60)
    assert (found.kind, found.code) == ("done", 0)
    assert "36 boxes of 8^3 voxels" in found.output
    found = Job.start(campaign.path, ("select", "-n", "0")).wait(60)
    assert (found.kind, found.code) == ("failed", 2)
    assert "'-n'" in found.line


def test_a_round_killed_in_training_loses_nothing(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    file = campaign.path / "campaign.toml"
    file.write_text(file.read_text().replace("epochs = 2\n", "epochs = 1000000\n"))
    campaign.record("ann", list(truth.items())[:20])
    before = journal(campaign)
    job = Job.start(campaign.path, ("select", "-n", "4"))
    wait_for(lambda: trains(job))
    with pytest.raises(CampaignBusyError, match="held by 'cryoal select'"), campaign.busy("select"):
        pass  # the command's own lock
    os.kill(read_record(campaign.path)["process"], signal.SIGKILL)
    wait_for(lambda: job.state().code == 137)
    assert journal(campaign) == before
    assert campaign.cycles() == []
    with campaign.busy("select"):
        pass


def trains(job: Job) -> bool:
    state = job.state()
    assert not state.is_over, state
    return state.what == "training" and state.fraction is not None


def journal(campaign: Campaign) -> dict[str, Any]:
    return {p.name: p.read_text() for p in (campaign.path / "labels").glob("*.jsonl")}


def test_the_facts_carry_a_check(folder: Path) -> None:
    start(folder, "pass").wait(20)
    assert '"check"' in (folder / FACTS).read_text()
    assert read_json(folder / FACTS)["command"][:2] == ["stub", str(folder)]
