"""``python -m benchmarks.trust.novelty run``: what is not in results/trust_novelty.csv yet.

Parts, each on sets whose blocks are computed once (:mod:`benchmarks.few_labels.answers`):

``auroc``: one class is left out of training and of the labels; does it lie above the rest of the
unlabelled pool? Labels are drawn at random from the other classes; `share` is that of the left-out
class in the pool, as it is or 0.04. ``novelty`` is cryoal's, ``distance`` the relative distance
that it starts from, ``1 - max p`` the classifier's.

``find``: average precision of ``cryoal find`` with 1 and 3 examples of a class, and of the cosine
of the encoder's embedding and of all standardised columns.

``missing`` and ``accuracy``: a campaign by the default strategies in queries of `n`, with and
without ``query.explore``: whether a class has no label after query 1, 2, 3, and how many of the
unlabelled boxes are right. `share` is that of one class, or as they are.

``unsure``: the annotator is unsure of every box of one class: how many of the boxes of queries 2, 3
and 4 (30 each; 26 before) are of it, where abstentions teach and where not.

Settings were chosen on draws 0 to 9; what is told is of draws from 10 on.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks import rows
from benchmarks.few_labels.answers import blocks_of
from benchmarks.few_labels.data import Absent, open_set
from benchmarks.few_labels.draws import typical
from cryoal.campaign.subset import drawn_less
from cryoal.heads.choose import fit_heads
from cryoal.heads.standardise import SideBySide
from cryoal.novelty.alike import likeness
from cryoal.novelty.directions import Directions
from cryoal.novelty.distances import ranks, relative_distance
from cryoal.novelty.outlying import outlying, spread_out
from cryoal.novelty.unlike import fit_novelty
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.heads.choose import Heads

RESULT = "trust_novelty"
KEY = ("part", "set", "class", "share", "n", "seed", "what")
LABELS = {"A": (26, 52, 104), "D": (26, 52, 104), "D1": (26, 52, 104), "E": (54, 104)}
SHARES = {"A": (0.0, 0.04), "D": (0.0, 0.04), "D1": (0.0, 0.04), "E": (0.0,)}
EXPLORE = 0.1
SUBSET = 10


class Pool(NamedTuple):
    """Boxes of known class, in memory."""

    label: NDArray[np.int64]
    blocks: dict[str, NDArray[np.float32]]
    classes: tuple[str, ...]
    mean_std: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]

    def some(self, index: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        """All blocks of these rows."""
        return {name: values[index] for name, values in self.blocks.items()}

    def directions(self) -> NDArray[np.float32]:
        """Of all rows."""
        return Directions(self.mean_std, self.blocks)(self.blocks)

    def heads(self, known: NDArray[np.int64], label: NDArray[np.int64], k: int, seed: int) -> Heads:
        """Heads of `known` that teach each other on all other rows."""
        rest = np.setdiff1d(np.arange(len(self.label)), known)
        return fit_heads(
            self.some(known),
            label,
            k,
            mean_std=self.mean_std,
            seed=seed,
            unlabelled=self.some(rest),
        )


def open_pool(name: str, work: Path) -> Pool:
    """All boxes that may be asked for; of E all tomograms."""
    given = open_set(name, work)
    index = np.arange(len(given.label)) if name == "E" else given.pool
    blocks = {k: values[index] for k, values in blocks_of(given, work).items()}
    return _pool(given.label[index], blocks, given.classes)


def _pool(
    label: NDArray[np.int64], blocks: Mapping[str, NDArray[np.float32]], classes: tuple[str, ...]
) -> Pool:
    wide = {name: values.astype(np.float64) for name, values in blocks.items()}
    mean_std = {name: (values.mean(axis=0), values.std(axis=0)) for name, values in wide.items()}
    return Pool(label, dict(blocks), classes, mean_std)


def with_share(whole: Pool, one: int, share: float, rng: np.random.Generator) -> Pool:
    """The pool in another order; `share` of it are of class `one`, where that is not 0."""
    order = rng.permutation(len(whole.label))
    if share:
        others = order[whole.label[order] != one]
        n = round(share * len(others) / (1.0 - share))
        order = rng.permutation(np.concatenate([others, order[whole.label[order] == one][:n]]))
    return _pool(whole.label[order], whole.some(order), whole.classes)


def auroc(values: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    from scipy.stats import rankdata

    above = rankdata(values)[positive].sum() - positive.sum() * (positive.sum() + 1) / 2
    return float(above / positive.sum() / (~positive).sum())


def of_auroc(whole: Pool, one: int, share: float, n: int, seed: int) -> Iterator[tuple[str, float]]:
    pool = with_share(whole, one, share, stream(seed, "novelty", one))
    known = np.flatnonzero(pool.label != one)[:n]
    rest = np.setdiff1d(np.arange(len(pool.label)), known)
    is_new, k = pool.label[rest] == one, len(pool.classes)
    heads = pool.heads(known, pool.label[known], k, seed)
    p = np.exp(heads.log_posterior(pool.some(rest)).astype(np.float64))
    yield "1 - max p", auroc(1.0 - p.max(axis=1), is_new)
    side_by_side = SideBySide(pool.mean_std)
    place = np.unique(pool.label[known], return_inverse=True)[1]
    labelled, others = side_by_side(pool.some(known)), side_by_side(pool.some(rest))
    from cryoal.heads.block_sets import views

    columns = [side_by_side.columns(view) for view in views(side_by_side.names)]
    far = [ranks(relative_distance(labelled[:, c], place, others[:, c])) for c in columns]
    yield "distance", auroc(np.mean(far, axis=0), is_new)
    fitted = fit_novelty(
        pool.some(known),
        pool.label[known],
        pool.some(rest),
        p,
        mean_std=pool.mean_std,
        seed=seed,
    )
    yield "novelty", auroc(fitted.log_odds(pool.some(rest)), is_new)


def of_find(whole: Pool, one: int, share: float, n: int, seed: int) -> Iterator[tuple[str, float]]:
    rng = stream(seed, "find", one)
    pool = with_share(whole, one, share, rng)
    examples = rng.choice(np.flatnonzero(pool.label == one), n, replace=False)
    rest = np.setdiff1d(np.arange(len(pool.label)), examples)
    is_one = pool.label[rest] == one
    directions = pool.directions()
    yield "find", precision(likeness(directions[rest], directions[examples]), is_one)
    side_by_side = SideBySide(pool.mean_std)
    looks = {"columns": side_by_side(pool.blocks), "embedding": pool.blocks["pretrained"]}
    for name, values in looks.items():
        centred = values - values.mean(axis=0)
        centred /= np.linalg.norm(centred, axis=1, keepdims=True)
        yield name, precision(centred[rest] @ centred[examples].mean(axis=0), is_one)


def precision(score: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Average precision."""
    ranked = positive[np.argsort(-score, kind="stable")]
    found = np.cumsum(ranked)[ranked]
    return float((found / (np.flatnonzero(ranked) + 1)).mean())


def of_campaign(
    whole: Pool, one: int, share: float, n: int, seed: int, explore: float
) -> Iterator[tuple[str, float]]:
    """After queries 1, 2 and 3: whether a class is missing, and the share that is right."""
    rng = stream(seed, "campaign", one)
    pool = with_share(whole, one, share, rng)
    everything, k = np.arange(len(pool.label)), len(pool.classes)
    directions = pool.directions()
    q = round(explore * n)
    first = np.zeros(0, np.int64)
    if q:
        first = spread_out(directions, outlying(pool.blocks, pool.mean_std), q)
    rest = np.setdiff1d(everything, first)
    asked = np.concatenate([first, typical(pool.blocks["pretrained"], rest, n - q, seed, one)])
    for query in (1, 2, 3):
        rest = np.setdiff1d(everything, asked)
        missing = k - len(np.unique(pool.label[asked]))
        p = np.exp(
            pool.heads(asked, pool.label[asked], k, seed)
            .log_posterior(pool.some(rest))
            .astype(np.float64)
        )
        yield f"missing after {query}", float(missing > 0)
        yield f"accuracy after {query}", float((p.argmax(axis=1) == pool.label[rest]).mean())
        if query == 3:
            return
        new = np.zeros(0, np.int64)
        if missing and q:
            fitted = fit_novelty(
                pool.some(asked),
                pool.label[asked],
                pool.some(rest),
                p,
                mean_std=pool.mean_std,
                seed=seed,
            )
            odds = fitted.log_odds(pool.some(rest))
            new = rest[spread_out(directions[rest], odds, q)]
        left = np.setdiff1d(rest, new)
        subset = rng.choice(left, min(SUBSET * n, len(left)), replace=False)
        margin = _margin(p[np.searchsorted(rest, subset)])
        asked = np.concatenate([asked, new, subset[np.argsort(margin)[: n - len(new)]]])


def of_unsure(whole: Pool, one: int, seed: int, *, teaches: bool) -> Iterator[tuple[str, float]]:
    rng = stream(seed, "unsure", one)
    pool = with_share(whole, one, 0.0, rng)
    everything, k = np.arange(len(pool.label)), len(pool.classes)
    asked = typical(pool.blocks["pretrained"], everything, 26, seed, one)
    for query in (2, 3, 4):
        rest = np.setdiff1d(everything, asked)
        sure = asked[pool.label[asked] != one]
        told = pool.heads(sure, pool.label[sure], k, seed).log_posterior(pool.some(rest))
        n = min(SUBSET * 30, len(rest))
        if teaches and (pool.label[asked] == one).sum() >= 3:
            kinds = np.where(pool.label[asked] == one, k, pool.label[asked])
            heads = pool.heads(asked, kinds, k + 1, seed)

            def tell(index: NDArray[np.int64], heads: Heads = heads) -> NDArray[np.float64]:
                told = heads.log_posterior(pool.some(index))[:, k]
                return np.exp(told.astype(np.float64))

            subset = drawn_less(rest, n, 30, tell, rng)
        else:
            subset = rng.choice(rest, n, replace=False)
        margin = _margin(np.exp(told[np.searchsorted(rest, subset)].astype(np.float64)))
        new = subset[np.argsort(margin)[:30]]
        yield f"query {query}", float((pool.label[new] == one).sum())
        yield f"chance {query}", float(30 * (pool.label[rest] == one).mean())
        asked = np.concatenate([asked, new])


def _margin(p: NDArray[np.float64]) -> NDArray[np.float64]:
    ranked = np.sort(p, axis=1)
    return np.asarray(ranked[:, -1] - ranked[:, -2])


def cells(
    part: str, name: str, pool: Pool, seeds: Sequence[int]
) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[str, float]]]]:
    """The key of each cell without its last entry, and what computes it."""
    k = len(pool.classes)
    if part == "auroc":
        for seed, share, n, one in product(seeds, SHARES[name], LABELS[name], range(k)):
            yield (
                (part, name, pool.classes[one], f"{share:g}", str(n), str(seed)),
                of_auroc(pool, one, share, n, seed),
            )
    elif part == "find":
        for seed, share, n, one in product(seeds, SHARES[name], (1, 3), range(k)):
            yield (
                (part, name, pool.classes[one], f"{share:g}", str(n), str(seed)),
                of_find(pool, one, share, n, seed),
            )
    elif part == "campaign":
        sizes = [(0.0, 27 if name == "E" else 26)]
        if name != "E":
            sizes.append((0.02, 40))
        for seed, (share, n), explore in product(seeds, sizes, (0.0, EXPLORE)):
            for one in range(k) if share else [0]:
                what = pool.classes[one] if share else ""
                yield (
                    (f"explore {explore:g}", name, what, f"{share:g}", str(n), str(seed)),
                    of_campaign(pool, one, share, n, seed, explore),
                )
    elif name == "A":
        for seed, teaches in product(seeds, (False, True)):
            part = "unsure teaches" if teaches else "unsure"
            yield (
                (part, name, "lumen", "0", "30", str(seed)),
                of_unsure(pool, pool.classes.index("lumen"), seed, teaches=teaches),
            )


def run(options: argparse.Namespace) -> None:
    done = {tuple(row[name] for name in KEY[:-1]) for row in rows.read(RESULT)}
    for name in options.sets:
        try:
            pool = open_pool(name, options.work)
        except Absent as reason:
            print(f"{name} skipped: {reason}")
            continue
        for part in options.parts:
            for key, values in cells(part, name, pool, options.seeds):
                if key in done:
                    continue
                about = rows.circumstances("numpy")
                found = [
                    about | dict(zip(KEY, (*key, what), strict=True)) | {"value": f"{value:.4f}"}
                    for what, value in values
                ]
                rows.append(RESULT, found)
                print(*key, *(f"{row['what']} {row['value']}" for row in found), flush=True)


def table() -> str:
    """Mean over seeds and classes, and the worst class, of each part, set, share, n and what."""
    found: dict[tuple[str, ...], dict[str, list[float]]] = {}
    for row in rows.read(RESULT):
        key = (row["part"], row["set"], row["share"], row["n"], row["what"])
        found.setdefault(key, {}).setdefault(row["class"], []).append(float(row["value"]))
    lines = [
        "| part | set | share | n | what | mean | worst class | cells |",
        "|---|---|---|---:|---|---:|---:|---:|",
    ]
    for key in sorted(found):
        means = {name: float(np.mean(values)) for name, values in found[key].items()}
        worst = min(means, key=lambda name: means[name])
        every = [value for values in found[key].values() for value in values]
        said = f"{np.mean(every):.3f} | {means[worst]:.3f} ({worst}) | {len(every)}"
        lines.append("| " + " | ".join(key) + f" | {said} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust.novelty", description=__doc__)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--parts", nargs="*", default=["auroc", "find", "campaign", "unsure"])
    parser.add_argument("--sets", nargs="*", default=list(LABELS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 13)))
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table())


if __name__ == "__main__":
    main()
