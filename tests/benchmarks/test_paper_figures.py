"""Rows become figures and tables beside the published numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import rows
from benchmarks.paper.curves import OF_PAPER, arrange, not_run, parts, said
from benchmarks.paper.figures import draw, figures
from benchmarks.paper.page import BEGIN, END, page, put_in
from benchmarks.paper.protocol import STRATEGIES, preset_names, protocol
from benchmarks.paper.published import read_published
from cryoal.study.ablations import ABLATIONS

if TYPE_CHECKING:
    from pathlib import Path


def row(strategy: str, seed: int, accuracy: str, **others: str) -> dict[str, str]:
    return {
        "commit": "abc",
        "processor": "2 x P",
        "device": "cpu, 1 threads",
        "experiment": "svhn",
        "protocol": "quick",
        "departures": "narrow",
        "strategy": strategy,
        "seed": str(seed),
        "n_train": "1000",
        "n_test": "500",
        "labels": "100 150",
        "accuracy": accuracy,
        "miou": "",
        "train_accuracy": "1.0 0.95",
        "high_gradient": "",
        "deeper_accuracy": "",
        "last_recall": "0.5 0.75",
    } | others


LINKS = {
    ("svhn+quick+narrow", 1000, 500, ""): "a.png",
    ("svhn+quick", 1000, 500, ""): "b.png",
    ("svhn+quick+narrow", 1000, 500, "transfer-distance"): "c.png",
}
ROWS = [
    row("random", 0, "0.50 0.60"),
    row("random", 1, "0.60 0.64"),
    row("random", 2, "0.70 0.62"),
    row("margin", 0, "0.50 0.65"),
    row("margin", 0, "0.80 0.90", departures=""),
]


def test_rows_of_a_protocol_are_one_set_of_curves_in_percent() -> None:
    narrow, full = arrange(ROWS)
    assert narrow.accuracy["random"] == {100: [50, 60, 70], 150: [60, 64, 62]}
    assert narrow.gap["random"][150] == pytest.approx([35, 31, 33])  # 95 less 60, 64, 62
    assert narrow.recall["random"][1] == [75, 75, 75]
    assert narrow.protocol.folder == "svhn+quick+narrow"
    assert full.accuracy == {"margin": {100: [80], 150: [90]}}


def test_gains_over_random_are_of_pairs_with_the_same_seed() -> None:
    rows = [*ROWS[1:4], row("entropy", 1, "0.62 0.64"), row("entropy", 2, "0.74 0.66")]
    (curves,) = arrange(rows)
    # mean heights: random 62 and 66 on seeds 1 and 2; margin, on seed 0, has nobody beside it
    assert curves.areas["random"] == pytest.approx({1: 62, 2: 66})
    gains = curves.gains()
    assert list(gains) == ["entropy"]
    assert (gains["entropy"].over.mean, gains["entropy"].over.n) == (pytest.approx(0.025), 2)
    text = page([curves], [], LINKS)
    assert "| entropy |\n|---:|\n| 2.5 ± 19.1 (2) |" in text
    assert (
        "one comparison, no difference from random holds: on 2 seeds one must be 13 times" in text
    )


def test_an_ablation_is_drawn_apart_and_compared_with_the_paper_s_own() -> None:
    variants = [("transfer-attention", "0.50 0.60"), ("transfer-kl", "0.50 0.62")]
    rows = [ROWS[0], *(row(name, 0, accuracy) for name, accuracy in variants)]
    (curves,) = arrange(rows)
    (_, plain), (name, ablation) = parts(curves)
    assert set(plain.accuracy) == {"random"}
    assert name == "transfer-distance"
    assert set(ablation.accuracy) == {"transfer-attention", "transfer-kl"}
    text = page([curves], [], LINKS)
    assert "less that of transfer-attention on the same seed, points.\n\n| transfer-kl |" in text
    assert (
        "| `python -m benchmarks.paper svhn --quick --narrow --ablation transfer-distance` |"
        in text
    )
    assert "![Accuracy against labels, svhn+quick+narrow, transfer-distance](c.png)" in text


def test_every_ablation_has_a_variant_that_the_others_are_compared_with() -> None:
    names = {name: {v.name for v in variants} for name, variants in ABLATIONS.items()}
    assert set(OF_PAPER) == set(names)
    assert all(OF_PAPER[name] in names[name] for name in names)


def test_strategies_alone_are_no_ablation() -> None:
    (curves,) = arrange([row("knowledge-transfer", 0, "0.5 0.6"), row("random", 0, "0.5 0.6")])
    assert [name for name, _ in parts(curves)] == [""]


def test_high_gradients_and_a_deeper_network_have_tables_of_their_own() -> None:
    more = {"high_gradient": "0.2500", "deeper_accuracy": "0.9125"}
    text = page(arrange([row("random", 0, "0.5 0.6", **more)]), read_published(), LINKS)
    assert "(as in Table III):\n\n| labels | 100 |\n|---|---:|\n| random | 25.0 (1) |" in text
    assert (
        "(as in Tables V and VIII):\n\n| labels | 150 |\n|---|---:|\n| random | 91.2 (1) |" in text
    )


def test_a_number_says_its_interval_and_its_seeds() -> None:
    # mean 60, deviation 10; t(.975, 2) = 4.303; 4.303 * 10 / sqrt(3) = 24.8
    assert said([50, 60, 70]) == "60.0 ± 24.8 (3)"
    assert said([50]) == "50.0 (1)"


def test_cells_without_a_row_are_not_run() -> None:
    left = not_run(arrange(ROWS), protocol("svhn", quick=True, departures=["narrow"]))
    assert ("random", 0) not in left
    assert [k for s, k in left if s == "margin"] == [1, 2]
    assert len(left) == 3 * len(STRATEGIES) - 4
    assert len(not_run(arrange(ROWS), protocol("svhn"))) == 3 * len(STRATEGIES)


def test_the_page_sets_ours_beside_the_published_and_says_what_is_left() -> None:
    text = page(arrange(ROWS), read_published(), LINKS)
    svhn = text[text.index("### SVHN") :]
    assert "| random | 60.0 ± 24.8 (3) | 62.0 ± 5.0 (3) |" in svhn
    assert "| knowledge-transfer | recall 4: Table II |" in svhn
    assert "| random | 50.0 ± 0.0 (3) | 75.0 ± 0.0 (3) |" in svhn
    assert "Departs from the preset: 20 epochs instead of 200, the rate lowered" in svhn
    assert "| `python -m benchmarks.paper svhn --quick --narrow` | 4 | 29 |" in text
    assert "| `python -m benchmarks.paper imagenet` | 0 | 33 | all |" in text


def test_published_numbers_are_of_experiments_and_strategies_that_there_are() -> None:
    published = read_published()
    assert {line.experiment for line in published} <= set(preset_names())
    known = {*STRATEGIES, "bald", "gradient-norm (entropy)", "gradient-norm (estimated)"}
    assert {line.strategy for line in published} <= known


def test_table_i_adds_up_to_the_bound_that_is_drawn() -> None:
    lines = {(p.where, p.strategy): p.points for p in read_published() if p.experiment == "cifar10"}
    gap = lines["Table I", "knowledge-transfer"]
    bound = lines["Table I, 100 less the gap: an upper bound", "knowledge-transfer"]
    assert gap[-1] == (40, 5.67)
    for (share, points), (same, percent) in zip(gap, bound, strict=True):
        assert (same, percent) == (share, pytest.approx(100 - points))


def test_a_figure_is_drawn_of_any_number_of_seeds(tmp_path: Path) -> None:
    for number, curves in enumerate(arrange(ROWS)):
        path = tmp_path / f"{number}.png"
        draw(curves, read_published(), path)
        assert path.read_bytes().startswith(b"\x89PNG")


def test_published_curves_are_not_drawn_beside_a_part_of_the_candidates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(
        "benchmarks.paper.figures._draw_published",
        lambda _, curves, *rest: drawn.append(curves.protocol.folder),
    )
    for departures in ("", "few"):
        (curves,) = arrange(
            [row("random", 0, "0.5 0.6", experiment="cifar10", departures=departures)]
        )
        draw(curves, read_published(), tmp_path / "a.png")
    assert drawn == ["cifar10+quick"]


def test_data_sets_of_other_sizes_have_figures_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "read", lambda _: [ROWS[0], ROWS[0] | {"n_train": "2000"}])
    where = tmp_path / "results.md"
    where.write_text(f"{BEGIN}\n{END}\n")
    drawn = figures(tmp_path / "images", where)
    assert [path.name for path in drawn] == [
        "svhn-quick-narrow.png",
        "svhn-quick-narrow-2000-500.png",
    ]
    assert all(f"](images/{path.name})" in where.read_text() for path in drawn)


def test_tables_replace_what_is_between_the_marks() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert put_in(text, "new") == f"before\n{BEGIN}\n\nnew\n{END}\nafter\n"
    with pytest.raises(ValueError, match="expected"):
        put_in("no marks", "new")
