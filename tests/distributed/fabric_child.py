"""Two processes that Fabric joins over gloo, forked from one that has imported torch: by scenes.

``python -m tests.distributed.fabric_child`` prints what came of each scene as one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from cryoal.distributed.fabric import FabricCompany, follow
from cryoal.distributed.processes import OWN, Started
from cryoal.errors import CryoALError, PoolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryoal.training.company import Company


def port() -> str:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def add_up(company: Company, folder: str) -> None:
    with company.ready():
        pass
    found = [company.sum(torch.tensor([1.0 + company.rank])).item(), company.told(company.rank)]
    Path(folder, f"sum {company.rank}").write_text(json.dumps(found))


def without_disk(company: Company) -> None:
    with company.ready():
        if company.rank:
            raise PoolError("expected a pool in /disk, found nothing")


def vanish(company: Company) -> None:
    with company.ready():
        pass
    if company.rank:
        os._exit(9)
    while True:
        company.sum(torch.zeros(1))


def scene(first: Callable[[FabricCompany], object]) -> dict[str, Any]:
    """What the first does, and how the second ended, which follows."""
    common = {OWN: "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port(), "WORLD_SIZE": "2"}
    sys.stdout.flush()
    other = os.fork()
    os.environ.update({**common, "NODE_RANK": "0", "LOCAL_RANK": "0" if other else "1"})
    if not other:
        os._exit(follow(Started("cryoal", 1, 2, 2, 1)))
    told = None
    company = FabricCompany(Started("cryoal", 0, 2, 2, 1))
    try:
        first(company)
    except CryoALError as error:
        told = f"{type(error).__name__}: {error}"
    company.end()
    return {"told": told, "second": os.waitstatus_to_exitcode(os.waitpid(other, 0)[1])}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:

        def both(job: Any, *arguments: Any) -> Callable[[FabricCompany], object]:
            def first(company: FabricCompany) -> None:
                company.call(job, *arguments)
                job(company, *arguments)

            return first

        found: dict[str, Any] = {"sum": scene(both(add_up, folder))}
        found["sums"] = [json.loads(Path(folder, f"sum {rank}").read_text()) for rank in (0, 1)]
        found["without disk"] = scene(both(without_disk))
        found["vanished"] = scene(both(vanish))
        print(json.dumps(found))


if __name__ == "__main__":
    main()
