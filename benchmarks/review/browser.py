"""The review in a real Chromium, served; keys pressed on the page. A process of its own.

Usage: ``python -m benchmarks.review.browser press|cards CAMPAIGN``; prints a JSON object.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.review.engine import N_PRESSES, summary
from cryoal.browser.desk import Desk
from cryoal.browser.page import write_page
from cryoal.browser.server import Server
from cryoal.campaign import Campaign
from cryoal.review.queue import make_queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")

# A key, and then: the next two frames, of which the first draws, and the server's confirmation.
PRESS = """async (key) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const began = performance.now();
  const target = document.activeElement ?? document.body;
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const handled = performance.now() - began;
  await frame();
  const { memory } = globalThis.cryoalReview;
  while (memory.nWaiting) await new Promise((done) => setTimeout(done, 0));
  return [handled, performance.now() - began];
}"""


@contextmanager
def page_of(path: Path) -> Iterator[tuple[Page, float]]:
    """The page of a served campaign, and the seconds until it could be pressed."""
    with Server(Desk(path)) as server, sync_playwright() as driver:
        chromium = shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        began = time.perf_counter()
        page.goto(server.address("ana"))
        while not page.evaluate("Boolean(globalThis.cryoalReview)"):
            page.wait_for_timeout(5)
        yield page, time.perf_counter() - began
        browser.close()


def heap_megabytes(page: Page) -> float:
    """JavaScript's memory after it has been tidied up."""
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    return float(client.send("Runtime.getHeapUsage")["usedSize"]) / 2**20


def pressed(path: Path) -> dict[str, float]:
    """A thousand keys, each until it is drawn and the server has confirmed it as on the disk."""
    handled, milliseconds, memory = [], [], []
    with page_of(path) as (page, _):
        for number in range(N_PRESSES):
            to_draw, to_disk = page.evaluate(PRESS, "123"[number % 3])
            handled.append(to_draw)
            milliseconds.append(to_disk)
            if number in (N_PRESSES // 10, N_PRESSES - 1):
                memory.append(heap_megabytes(page))
        assert f"{N_PRESSES} of" in page.locator("#numbers").inner_text()
    return {
        **summary([ms / 1e3 for ms in milliseconds], memory),
        "of_it_handled_p95": float(np.quantile(handled, 0.95)),
    }


def drawn(path: Path) -> dict[str, float]:
    """A page of 200 boxes: until it can be pressed, and leafing through all its cards."""
    campaign = Campaign.open(path)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "review.html"
        written = write_page(
            campaign, make_queue(campaign, "ana"), file, annotator=None, blind=False
        )
    with page_of(path) as (page, seconds_to_load):
        n_boxes = page.evaluate("globalThis.cryoalReview.session.data.items.length")
        began = time.perf_counter()
        for _ in range(n_boxes // 20):
            page.evaluate(PRESS, "PageDown")
        return {
            "seconds": time.perf_counter() - began,
            "n": n_boxes,
            "seconds_to_load": seconds_to_load,
            "megabytes_of_page": written.n_bytes / 1e6,
        }


if __name__ == "__main__":
    measure = {"press": pressed, "cards": drawn}[sys.argv[1]]
    print(json.dumps(measure(Path(sys.argv[2]))))
