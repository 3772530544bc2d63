"""The session without a screen: opening, presses, cards, memory. A process of its own.

Usage: ``python -m benchmarks.review.engine open|press|cards CAMPAIGN``; prints a JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

BEGAN = time.perf_counter()

N_PRESSES = 1000


def resident_megabytes() -> float:
    """Memory of this process now."""
    status = Path("/proc/self/status").read_text()
    return next(int(s.split()[1]) for s in status.splitlines() if s.startswith("VmRSS")) / 1024


def summary(seconds: list[float], memory: list[float]) -> dict[str, float]:
    """Of many presses: how long they took, and the memory after the first hundred and the last."""
    import numpy as np

    return {
        "median_milliseconds": 1e3 * float(np.median(seconds)),
        "p95_milliseconds": 1e3 * float(np.quantile(seconds, 0.95)),
        "megabytes": memory[-1],
        "megabytes_more": memory[-1] - memory[0],
    }


def opened(path: Path) -> dict[str, float]:
    """From the start of the program to the first card."""
    from cryoal.campaign import Campaign
    from cryoal.review.queue import make_queue
    from cryoal.review.session import Session
    from cryoal.review.view import View

    imported = time.perf_counter()
    campaign = Campaign.open(path)
    session = Session(campaign, make_queue(campaign, "ana"), "ana", interface="benchmark")
    View().draw(campaign.pool.read_normalised(campaign.pool.index([session.queue.items[0].key]))[0])
    now = time.perf_counter()
    return {"seconds": now - BEGAN, "of_it_importing": imported - BEGAN}


def pressed(path: Path) -> dict[str, float]:
    """A thousand presses, each until the progress is known and the next box is drawn."""
    import numpy as np

    from cryoal.campaign import Campaign
    from cryoal.review.queue import make_queue
    from cryoal.review.session import Session
    from cryoal.review.view import View

    campaign = Campaign.open(path)
    session = Session(campaign, make_queue(campaign, "ana"), "ana", interface="benchmark")
    view, seconds, memory = View(), [], []
    for number in range(N_PRESSES):
        began = time.perf_counter()
        session.press("123"[number % 3])
        item = session.queue.items[session.position]
        view.draw(campaign.pool.read_normalised(np.array([item.row]))[0])
        session.progress().line()
        seconds.append(time.perf_counter() - began)
        if number in (N_PRESSES // 10, N_PRESSES - 1):
            memory.append(resident_megabytes())
    return summary(seconds, memory)


def drawn(path: Path) -> dict[str, float]:
    """The slabs of 200 boxes, read and made grey."""
    import numpy as np

    from cryoal.campaign import Campaign
    from cryoal.review.queue import make_queue
    from cryoal.review.view import View

    campaign = Campaign.open(path)
    rows = np.array([item.row for item in make_queue(campaign, "ana").items[:200]])
    began = time.perf_counter()
    for box in campaign.pool.read_normalised(rows):
        View().draw(box)
    return {"seconds": time.perf_counter() - began, "n": len(rows)}


if __name__ == "__main__":
    measure = {"open": opened, "press": pressed, "cards": drawn}[sys.argv[1]]
    print(json.dumps(measure(Path(sys.argv[2]))))
