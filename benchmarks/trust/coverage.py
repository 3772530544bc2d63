"""Do the intervals of an audit hold the truth? Simulated campaigns, in which it is known.

``python -m benchmarks.trust.coverage`` goes on where it was; ``--campaigns 200`` tries a few.
Nothing is trained: a classifier is the true class, as loud as its cycle makes it, in noise of which
most stays the same from one cycle to the next.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows
from cryoal.estimate.allocate import allocate
from cryoal.estimate.audit import estimates
from cryoal.estimate.cells import NOT_DRAWN, NOT_NAMED, Audited
from cryoal.estimate.intervals import clopper_pearson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cryoal.estimate.audit import Estimate, Estimates

NAME = "trust_coverage"
SHARES = {
    "1 to 50 %": (0.01, 0.04, 0.15, 0.30, 0.50),
    "4, 8, 88 %": (0.04, 0.08, 0.88),
    "thirds": (1 / 3, 1 / 3, 1 / 3),
}
BOXES, ASKED, KEPT, UNNAMED = 2000, 40, 60, 0.05
T = 0.9


@dataclass(frozen=True)
class Setting:
    """One kind of campaign."""

    shares: str
    n: int
    strata: bool
    growing: bool
    """In three parts, a query and a better classifier between; else at once."""


def settings() -> Iterator[Setting]:
    for n, shares, growing, strata in itertools.product(
        (60, 20, 300, 120), SHARES, (False, True), (False, True)
    ):
        yield Setting(shares, n, strata, growing)


@dataclass
class Pool:
    """A pool as it stands: what is true, and who is what."""

    true: NDArray[np.int64]
    can_name: NDArray[np.bool_]
    is_test: NDArray[np.bool_]
    is_label: NDArray[np.bool_]
    stratum: NDArray[np.int64]
    in_audit: NDArray[np.bool_]


def campaign(setting: Setting, rng: np.random.Generator) -> tuple[Audited, Pool, NDArray[np.int64]]:
    """One campaign, run: its audit, the truth, and the classes that come out."""
    shares = np.array(SHARES[setting.shares])
    n_classes = len(shares)
    true = rng.choice(n_classes, BOXES, p=shares)
    none = np.zeros(BOXES, bool)
    pool = Pool(
        true,
        rng.random(BOXES) >= UNNAMED,
        none.copy(),
        none.copy(),
        np.full(BOXES, -1),
        none.copy(),
    )
    pool.is_test[rng.choice(BOXES, KEPT, replace=False)] = True
    pool.is_test &= pool.can_name
    base = rng.normal(size=(BOXES, n_classes))
    favour = np.log(shares) / 3 + rng.normal(0, 0.3, n_classes)  # as few labels favour classes
    parts = [setting.n // 3, setting.n // 3, setting.n - 2 * (setting.n // 3)]
    if not setting.growing:
        parts = [setting.n]
    logits = base
    for cycle, part in enumerate(parts):
        if cycle:
            _ask(pool, logits)
        loud = rng.uniform(1.5, 3.5) + 0.4 * cycle
        noise = np.sqrt(0.7) * base + np.sqrt(0.3) * rng.normal(size=base.shape)
        logits = 1.5 * (loud * np.eye(n_classes)[true] + noise + favour)  # too sure of itself
        if cycle == 0:
            _ask(pool, base)  # what the first classifier learnt from
        _draw(pool, part, logits.argmax(axis=1), strata=setting.strata, rng=rng)
    if setting.growing:  # the audit is older than the classifier that it judges
        _ask(pool, logits)
        noise = np.sqrt(0.7) * base + np.sqrt(0.3) * rng.normal(size=base.shape)
        logits = 1.5 * ((loud + 0.4) * np.eye(n_classes)[true] + noise + favour)
    predicted = logits.argmax(axis=1)
    probability = 1 / np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1)
    answer = np.where(pool.in_audit, np.where(pool.can_name, true, NOT_NAMED), NOT_DRAWN)
    frame = ~pool.is_test & ~pool.is_label
    known = (pool.is_test | pool.is_label) & pool.can_name
    out = np.where(pool.is_test, predicted, true)
    audited = Audited(
        n_classes,
        predicted[frame],
        probability[frame],
        pool.stratum[frame],
        answer[frame],
        true[known],
        out[known],
        np.where(pool.is_test, probability, 1.0)[known],
    )
    is_expert = pool.is_label | pool.in_audit
    comes_out = np.where(is_expert, true, predicted)
    told = np.where(is_expert, 1.0, probability)
    keep = pool.can_name
    return audited, pool, np.stack([comes_out, told >= T, true, frame])[:, keep].astype(np.int64)


def _ask(pool: Pool, logits: NDArray[np.float64]) -> None:
    """A query: the smallest margins, whoever is in the audit; answers are labels from now on."""
    rows, best = np.arange(BOXES), logits.argmax(axis=1)
    others = logits.copy()
    others[rows, best] = -np.inf
    margin = logits[rows, best] - others.max(axis=1)
    margin[pool.is_test | pool.is_label] = np.inf
    asked = np.argpartition(margin, ASKED)[:ASKED]
    pool.is_label[asked] = True
    pool.in_audit[asked] = False


def _draw(
    pool: Pool, n: int, predicted: NDArray[np.int64], *, strata: bool, rng: np.random.Generator
) -> None:
    frame = ~pool.is_test & ~pool.is_label
    new = frame & (pool.stratum < 0)
    pool.stratum[new] = predicted[new] if strata else 0
    sizes = np.bincount(pool.stratum[frame], minlength=1)
    had = np.bincount(pool.stratum[frame & pool.in_audit], minlength=len(sizes))
    for h, more in enumerate(allocate(n, sizes.tolist(), had.tolist())):
        left = np.flatnonzero(frame & ~pool.in_audit & (pool.stratum == h))
        pool.in_audit[rng.choice(left, more, replace=False)] = True


def told(
    found: Estimates, truth: NDArray[np.int64], audited: Audited
) -> Iterator[tuple[str, Estimate, float, int, int]]:
    """Each number that is told: its name, estimate, truth, and Clopper and Pearson's width."""
    out, is_over, true, _ = truth
    right = out == true
    answered = audited.answer >= 0
    hit = answered & (audited.answer == audited.predicted)
    n_drawn = (audited.answer != NOT_DRAWN).sum()
    yield "accuracy", found.accuracy, right.mean(), hit.sum(), answered.sum()
    for c, of in enumerate(found.classes):
        called = answered & (audited.predicted == c)
        is_c = audited.answer == c
        if (out == c).any():
            behind = (hit & called).sum(), called.sum()
            yield f"precision {c}", of.precision, right[out == c].mean(), *behind
        if (true == c).any():
            behind = (hit & is_c).sum(), is_c.sum()
            yield f"recall {c}", of.recall, right[true == c].mean(), *behind
        yield f"count {c}", of.count, (true == c).sum(), is_c.sum(), n_drawn
    for row in found.thresholds:
        chosen = (is_over == 1) & ((out == row.of) if row.of is not None else True)
        if chosen.any():
            name = "all" if row.of is None else row.of
            yield f"from 0.9 {name}", row.right, right[chosen].mean(), 0, 0


def measure(setting: Setting, n_campaigns: int, seed: int) -> list[dict[str, object]]:
    """A row for each number that is told."""
    seen: defaultdict[str, list[tuple[float, ...]]] = defaultdict(list)
    for i in range(n_campaigns):
        # The same pools whatever the audit: n, strata.
        rng = np.random.default_rng([seed, i])
        audited, _, truth = campaign(setting, rng)
        frame = len(audited.answer)
        for name, estimate, value, hits, n in told(estimates(audited, (T,)), truth, audited):
            is_told = estimate.value is not None
            seen[name].append((is_told, estimate.low, estimate.high, value, hits, n, frame))
    return [asdict(setting) | _row(name, np.array(found, float)) for name, found in seen.items()]


def _row(name: str, found: NDArray[np.float64]) -> dict[str, object]:
    """How often the truth is inside, and how wide that is beside Clopper's and Pearson's."""
    is_told, low, high, value, hits, n, frame = found.T
    is_told = is_told == 1
    slack = 1e-9 * np.maximum(1, abs(value))
    over, under = value > high + slack, value < low - slack
    least, most = clopper_pearson(hits, n)
    scale = frame if name.startswith("count") else 1
    peer = "" if name.startswith("from") else round(float(((most - least) * scale).mean()), 5)

    def share(what: NDArray[np.bool_]) -> float:
        return round(float(what[is_told].mean()), 4) if is_told.any() else 1.0

    return {
        "number": name,
        "campaigns": len(found),
        "told": round(float(is_told.mean()), 4),
        "coverage": round(float((~over & ~under).mean()), 4),
        "coverage_where_told": share(~over & ~under),
        "truth_above": share(over),
        "truth_below": share(under),
        "width": round(float((high - low).mean()), 5),
        "clopper_pearson": peer,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=5.0, help="stop after, to go on later")
    parser.add_argument("--only", default="", help="settings whose description holds this")
    parser.add_argument("--dry", action="store_true", help="print, keep nothing")
    wanted = parser.parse_args()
    done = {(r["shares"], r["n"], r["strata"], r["growing"]) for r in rows.read(NAME)}
    began = time.monotonic()
    for setting in settings():
        key = tuple(str(x) for x in asdict(setting).values())
        is_done = not wanted.dry and (key[0], key[1], key[2], key[3]) in done
        if is_done or wanted.only not in str(setting):
            continue
        if time.monotonic() - began > 60 * wanted.minutes:
            return
        found = measure(setting, wanted.campaigns, wanted.seed)
        worst = min(found, key=lambda row: float(str(row["coverage"])))
        print(setting, "worst:", worst["number"], worst["coverage"], flush=True)
        if not wanted.dry:
            now = rows.circumstances("numpy", "scipy")
            rows.append(NAME, [{**now, "seed": wanted.seed, **row} for row in found])


if __name__ == "__main__":
    main()
