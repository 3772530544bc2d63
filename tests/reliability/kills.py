"""Kill commands at chosen changes of the file system and at random times; nothing may be lost.

``python -m tests.reliability.kills [--kills 200] [--seed 0] [FOLDER]``

After each kill every answer and cycle of before is still there; the same command, given again,
ends where the undisturbed one did, or says in one line that it is done; nothing is left lying
about.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.reliability.scene import N_ASKED, scene_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.reliability.scene import Scene

__all__ = ["Command", "commands", "main", "try_kills"]

SHARE_BY_CLOCK = 0.25  # of the kills; the others come just before a change


@dataclass(frozen=True)
class Command:
    """A command, what the campaign is before it, and a file that it writes beside the campaign."""

    name: str
    stage: str
    words: tuple[object, ...]
    writes: str | None = None


def commands(scene: Scene) -> list[Command]:
    """Every command that writes."""
    here, folder = scene.here, scene.folder
    asking = ("select", here, "-n", N_ASKED)
    answers = [("label", here, scene.answers(cycle), "--annotator") for cycle in range(2)]
    table = ("export", here, "--to", "csv", "-o", folder / "out.csv")
    page = ("review", here, "--html", folder / "page.html", "--annotator", "ana")
    return [
        Command("first add", "made", scene.adding(0)),
        Command("second add", "one tomogram", scene.adding(1)),
        Command("first select", "two tomograms", asking),
        Command("select", "answered 0", asking),
        Command("label", "asked 1", (*answers[1], "ana")),
        Command("settle", "answered 0", (*answers[0], "cem", "--settle")),
        Command("classify", "answered 1", ("classify", here)),
        Command("export", "answered 1", table, "out.csv"),
        Command("report", "classified", ("report", here, "-o", folder / "out.html")),
        Command("page", "asked 1", page),
    ]


def try_kills(scene: Scene, n_kills: int, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """``(command, what became of it)`` for each kill: ``whole``, or what is wrong."""
    every = commands(scene)
    undisturbed: dict[str, tuple[dict[str, Any], bytes | None, int, float]] = {}
    for command in every:
        undisturbed[command.name] = _undisturbed(scene, command)
    share = n_kills / len(every)
    for command in every:
        wanted, file, n_changes, seconds = undisturbed[command.name]
        n_here = round(share)
        n_clock = round(SHARE_BY_CLOCK * n_here)
        places = np.linspace(1, n_changes, max(1, n_here - n_clock)).round().astype(int).tolist()
        tries = [{"at_change": place} for place in places]
        tries += [{"after_seconds": t} for t in rng.uniform(0, seconds, n_clock).tolist()]
        for killed in tries:
            yield command.name, _one(scene, command, wanted, file, killed)


def _undisturbed(scene: Scene, command: Command) -> tuple[dict[str, Any], bytes | None, int, float]:
    _clean(scene)
    scene.fresh(command.stage)
    began = time.monotonic()
    ended = scene.cryoal(*command.words)
    seconds = time.monotonic() - began
    assert ended.code == 0, f"{command.name}: {ended}"
    return scene.observed(), _content(scene, command), ended.n_changes, seconds


def _one(
    scene: Scene,
    command: Command,
    wanted: dict[str, Any],
    file: bytes | None,
    killed: dict[str, Any],
) -> str:
    _clean(scene)
    scene.fresh(command.stage)
    before = scene.observed()
    ended = scene.cryoal(*command.words, **killed)
    if ended.code >= 0:
        return "whole" if ended.is_clean else f"was not killed, and said {ended.said[-200:]}"
    after = scene.observed()
    if "failed" in after:
        return f"cannot be opened: {after['failed']}"
    for name in ("answers", "asked"):
        if [fact for fact in before[name] if fact not in after[name]]:
            return f"lost some of {name}"
    again = scene.cryoal(*command.words)
    if not again.is_clean:
        return f"given again: {again.said.strip()[-300:]}"
    found = scene.observed()
    if found != wanted:
        differs = [name for name in wanted if found.get(name) != wanted[name]]
        return f"given again it ends elsewhere: {differs or found}"
    if _content(scene, command) != file:
        return f"another {command.writes}"
    litter = [
        str(p.relative_to(scene.folder))
        for p in [*scene.here.rglob("*"), *scene.folder.glob(".*")]
        if ".tmp" in p.name or p.name.startswith(".staged") or p.name == ".lock.json"
    ]
    return f"left lying about: {litter}" if litter else "whole"


def _content(scene: Scene, command: Command) -> bytes | None:
    return (scene.folder / command.writes).read_bytes() if command.writes else None


def _clean(scene: Scene) -> None:
    for name in ("out.csv", "out.html", "page.html"):
        (scene.folder / name).unlink(missing_ok=True)
    for left in scene.folder.glob(".*"):
        left.unlink()


def main(arguments: list[str]) -> int:
    with scene_of(arguments, __doc__, "kills", 200) as (scene, n, rng):
        told: Counter[str] = Counter()
        wrong = 0
        for command, became in try_kills(scene, n, rng):
            told[command] += 1
            if became != "whole":
                wrong += 1
                print(f"{command}, kill {told[command]}: {became}", flush=True)
    by_command = ", ".join(f"{name} {n}" for name, n in told.items())
    print(f"{told.total()} kills ({by_command}): {wrong} went wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
