"""Ctrl-C and SIGTERM, sent to the real program at moments that are known."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from cryoal.cli import main
from cryoal.signals import STOPPED
from tests.campaign.report.samples import write_cycle

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryoal.campaign import Campaign

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
SIGNALS = pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)

# What the console script runs. A runner in the background may have Ctrl-C ignored.
PROGRAM = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
{before}
from cryoal.cli import main
sys.argv[0] = "cryoal"
sys.exit(main())
"""

AT_IMPORT = """
class Moment:
    def find_spec(self, name, *_):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), {number:d})
sys.meta_path.insert(0, Moment())
"""


def start(*words: object, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(before=before), *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(happened: Callable[[], object], process: subprocess.Popen[str]) -> None:
    while not happened():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


@pytest.fixture
def endless(campaign: Campaign, truth: dict[str, str]) -> Campaign:
    """A campaign with labels whose training takes days."""
    file = campaign.path / "campaign.toml"
    text = file.read_text()
    assert "epochs = 2\n" in text
    file.write_text(text.replace("epochs = 2\n", "epochs = 1000000\n"))
    campaign.record("ann", list(truth.items()))
    return campaign


@SIGNALS
@pytest.mark.parametrize("module", ["typer", "cryoal.cli.add", "numpy", "torch", "tensorstore"])
def test_a_signal_during_imports_is_answered_in_one_line(
    campaign: Campaign, module: str, number: signal.Signals
) -> None:
    words = ("select", campaign.path, "-n", 3, "--strategy", "typiclust")  # chance needs no torch
    process = start(*words, before=AT_IMPORT.format(module=module, number=number))
    out, err = process.communicate()
    assert (process.returncode, out, err) == (CODES[number], "", f"cryoal: {STOPPED}\n")
    assert not list(campaign.path.glob("cycle_*"))


def test_a_training_that_is_stopped_leaves_what_the_next_one_goes_on_from(
    endless: Campaign,
) -> None:
    checkpoint = endless.path / "model" / "checkpoint.safetensors"
    often = "import cryoal.training.fit as f; f.fit_team.__kwdefaults__['checkpoint_seconds'] = 0"
    process = start("classify", endless.path, before=often)
    wait_for(checkpoint.exists, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == f"cryoal: {STOPPED}"
    assert "Traceback" not in err
    left = [path.name for path in endless.path.rglob("*") if ".tmp" in path.name]
    assert (left, checkpoint.exists()) == ([], True)
    with endless.busy("classify"):
        pass  # it is held by nobody


def test_what_an_import_makes_of_a_signal_is_no_traceback(campaign: Campaign) -> None:
    """An extension module's beginning may turn whatever is raised in it into an ImportError."""
    before = """
import cryoal.campaign.campaign as imported
def open(path):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    except BaseException:
        raise ImportError("initialization failed") from None
imported.Campaign.open = open
"""
    process = start("status", campaign.path, before=before)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (143, "", f"cryoal: {STOPPED}\n")


@SIGNALS
def test_a_server_that_is_stopped_has_done_what_was_asked(
    campaign: Campaign, number: signal.Signals
) -> None:
    write_cycle(campaign, 0, [(key, "ring") for key in campaign.pool.keys[:8]])
    process = start("review", campaign.path, "--serve")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1] == "stopped; every confirmed answer is in the journals"


HANGING = """
import threading, time
import cryoal.signals
cryoal.signals.PATIENCE = {patience}
cryoal.signals.TOGETHER = {together}
import cryoal.cli.program
def wait():
    # in short pieces: a signal that comes just before a sleep is looked at behind it
    for _ in range(12000):
        time.sleep(0.05)
def hang(words):
    threading.Thread(target=time.sleep, args=(600,)).start()
    try:
        print("begun", flush=True)
        wait()
    finally:
        print("cleaning up", flush=True)
        {cleaning}
cryoal.cli.program.run_command = hang
"""


def test_a_thread_that_goes_on_does_not_keep_the_program_running() -> None:
    before = HANGING.format(patience=0.2, together=60, cleaning="pass")
    process = start("status", before=before)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert set(err.splitlines()) == {f"cryoal: {STOPPED}"}


def sent_twice(before: str, number: signal.Signals) -> subprocess.Popen[str]:
    """A command that was asked to stop, and again while it cleans up."""
    process = start("status", before=before)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    assert process.stdout.readline() == "cleaning up\n"
    process.send_signal(number)
    return process


def test_a_second_signal_ends_what_cleans_up_for_too_long() -> None:
    before = HANGING.format(patience=600, together=0, cleaning="wait()")
    process = sent_twice(before, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, f"cryoal: {STOPPED}\n")


def test_a_signal_that_is_sent_twice_at_once_is_one() -> None:
    """As ``timeout`` does: to the program, and to its group."""
    before = HANGING.format(patience=600, together=60, cleaning="time.sleep(0.5); os._exit(7)")
    process = sent_twice(before, signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 7  # it came to the end of its cleaning


def test_who_calls_a_command_keeps_the_handlers(capsys: pytest.CaptureFixture[str]) -> None:
    before = [signal.getsignal(number) for number in CODES]
    assert main(["list", "presets"]) == 0
    assert [signal.getsignal(number) for number in CODES] == before


def test_a_program_started_to_ignore_a_hangup_or_ctrl_c_does(campaign: Campaign) -> None:
    before = "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    before += AT_IMPORT.format(module="numpy", number=signal.SIGINT)
    process = start("status", campaign.path, before=before)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert "36 boxes" in out
