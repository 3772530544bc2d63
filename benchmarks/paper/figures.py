"""Figures and tables of all rows, ours beside the published numbers: ``figures`` of the command.

The tables take the place of what is between two marks in docs/results.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import rows
from benchmarks.few_labels.measure import interval
from benchmarks.paper.curves import Curves, arrange, parts
from benchmarks.paper.page import page, put_in
from benchmarks.paper.protocol import STRATEGIES
from benchmarks.paper.published import Published, read_published
from benchmarks.paper.run import RESULT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from benchmarks.paper.page import Links

__all__ = ["draw", "figures"]

PAGE = Path("docs/results.md")
IMAGES = Path("docs/images/paper")
COLOURS = (
    *("#0072b2", "#666666", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"),
    *("#8c564b", "#9467bd", "#17becf", "#7f7f00"),
)


def figures(images: Path = IMAGES, where: Path = PAGE) -> list[Path]:
    """Draw every protocol that has rows to `images`, and write the tables into `where`."""
    curves = arrange(rows.read(RESULT))
    published = read_published()
    images.mkdir(parents=True, exist_ok=True)
    drawn = []
    links: Links = {}
    for some in curves:
        for ablation, part in parts(some):
            name = some.protocol.folder.replace("+", "-") + (f"-{ablation}" if ablation else "")
            path = images / f"{name}.png"
            if path in drawn:  # the same on a data set of another size
                path = images / f"{name}-{some.n_train}-{some.n_test}.png"
            draw(part, published, path, ablation)
            drawn.append(path)
            links[*some.key, ablation] = path.relative_to(where.parent).as_posix()
    where.write_text(put_in(where.read_text(), page(curves, published, links)))
    return drawn


def draw(curves: Curves, published: Sequence[Published], path: Path, ablation: str = "") -> None:
    """Ours with intervals, and published curves dashed, over the share of labelled candidates.

    Published curves are not drawn beside the variants of an `ablation`, nor beside a part of the
    candidates, whose shares are others.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    names = list(curves.values) if ablation else STRATEGIES
    colour = dict(zip(names, COLOURS, strict=False))
    for place, (strategy, points) in enumerate(curves.values.items()):
        labels = sorted(points)
        pairs = [interval(points[n]) for n in labels]
        share = [100 * n / curves.n_train + 0.06 * place for n in labels]  # bars side by side
        n_seeds = len(curves.areas[strategy])
        axes.errorbar(
            share,
            [mean for mean, _ in pairs],
            [0 if half != half else half for _, half in pairs],  # NaN: a single seed
            label=f"{strategy}, {n_seeds} seed" + "s" * (n_seeds > 1),
            color=colour.get(strategy, "black"),
            ecolor=(colour.get(strategy, "black"), 0.35),
            marker="o",
            ms=3,
            capsize=2,
            lw=1.3,
        )
    if not ablation and not curves.protocol.n_train:  # a tenth of fewer is not as many
        _draw_published(axes, curves, published, colour)
    measure = "mIoU" if curves.protocol.preset.measure == "miou" else "accuracy"
    axes.set(xlabel="labelled, % of the candidates", ylabel=f"{measure} on the test set, %")
    title = [curves.protocol.folder, *([ablation] if ablation else [])]
    axes.set_title(": ".join(title), fontsize=9)
    means = [sum(v) / len(v) for points in curves.values.values() for v in points.values()]
    low, high = axes.get_ylim()  # intervals of few seeds reach far beyond what can be
    axes.set_ylim(max(low, min(means) - 10, 0), min(high, 101))
    axes.grid(alpha=0.3)
    figure.legend(frameon=False, fontsize=7, ncols=3, loc="outside lower center")
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _draw_published(
    axes: Axes, curves: Curves, published: Sequence[Published], colour: dict[str, str]
) -> None:
    is_drawn = False
    for line in _of(published, curves.protocol.experiment, curves.protocol.preset.measure):
        if len(line.points) > 1 and line.where.startswith(("Table", "TOD")):
            share, percent = zip(*line.points, strict=True)
            shade = colour.get(line.strategy, "black")
            label = None if is_drawn else "dashed: published, full protocol"
            axes.plot(share, percent, "--", color=shade, lw=0.8, alpha=0.7, label=label)
            is_drawn = True


def _of(published: Sequence[Published], experiment: str, measure: str) -> list[Published]:
    return [line for line in published if (line.experiment, line.measure) == (experiment, measure)]
