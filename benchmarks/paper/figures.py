"""Figures and tables of all rows, ours beside the published numbers: ``figures`` of the command.

The tables take the place of what is between two marks in docs/results.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import rows
from benchmarks.paper.curves import Curves, arrange, not_run, said
from benchmarks.paper.protocol import STRATEGIES, preset_names, protocol, read_preset
from benchmarks.paper.published import Published, read_published
from benchmarks.paper.run import RESULT
from benchmarks.real.microtubule import interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

__all__ = ["draw", "figures", "page", "put_in"]

PAGE = Path("docs/results.md")
IMAGES = Path("docs/images/paper")
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
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
    for some in curves:
        path = images / f"{some.protocol.folder.replace('+', '-')}.png"
        draw(some, published, path)
        drawn.append(path)
    links = [path.relative_to(where.parent).as_posix() for path in drawn]
    where.write_text(put_in(where.read_text(), page(curves, published, links)))
    return drawn


def draw(curves: Curves, published: Sequence[Published], path: Path) -> None:
    """Ours with intervals, and published curves dashed, over the share of labelled candidates."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    colour = dict(zip(STRATEGIES, COLOURS, strict=True))
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
            marker="o",
            ms=3,
            capsize=2,
            lw=1.3,
        )
    _draw_published(axes, curves, published, colour)
    measure = "mIoU" if curves.protocol.preset.measure == "miou" else "accuracy"
    axes.set(xlabel="labelled, % of the candidates", ylabel=f"{measure} on the test set, %")
    axes.set_title(curves.protocol.folder, fontsize=9)
    means = [sum(v) / len(v) for points in curves.values.values() for v in points.values()]
    low, high = axes.get_ylim()  # intervals of few seeds reach far beyond what can be
    axes.set_ylim(max(low, min(means) - 10), min(high, 101))
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


def put_in(text: str, tables: str) -> str:
    """`text` with `tables` between its two marks.

    Raises
    ------
    ValueError
        There are no marks.
    """
    if BEGIN not in text or END not in text:
        raise ValueError(f"expected {BEGIN} and {END} in the page, found one or none of them")
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{tables}\n{END}{rest.partition(END)[2]}"


def page(curves: Sequence[Curves], published: Sequence[Published], links: Sequence[str]) -> str:
    """What was measured beside what was published, and what is left, as Markdown."""
    parts = ["## Measured and published"]
    for name in preset_names():
        lines = [line for line in published if line.experiment == name]
        has_recall = any(line.measure.startswith("recall") for line in lines)
        ours: list[str] = []
        for some, link in zip(curves, links, strict=True):
            if some.protocol.experiment == name:
                ours += _measured(some, link, has_recall)
        if ours or lines:
            parts += [
                "",
                f"### {read_preset(name).title}",
                "",
                *(ours or ["Nothing measured yet."]),
            ]
            parts += _published(lines)
    return "\n".join([*parts, *_left(curves)])


def _measured(curves: Curves, link: str, has_recall: bool) -> list[str]:
    preset, name = curves.protocol.preset, curves.protocol.folder
    flags = [preset.quick.note] if curves.protocol.is_quick else []
    flags += [preset.departures[flag].note for flag in curves.protocol.departures]
    what = "mIoU" if preset.measure == "miou" else "Accuracy"
    lines = [
        f"**Measured: {name}.** {curves.n_train:,} candidates, {curves.n_test:,} for testing."
        f" {'Departs from the preset: ' + '; '.join(flags) + '.' if flags else ''}"
        f" Run on {', '.join(sorted(curves.devices))}, commit {', '.join(sorted(curves.commits))}.",
        f"{what} in %, mean ± half of the 95 % interval (Student's t), in brackets the seeds.",
        "",
        *_table("labels", curves.values),
        "",
        *_gains(curves),
        "Accuracy on the training set less that on the test set, points (as in Tables I and IV):",
        "",
        *_table("labels", curves.gap),
        "",
        f"![{what} against labels, {name}]({link})",
        "",
    ]
    if has_recall:
        lines += ["Recall of each class with the last labels, % (as in Table II):", ""]
        lines += [*_table("class", curves.recall), ""]
    return lines


def _gains(curves: Curves) -> list[str]:
    """What each strategy gained over random picks, as pairs of the same seed."""
    gains = curves.gains()
    if not gains:
        return []
    by_gain = sorted(gains, key=lambda s: -sum(gains[s]) / len(gains[s]))
    return [
        "Mean height of the curve less that of random on the same seed, points:",
        "",
        "| " + " | ".join(by_gain) + " |",
        "|" + "---:|" * len(by_gain),
        "| " + " | ".join(said(gains[strategy]) for strategy in by_gain) + " |",
        "",
    ]


def _table(corner: str, values: dict[str, dict[int, list[float]]]) -> list[str]:
    labels = sorted({n for points in values.values() for n in points})
    head = f"| {corner} | " + " | ".join(f"{n:,}" for n in labels) + " |"
    body = [
        f"| {strategy} | " + " | ".join(said(points[n]) if n in points else "" for n in labels)
        for strategy, points in values.items()
    ]
    return [head, "|---|" + "---:|" * len(labels), *(f"{line} |" for line in body)]


def _published(lines: Sequence[Published]) -> list[str]:
    if not lines:
        return ["Nothing published to set beside it, or only in figures without numbers."]
    shares = sorted({share for line in lines for share, _ in line.points})
    head = "| strategy | what, where | " + " | ".join(f"{share:g} %" for share in shares) + " |"
    body = []
    for line in lines:
        at = dict(line.points)
        cells = " | ".join(f"{at[share]:g}" if share in at else "" for share in shares)
        body.append(f"| {line.strategy} | {line.measure}: {line.where} | {cells} |")
    title = "Published, percent, by share of the pool that is labelled:"
    return ["", title, "", head, "|---|---|" + "---:|" * len(shares), *body]


def _left(curves: Sequence[Curves]) -> list[str]:
    """What has not been run, with its command."""
    lines = [
        "",
        "## Not run yet",
        "",
        f"Cells of {len(STRATEGIES)} strategies and 3 seeds, of the full and the quick protocol and"
        " of what is above.",
        "",
        "| command | run | left | of them |",
        "|---|---:|---:|---|",
    ]
    wanted = [protocol(n, quick=q) for n in preset_names() for q in (False, True)]
    seen = {p.folder for p in wanted}
    wanted += [c.protocol for c in curves if c.protocol.folder not in seen]
    for each in wanted:
        left = not_run(curves, each)
        n = 3 * len(STRATEGIES)
        partly = sorted({s for s, _ in left}, key=STRATEGIES.index)
        which = "all" if len(left) == n else ", ".join(partly) or "none"
        lines.append(f"| `{each.command}` | {n - len(left)} | {len(left)} | {which} |")
    return lines
