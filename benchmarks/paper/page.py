"""What was measured beside what was published, and what is left to run, as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from benchmarks.paper.curves import OF_PAPER, not_run, parts, said
from benchmarks.paper.protocol import STRATEGIES, preset_names, protocol, read_preset
from cryoal.study.ablations import ABLATIONS
from cryoal.study.differences import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.paper.curves import Curves
    from benchmarks.paper.protocol import Protocol
    from benchmarks.paper.published import Published

__all__ = ["BEGIN", "END", "Links", "page", "put_in"]

FURTHER = (("deeper", "gradients"), ("calibrated",))  # Tables III, V, VIII; Fig. 6
FIGURE_5 = ("transfer-distance", "uncertainty-distance")
Links: TypeAlias = "Mapping[tuple[str, int, int, str], str]"
"""Paths of figures by the :attr:`~benchmarks.paper.curves.Curves.key` and the ablation."""

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


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


def page(
    curves: Sequence[Curves],
    published: Sequence[Published],
    links: Links,
) -> str:
    """What was measured beside what was published, and what is left, as Markdown.

    `links` are the figures.
    """
    text = ["## Measured and published"]
    for name in preset_names():
        lines = [line for line in published if line.experiment == name]
        has_recall = any(line.measure.startswith("recall") for line in lines)
        ours: list[str] = []
        for some in curves:
            if some.protocol.experiment == name:
                for ablation, part in parts(some):
                    link = links[*some.key, ablation]
                    ours += _measured(part, link, ablation, has_recall)
        if ours or lines:
            text += [
                "",
                f"### {read_preset(name).title}",
                "",
                *(ours or ["Nothing measured yet."]),
            ]
            text += _published(lines)
    return "\n".join([*text, *_left(curves)])


def _measured(curves: Curves, link: str, ablation: str, has_recall: bool) -> list[str]:
    preset, name = curves.protocol.preset, curves.protocol.folder
    flags = [preset.quick.note] if curves.protocol.is_quick else []
    flags += [preset.departures[flag].note for flag in curves.protocol.departures]
    what = "mIoU" if preset.measure == "miou" else "Accuracy"
    title = f"{name}, {ablation}" if ablation else name
    lines = [
        f"**Measured: {title}.** {curves.n_train:,} candidates, {curves.n_test:,} for testing."
        f" {'Departs from the preset: ' + '; '.join(flags) + '.' if flags else ''}"
        f" Run on {', '.join(sorted(curves.devices))}, commit {', '.join(sorted(curves.commits))}.",
        f"{what} in %, mean ± half of the 95 % interval (Student's t), in brackets the seeds.",
        "",
        *_table("labels", curves.values),
        "",
        *_gains(curves, OF_PAPER.get(ablation, "random")),
        "Accuracy on the training set less that on the test set, points (as in Tables I and IV):",
        "",
        *_table("labels", curves.gap),
        "",
        f"![{what} against labels, {title}]({link})",
        "",
    ]
    more = [
        (
            "Picks that are among as many of the highest gradient norm, % (as in Table III):",
            "labels",
            curves.gradients,
        ),
        (
            "Accuracy of the deeper network on the last labels, % (as in Tables V and VIII):",
            "labels",
            curves.deeper,
        ),
        (
            "Recall of each class with the last labels, % (as in Tables II, VI and VII):",
            "class",
            curves.recall if has_recall else {},
        ),
    ]
    for title, corner, values in more:
        if values:
            lines += [title, "", *_table(corner, values), ""]
    return lines


def _gains(curves: Curves, rival: str) -> list[str]:
    """What each strategy gained over a rival, as pairs of the same seed, for all at once."""
    gains = curves.gains(rival)
    if not gains:
        return []
    by_gain = sorted(gains, key=lambda s: -gains[s].over.mean)
    cells = []
    for strategy in by_gain:
        over = gains[strategy].over
        spread = "" if over.half is None else f" ± {100 * over.half:.1f}"
        cells.append(f"{100 * over.mean:.1f}{spread} ({over.n})")
    several = "; the intervals hold for all at once" if len(gains) > 1 else ""
    title = f"Mean height of the curve less that of {rival} on the same seed, points{several}."
    return [
        f"{title} {in_words(gains, rival)}".strip(),
        "",
        "| " + " | ".join(by_gain) + " |",
        "|" + "---:|" * len(by_gain),
        "| " + " | ".join(cells) + " |",
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
        f"Cells of {len(STRATEGIES)} strategies, or of the variants of an ablation, and 3 seeds: of"
        " the full and the quick protocol, of the paper's further tables, and of what is above.",
        "",
        "| command | run | left | of them |",
        "|---|---:|---:|---|",
    ]
    wanted = [protocol(n, quick=q) for n in preset_names() for q in (False, True)]
    wanted += [protocol("cifar10", departures=flags) for flags in FURTHER]
    seen = {p.folder for p in wanted}
    wanted += [c.protocol for c in curves if c.protocol.folder not in seen]
    asked: list[tuple[Protocol, str]] = [(each, "") for each in wanted]
    asked += [(protocol("cifar10"), name) for name in FIGURE_5]
    asked += [(c.protocol, name) for c in curves for name, _ in parts(c) if name]
    for each, ablation in asked:
        names = [variant.name for variant in ABLATIONS[ablation]] if ablation else STRATEGIES
        left = not_run(curves, each, names)
        n = 3 * len(names)
        partly = sorted({s for s, _ in left}, key=names.index)
        which = "all" if len(left) == n else ", ".join(partly) or "none"
        command = each.command + (f" --ablation {ablation}" if ablation else "")
        lines.append(f"| `{command}` | {n - len(left)} | {len(left)} | {which} |")
    return lines
