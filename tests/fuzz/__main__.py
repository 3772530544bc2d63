"""``python -m tests.fuzz``: changed files of every kind in great number, and what came of each.

Goes on where a run of the same seed was stopped: what is done stands in ``counts.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fuzz.attempt import attempt
from tests.fuzz.mutators import mutated
from tests.fuzz.seeds import subjects

if TYPE_CHECKING:
    from tests.fuzz.attempt import Outcome
    from tests.fuzz.seeds import Subject

KINDS = ("refused", "same", "other", "unnamed", "TRACEBACK", "HANG")
BAD = ("unnamed", "TRACEBACK", "HANG")
ROOM = 4 << 30  # bytes that a reader may ask for: a header may promise a million times as many


def run(subject: Subject, n: int, seed: int) -> list[tuple[int, Path, Outcome]]:
    """`n` changes of a subject's files, each read; the files are as before afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = repr_of(subject)
        sound = {file: file.read_bytes() for file in subject.files}
        found = []
        for number in range(n):
            rng = random.Random(f"{seed} {subject.name} {subject.path.name} {number}")
            file = subject.files[rng.randrange(len(subject.files))]
            file.write_bytes(mutated(file.name, sound[file], rng))
            try:
                found.append((number, file, attempt(subject.read, subject.path, file, before)))
            finally:
                file.write_bytes(sound[file])
    return found


def repr_of(subject: Subject) -> str:
    """What comes of the sound file; nothing where it is refused as it is."""
    from cryoal.errors import CryoALError

    try:
        return repr(subject.read(subject.path))
    except CryoALError:
        return ""


def main() -> int:
    """Run, print, and end with 1 where anything was not as promised."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--each", type=int, default=20, help="changes of each kind of file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--counts", type=Path, help="file to go on from")
    parser.add_argument(
        "--show", type=int, default=3, help="examples of what went wrong, each place"
    )
    parser.add_argument("--without-campaign", action="store_true", help="files of others alone")
    options = parser.parse_args()
    done: dict[str, dict[str, int]] = {}
    if options.counts and options.counts.exists():
        for line in options.counts.read_text().splitlines():
            facts = json.loads(line)
            if (facts["seed"], facts["each"]) == (options.seed, options.each):
                done[facts["subject"]] = facts["counts"]
    total: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    by_name: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        all_subjects = list(subjects(Path(folder), campaign=not options.without_campaign))
        _bound_memory()
        for subject in all_subjects:
            if options.only not in subject.name:
                continue
            name = f"{subject.name} {subject.path.name}"
            counts = Counter(done.get(name, {}))
            if name not in done:
                for number, file, outcome in run(subject, options.each, options.seed):
                    counts[outcome.kind] += 1
                    place = f"{subject.name}: {outcome.kind} {outcome.where}"
                    if outcome.kind in BAD and shown[place] < options.show:
                        shown[place] += 1
                        print(f"{place} [{number} {file.name}] {outcome.said}", flush=True)
                if options.counts:
                    facts = {
                        "seed": options.seed,
                        "each": options.each,
                        "subject": name,
                        "counts": counts,
                    }
                    with options.counts.open("a") as log:
                        log.write(json.dumps(facts) + "\n")
            total += counts
            by_name.setdefault(subject.name, Counter()).update(counts)
    print(f"{'kind':20s}" + "".join(f"{kind:>11s}" for kind in KINDS))
    for name, counts in by_name.items():
        print(f"{name:20s}" + "".join(f"{counts[kind]:11d}" for kind in KINDS))
    print(f"{'all':20s}" + "".join(f"{total[kind]:11d}" for kind in KINDS), f"of {total.total()}")
    return int(any(total[kind] for kind in BAD))


def _bound_memory() -> None:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmSize:"):
            room = int(line.split()[1]) * 1024 + ROOM
            resource.setrlimit(resource.RLIMIT_AS, (room, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main())
