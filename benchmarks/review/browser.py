"""The review in a real Chromium, served; keys pressed on the page. A process of its own.

Usage: ``python -m benchmarks.review.browser press|cards|tiles|queues|threshold|map CAMPAIGN``;
prints a JSON object.
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
from benchmarks.review.material import classified
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


# Thirty questions to the server, as a slider asks them: one after the other.
STEPS = """async ([address, name]) => {
  const { memory } = globalThis.cryoalReview;
  const found = [];
  for (let k = 0; k < 30; k += 1) {
    const began = performance.now();
    const where = { probability: [k / 30, 1] };
    if (name) await memory.ask(address, { queue: "class:wall", where });
    else await memory.ask(`${address}?class=wall&p=${k / 30}`);
    found.push(performance.now() - began);
  }
  found.sort((a, b) => a - b);
  return { median_milliseconds: found[15], p95_milliseconds: found[28] };
}"""

FRAMES = """() => {
  const { map } = globalThis.cryoalReview.views.all.get("map");
  const found = [];
  for (let k = 0; k < 60; k += 1) {
    map.zoom = 1 + k / 30;
    const began = performance.now();
    map.paint();
    found.push(performance.now() - began);
  }
  found.sort((a, b) => a - b);
  const began = performance.now();
  const inside = map.points.inPolygon([[0, 0], [0.5, 0], [0.5, 1], [0, 1]]);
  return { n: map.points.n, n_in_lasso: inside.length,
    lasso_milliseconds: performance.now() - began,
    frame_median_milliseconds: found[30], frame_p95_milliseconds: found[57] };
}"""


def until(page: Page, expression: str) -> None:
    """Wait until it holds."""
    while not page.evaluate(f"Boolean({expression})"):
        page.wait_for_timeout(5)


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


def tiled(path: Path) -> dict[str, float]:
    """A page of 200 boxes, until every card has been in sight with the tomogram around it."""
    there = "[...document.querySelectorAll('.card:not([hidden]) .tile')]"
    with page_of(path) as (page, seconds_to_load):
        began = time.perf_counter()
        for _ in range(page.evaluate("globalThis.cryoalReview.session.data.items.length") // 20):
            until(page, f"{there}.every((tile) => tile.dataset.tile === 'there')")
            page.evaluate(PRESS, "PageDown")
        return {"seconds": time.perf_counter() - began, "seconds_to_load": seconds_to_load}


def chosen(path: Path) -> dict[str, float]:
    """The list of queues, its filter moved, and a class opened from it."""
    classified(path)
    says = "document.querySelector('#queues-says').textContent.endsWith('boxes')"
    with page_of(path) as (page, _):
        began = time.perf_counter()
        page.keyboard.press("Shift+Q")
        until(page, says)
        shown = time.perf_counter() - began
        page.locator("#kinds input[value='class:wall']").check()
        moved = page.evaluate(STEPS, ["/counts", "probability"])
        began = time.perf_counter()
        with page.expect_navigation():
            page.get_by_role("button", name="Open", exact=True).click()
        until(page, "globalThis.cryoalReview")
        opened = time.perf_counter() - began
        return {"seconds_to_show": shown, **moved, "seconds_to_open_a_class": opened}


def slid(path: Path) -> dict[str, float]:
    """The slider of a threshold: until the counts of each step are there."""
    classified(path)
    with page_of(path) as (page, _):
        began = time.perf_counter()
        page.keyboard.press("Shift+T")
        until(page, "document.querySelector('#above .peek')")
        shown = time.perf_counter() - began
        return {"seconds_to_show": shown, **page.evaluate(STEPS, ["/threshold", ""])}


def mapped(path: Path) -> dict[str, float]:
    """The map of 100,000 boxes: until it is there, a frame while it is zoomed, a lasso of half."""
    classified(path)
    with page_of(path) as (page, _):
        began = time.perf_counter()
        page.keyboard.press("Shift+M")
        until(page, "document.querySelector('#point .peek')")
        shown = time.perf_counter() - began
        return {"seconds_to_show": shown, **page.evaluate(FRAMES)}


if __name__ == "__main__":
    measure = {
        "press": pressed,
        "cards": drawn,
        "tiles": tiled,
        "queues": chosen,
        "threshold": slid,
        "map": mapped,
    }[sys.argv[1]]
    print(json.dumps(measure(Path(sys.argv[2]))))
