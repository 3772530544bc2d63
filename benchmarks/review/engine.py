"""The session without a screen: opening, presses, cards, memory. A process of its own.

Usage: ``python -m benchmarks.review.engine open|press|cards|tiles|large CAMPAIGN``; prints a JSON
object.
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


def surrounded(path: Path) -> dict[str, float]:
    """The slabs of 200 boxes, each with the tomogram around it; and without, in the same run."""
    import numpy as np

    from cryoal.campaign import Campaign
    from cryoal.review.queue import make_queue
    from cryoal.review.tiles import Tile, Tiles
    from cryoal.review.view import View

    campaign = Campaign.open(path)
    rows = [item.row for item in make_queue(campaign, "ana").items[:200]]
    began = time.perf_counter()
    for box in campaign.pool.read_normalised(np.array(rows)):
        View().draw(box)
    between = time.perf_counter()
    with Tiles(campaign) as tiles:
        found = dict(tiles.several(rows))
    now = time.perf_counter()
    assert all(isinstance(tile, Tile) for tile in found.values())
    return {
        "seconds": now - began,
        "times_without": (now - began) / (between - began),
        "n": len(rows),
    }


def large(path: Path) -> dict[str, float]:
    """The surroundings of 200 boxes in a tomogram of 4 GB, and the memory that they take."""
    import mrcfile
    import numpy as np

    from cryoal.campaign import Campaign
    from cryoal.review.slab import grey_slab

    campaign = Campaign.open(path)
    record = campaign.pool.tomograms[0]
    shape, edge = (1000, 2048, 2048), 3 * campaign.pool.box
    file = path.parent / "large.mrc"
    with mrcfile.new_mmap(file, shape, mrc_mode=0, overwrite=True) as new:  # holes, no disk
        new.voxel_size = record.voxel_spacing
    places = np.random.default_rng(0).uniform(0, shape, (201, 3)) * record.voxel_spacing
    try:
        with record.open_at(file) as volume:
            grey_slab(volume, record, places[0], edge=edge, thickness=3)
            before, began = resident_megabytes(), time.perf_counter()
            for place in places[1:]:
                grey_slab(volume, record, place, edge=edge, thickness=3)
            seconds, after = time.perf_counter() - began, resident_megabytes()
    finally:
        file.unlink()
    return {"seconds": seconds, "n": len(places) - 1, "megabytes_more": after - before}


if __name__ == "__main__":
    measures = {
        "open": opened,
        "press": pressed,
        "cards": drawn,
        "tiles": surrounded,
        "large": large,
    }
    measure = measures[sys.argv[1]]
    print(json.dumps(measure(Path(sys.argv[2]))))
