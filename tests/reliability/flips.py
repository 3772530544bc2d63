"""Flip single bits in files that cryoal writes; none may change a result without a word.

``python -m tests.reliability.flips [--flips 300] [--seed 0] [FOLDER]``

After each flip a user looks at the campaign, exports and asks the next boxes. What comes out is
what came out before, or a command said what is wrong. ``campaign.toml`` and ``query.csv`` are the
user's to edit, so they are left out; so are files of zero bytes.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.reliability.scene import scene_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np

    from tests.reliability.scene import Scene

__all__ = ["flip", "main", "try_flips"]

THE_USERS = ("campaign.toml", "query.csv")
N_NEXT = 3
QUIET = ("noticed", "by doctor", "harmless")


def kind(file: Path) -> str:
    """What a file of a campaign is, for the counts."""
    parts = file.parts
    if parts[0] == "pool.zarr":
        if file.name == "zarr.json":
            return "pool: zarr.json"
        return "pool: boxes" if "boxes" in parts else "pool: columns"
    if parts[0] == "labels":
        return "journals"
    if file.suffix == ".safetensors":
        return "weights"
    return "predictions.csv" if file.name == "predictions.csv" else "JSON"


def flip(file: Path, rng: np.random.Generator) -> int:
    """Flip one bit of `file`; which."""
    content = bytearray(file.read_bytes())
    bit = int(rng.integers(8 * len(content)))
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)
    return bit


def try_flips(scene: Scene, n_flips: int, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """``(kind of file, what became of it)``.

    ``noticed``: a command said so; ``by doctor``: what the commands give is as before, and
    ``cryoal doctor`` tells; ``harmless``: nothing that is read differs, such as a space in JSON;
    or what is wrong.
    """
    scene.fresh("classified")
    files = [
        file.relative_to(scene.here)
        for file in sorted(scene.here.rglob("*"))
        if file.is_file() and file.name not in THE_USERS and file.stat().st_size
    ]
    by_kind: dict[str, list[Path]] = {}
    for file in files:
        by_kind.setdefault(kind(file), []).append(file)
    wanted, said = _look(scene)
    assert wanted["codes"] == [0, 0, 0], said
    kinds = sorted(by_kind)
    for number in range(n_flips):
        chosen = by_kind[kinds[number % len(kinds)]]
        file = chosen[int(rng.integers(len(chosen)))]
        scene.fresh("classified")
        bit = flip(scene.here / file, rng)
        found, told = _look(scene)
        where = f"{file} bit {bit}"
        if "Traceback" in told or any(code not in (0, 2) for code in found["codes"]):
            yield kind(file), f"traceback, {where}: {told[-300:]}"
        elif found == wanted:
            is_found = told == said and scene.damaged()
            unsaid = "by doctor" if is_found else "harmless"
            yield kind(file), unsaid if told == said else "noticed"
        elif 2 in found["codes"] or "failed" in found["facts"]:
            yield kind(file), "noticed"
        else:
            differs = [name for name in wanted if found[name] != wanted[name]]
            yield kind(file), f"silent, {where}: other {', '.join(differs)}"


def _look(scene: Scene) -> tuple[dict[str, Any], str]:
    """What a user gets from the campaign, and what the commands said on the way."""
    out = scene.folder / "out.csv"
    out.unlink(missing_ok=True)
    said, codes = [], []
    for words in (
        ("status", scene.here),
        ("export", scene.here, "--to", "csv", "-o", out),
        ("select", scene.here, "-n", N_NEXT),
    ):
        ended = scene.cryoal(*words)
        codes.append(ended.code)
        said.append(ended.said)
    table = out.read_text(errors="replace") if out.exists() else None
    return {"codes": codes, "table": table, "facts": scene.observed()}, "\n".join(said)


def main(arguments: list[str]) -> int:
    counts: dict[str, Counter[str]] = {}
    with scene_of(arguments, __doc__, "flips", 300) as (scene, n, rng):
        for what, became in try_flips(scene, n, rng):
            word = became.split(",")[0]
            counts.setdefault(what, Counter())[word] += 1
            if word not in QUIET:
                print(f"{what}: {became}", flush=True)
    words = (*QUIET, "silent", "traceback")
    print(f"{'':18s}" + "".join(f"{word:>10s}" for word in words))
    for what, told in sorted(counts.items()):
        print(f"{what:18s}" + "".join(f"{told[word]:10d}" for word in words))
    total = sum(counts.values(), Counter[str]())
    print(f"{'all':18s}" + "".join(f"{total[word]:10d}" for word in words))
    return 1 if total["silent"] or total["traceback"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
