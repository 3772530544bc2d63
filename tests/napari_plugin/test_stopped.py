"""A window whose program is asked to end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from cryoal.signals import STOPPED
from tests.campaign.report.samples import write_cycle
from tests.cli.test_signals import start

if TYPE_CHECKING:
    from cryoal.campaign import Campaign

# sent when the loop of the window runs
SENT = f"""
import napari; run = napari.run
def told():
    from qtpy.QtCore import QTimer
    QTimer.singleShot(0, lambda: os.kill(os.getpid(), {signal.SIGTERM:d}))
    run()
napari.run = told
"""


def test_a_window_is_closed_and_the_line_said(campaign: Campaign) -> None:
    """napari's loop takes Ctrl-C for itself; SIGTERM goes the same way, through it."""
    write_cycle(campaign, 0, [(key, "ring") for key in campaign.pool.keys[:8]])
    process = start("review", campaign.path, "--annotator", "ana", before=SENT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 143
    assert err.splitlines()[-1] == f"cryoal: {STOPPED}"
