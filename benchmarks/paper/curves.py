"""The rows of results/paper.csv as curves: values of each seed by strategy and number of labels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchmarks.few_labels.measure import interval
from benchmarks.paper.protocol import STRATEGIES, protocol
from cryoal.study.ablations import ABLATIONS
from cryoal.study.differences import Difference, against
from cryoal.study.statistics import area_under

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from benchmarks.paper.protocol import Protocol

__all__ = ["OF_PAPER", "Curves", "arrange", "not_run", "parts", "said"]

OF_PAPER = {
    "transfer-distance": "transfer-attention",
    "transfer-weight": "lambda-100",
    "uncertainty-distance": "knowledge-transfer",
    "restart": "scratch",
}
"""The variant of each ablation that is the paper's own, or the default where it says nothing."""

Values = dict[str, dict[int, list[float]]]
"""``[strategy][number of labels]``: one value for each seed, in percent."""


@dataclass
class Curves:
    """All rows of one protocol on one size of data."""

    protocol: Protocol
    n_train: int
    n_test: int
    accuracy: Values = field(default_factory=dict)
    miou: Values = field(default_factory=dict)
    gap: Values = field(default_factory=dict)
    recall: Values = field(default_factory=dict)
    """By number of the class in place of the labels, at the last of them."""
    gradients: Values = field(default_factory=dict)
    """Share of the picks that are among as many of the highest gradient norm."""
    deeper: Values = field(default_factory=dict)
    devices: set[str] = field(default_factory=set)
    commits: set[str] = field(default_factory=set)
    areas: dict[str, dict[int, float]] = field(default_factory=dict)
    """``[strategy][seed]``: mean height of the curve of the measure that the paper shows."""

    @property
    def key(self) -> tuple[str, int, int]:
        """Which protocol on how many candidates and tests."""
        return self.protocol.folder, self.n_train, self.n_test

    @property
    def values(self) -> Values:
        """Those of the measure that the paper shows."""
        return self.miou if self.protocol.preset.measure == "miou" else self.accuracy

    def only(self, strategies: Collection[str]) -> Curves:
        """The curves of some strategies."""
        names = ("accuracy", "miou", "gap", "recall", "gradients", "deeper", "areas")
        kept = {
            name: {s: points for s, points in getattr(self, name).items() if s in strategies}
            for name in names
        }
        return replace(self, **kept)

    def gains(self, rival: str = "random") -> dict[str, Difference]:
        """Areas, as shares, less those of `rival` on the same seed: the same first labels."""
        areas = {
            strategy: {seed: area / 100 for seed, area in sorted(found.items())}
            for strategy, found in self.areas.items()
        }
        return against(areas, rival)


def arrange(rows: Iterable[Mapping[str, str]]) -> list[Curves]:
    """One :class:`Curves` for each protocol and size of data, in the order of the first rows."""
    found: dict[tuple[str, ...], Curves] = {}
    for row in rows:
        names = ("experiment", "protocol", "departures", "n_train", "n_test")
        key = tuple(row[name] for name in names)
        if key not in found:
            flags = row["departures"].split()
            wanted = protocol(row["experiment"], quick=row["protocol"] == "quick", departures=flags)
            found[key] = Curves(wanted, int(row["n_train"]), int(row["n_test"]))
        curves, strategy = found[key], row["strategy"]
        labels = [int(n) for n in row["labels"].split()]
        accuracy, miou = _percent(row["accuracy"]), _percent(row["miou"])
        trained, recall = _percent(row["train_accuracy"]), _percent(row["last_recall"])
        gaps = [a - b for a, b in zip(trained, accuracy, strict=False)]
        for values, at, each in (
            (curves.accuracy, labels, accuracy),
            (curves.miou, labels, miou),
            (curves.gap, labels, gaps),
            (curves.gradients, labels, _percent(row["high_gradient"])),
            (curves.deeper, labels[-1:], _percent(row["deeper_accuracy"])),
            (curves.recall, range(len(recall)), recall),
        ):
            for n, value in zip(at, each, strict=False):
                values.setdefault(strategy, {}).setdefault(n, []).append(value)
        curves.devices.add(f"{row['device']} ({row['processor']})")
        curves.commits.add(row["commit"])
        shown = miou if curves.protocol.preset.measure == "miou" else accuracy
        curve = [(float(n), value) for n, value in zip(labels, shown, strict=False)]
        area = area_under(curve, curve[0][0], curve[-1][0]) if len(curve) > 1 else shown[0]
        curves.areas.setdefault(strategy, {})[int(row["seed"])] = area
    return list(found.values())


def parts(curves: Curves) -> list[tuple[str, Curves]]:
    """The curves of strategies, under no name, then those of each ablation that was run."""
    special = {v.name for variants in ABLATIONS.values() for v in variants} - set(STRATEGIES)
    plain = set(curves.areas) - special
    found = [("", curves.only(plain))] if plain else []
    for name, variants in ABLATIONS.items():
        names = {variant.name for variant in variants}
        if names & special & set(curves.areas):
            found.append((name, curves.only(names)))
    return found


def _percent(cells: str) -> list[float]:
    return [100 * float(cell) for cell in cells.split()]


def said(values: list[float]) -> str:
    """``"91.2 ± 0.4 (3)"``: mean, half of the 95 % interval (Student's t), number of seeds."""
    mean, half = interval(values)
    spread = "" if len(values) < 2 else f" ± {half:.1f}"
    return f"{mean:.1f}{spread} ({len(values)})"


def not_run(
    curves: Iterable[Curves], wanted: Protocol, names: Sequence[str] = STRATEGIES
) -> list[tuple[str, int]]:
    """Strategy (or variant) and seed of the cells of `wanted` that no row is of."""
    done: dict[str, set[int]] = {}
    for some in curves:
        if some.protocol.folder == wanted.folder:
            for strategy, areas in some.areas.items():
                done.setdefault(strategy, set()).update(areas)
    return [(s, k) for s in names for k in (0, 1, 2) if k not in done.get(s, set())]
