from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from cryoal.estimate.student import Interval
from cryoal.study.arrange import accuracy, arrange, ranked, worst_recall
from cryoal.study.by_budget import high_gradient, learning_curve, student_curve, train_test_gap
from cryoal.study.table import Column, Table
from cryoal.study.tables import (
    TABLES,
    bound,
    labels_to_reach,
    penalty_table,
    picked_and_test,
    recall_by_class,
    run_cells,
    stopping,
    summary,
    time_per_cycle,
)

from .samples import campaign_rows, row


def _means(table: Table | None) -> dict[str, list[Any]]:
    assert table is not None
    return {
        str(r[0]): [c.mean if isinstance(c, Interval) else c for c in r[1:]] for r in table.rows
    }


def _about(*values: float) -> Any:
    return pytest.approx(list(values))


def test_learning_curve_is_the_mean_over_seeds_at_each_budget() -> None:
    rows = [row("a", seed, cycle, 0.5 + 0.1 * cycle + 0.02 * seed)
            for seed in range(3) for cycle in (1, 2)]  # fmt: skip
    table = learning_curve(arrange(rows))
    assert _means(table) == {"a": _about(0.62, 0.72)}
    assert table is not None
    assert [c.name for c in table.columns] == ["strategy", "100 labels", "200 labels"]
    assert "3 seeds" in table.note


def test_labels_of_validation_count_against_the_budget() -> None:
    table = learning_curve(arrange([row("a", 0, 1, 0.5, n_validation=40)]))
    assert table is not None
    assert table.columns[1].name == "140 labels"


def test_budgets_that_differ_in_a_cycle_are_given_as_a_range() -> None:
    rows = [row("a", 0, 1, 0.5), row("b", 0, 1, 0.5, n_labelled=97)]
    table = learning_curve(arrange(rows))
    assert table is not None
    assert table.columns[1].name == "97–100 labels"


def test_gap_is_train_less_test() -> None:
    rows = [row("a", 0, 1, 0.75, train_accuracy=0.9), row("b", 0, 1, 0.5, train_accuracy=None)]
    assert _means(train_test_gap(arrange(rows))) == {"a": _about(0.15)}


def test_worst_recall_leaves_out_classes_without_test_boxes() -> None:
    assert worst_recall(row("a", 0, 1, 0.5, recall=[0.9, 0.0, 0.4], support=[5, 0, 5])) == 0.4
    assert worst_recall(row("a", 0, 1, 0.5, recall=[0.0], support=[0])) is None


def test_recall_by_class_is_of_the_last_budget() -> None:
    rows = [row("a", 0, 1, 0.5), row("a", 0, 2, 0.5, recall=[0.1, 0.2, 0.3], support=[9, 0, 9])]
    rows.append(row("b", 0, 1, 0.9))
    table = recall_by_class(arrange(rows))
    assert _means(table) == {"a": [0.1, None, 0.3]}  # b has not got there
    assert table is not None
    assert table.columns[1].name == "ring (30)"


def test_picks_stand_beside_the_test_accuracy_after_training_on_them() -> None:
    rows = [
        row("a", 0, 1, 0.5, picked_accuracy=0.2),
        row("a", 0, 2, 0.6, picked_accuracy=0.3),
        row("a", 0, 3, 0.7),
        row("a", 1, 1, 0.5, picked_accuracy=None),
        row("a", 1, 2, 0.1),  # no picks were measured in this seed: no pair
    ]
    assert _means(picked_and_test(arrange(rows))) == {"a": _about(0.2, 0.6, 0.3, 0.7)}


def test_picks_of_high_gradient_are_counted_out_of_the_picks() -> None:
    rows = [row("a", s, 1, 0.5, high_gradient=10 + s, n_picked=50) for s in (0, 2)]
    table = high_gradient(arrange(rows))
    assert _means(table) == {"a": _about(11.0)}
    assert table is not None
    assert "out of 50 (" in table.title


def test_bound_adds_distance_and_error_and_counts_where_it_holds() -> None:
    parts = [
        {"distance": 0.2, "error": 0.5, "loss": 0.6},
        {"distance": 0.1, "error": 0.1, "loss": 0.3},  # made up: no norm can do this
    ]
    rows = [row("a", seed, 1, 0.5, bound=part) for seed, part in enumerate(parts)]
    means = _means(bound(arrange([*rows, row("b", 0, 1, 0.5)])))
    assert list(means) == ["a"]
    assert means["a"][1:5] == _about(0.15, 0.3, 0.45, 0.45)
    assert means["a"][5] == "1 of 2"


def test_time_is_the_mean_of_the_cycles_split_into_its_steps() -> None:
    rows = [
        row("a", 0, 1, 0.5, seconds={"train": 2.0, "score": 1.0, "select": 1.0}),
        row("a", 0, 2, 0.5, seconds={"train": 4.0, "score": None, "select": None}),
    ]
    # the last cycle asks nobody: 3 s of training, 1 s and 1 s where there was something to ask
    assert _means(time_per_cycle(arrange(rows))) == {"a": _about(3.0, 1.0, 1.0, 5.0, 0.4)}


def test_labels_are_given_only_where_the_mean_is_shown_to_get_there() -> None:
    rows = []
    for seed, end in enumerate((0.69, 0.70, 0.71)):
        for name, first, last in (
            ("random", 0.5, end),
            ("good", 0.5, 0.9 + 0.1 * (end - 0.7)),
            ("noisy", 0.5, 0.7 + 8 * (end - 0.69)),  # 0.01, 0.08, 0.15 over: t = 2 < 4.3
            ("poor", 0.4, end - 0.2),
        ):
            rows += [row(name, seed, 1, first + 0.001 * seed), row(name, seed, 2, last)]
    table = labels_to_reach(arrange(rows))
    assert table is not None
    assert [c.name for c in table.columns][-2:] == ["90 %", "random’s last (70.00 %)"]
    last = {r[0]: r[-1] for r in table.rows}
    assert last["random"] is None
    assert isinstance(last["good"], Interval)
    assert last["good"].mean == pytest.approx(150, abs=1)  # 0.5, 0.9: half of the way to 0.7
    assert (last["noisy"], last["poor"]) == ("not shown with 200, more than 144", "more than 200")
    shown = {line[0][0]: line[-1][0:2] for line in table.shown()}
    assert shown["good"] == ("150", "(144 to 156)")  # 4.303 * 0.009 / sqrt(3) over a slope of 0.4


def test_penalty_table_has_the_means_of_rows_and_columns() -> None:
    rows = [row(name, seed, 1, level + 0.01 * seed + 0.001 * (seed == place))
            for place, (name, level) in enumerate({"good": 0.8, "poor": 0.5}.items())
            for seed in range(4)]  # fmt: skip
    means = _means(penalty_table(arrange(rows)))
    assert means == {
        "good": [None, 1.0, 1.0],
        "poor": [0.0, None, 0.0],
        "is beaten, mean": [0.0, 1.0, None],
    }


def test_area_is_over_finished_cells_and_the_budgets_they_share() -> None:
    rows = [row("a", 0, c, level) for c, level in ((1, 0.4), (2, 0.6), (3, 0.8))]
    rows += [row("b", 0, c, 0.5, n_validation=50) for c in (1, 2, 3)]
    rows += [row("c", 0, 1, 0.9)]  # was killed: must not shrink the range of the others
    areas = arrange(rows).areas(accuracy)
    # both have 150 to 300: a is 0.5 there, 0.6 at 200, 0.8 at the end
    assert areas == {"a": {0: pytest.approx((50 * 0.55 + 100 * 0.7) / 150)},
                     "b": {0: pytest.approx(0.5)}, "c": {}}  # fmt: skip


def test_summary_takes_differences_to_random_seed_by_seed() -> None:
    rows = []
    for seed in range(3):
        for cycle in (1, 2):
            level = 0.3 + 0.2 * seed
            over = 0.05 + 0.001 * seed
            rows += [row("random", seed, cycle, level), row("a", seed, cycle, level + over)]
    table = summary(arrange(rows))
    assert table is not None
    place = [c.name for c in table.columns].index("area over random’s")
    found = table.rows[1][place]
    assert isinstance(found, Interval)
    # the seeds differ by 0.2, their differences by 0.001: 4.303 * 0.001 / sqrt(3) = 0.0025
    assert (found.low, found.mean, found.high) == pytest.approx((0.0485, 0.051, 0.0535), abs=5e-5)
    assert table.rows[1][place + 1] == "above"
    assert table.rows[0][place] is None


def test_strategies_are_ranked_by_area_and_those_without_rows_come_last() -> None:
    rows = [row(name, 0, c, level) for name, level in (("low", 0.2), ("high", 0.9)) for c in (1, 2)]
    cells = ranked(arrange([*rows, row("unfinished", 0, 1, 0.99)], strategies=["never", "low"]))
    assert cells.strategies == ("high", "low", "unfinished", "never")


def test_stopping_rules_are_judged_by_what_going_on_gained() -> None:
    rows = [row("a", 0, 1, 0.5), row("a", 0, 2, 0.7, advice=["plateau"]),
            row("a", 0, 3, 0.8, advice=["plateau"])]  # fmt: skip
    means = _means(stopping(arrange(rows)))
    assert means == {"a": ["plateau", "1 of 1", 200.0, pytest.approx(0.7), pytest.approx(0.1)]}


def test_cells_that_were_not_run_are_counted() -> None:
    rows = [row("a", 0, 1, 0.5), row("a", 0, 2, 0.5), row("b", 0, 1, 0.5)]
    table = run_cells(arrange(rows, strategies=["a", "b", "c"], seeds=[0, 1]))
    assert table.rows == (
        ("a", "2 of 2", "not run"),
        ("b", "1 of 2", "not run"),
        ("c", "not run", "not run"),
    )


def test_two_rows_of_one_cycle_are_refused() -> None:
    with pytest.raises(ValueError, match="two of strategy 'a', seed 3, cycle 1"):
        arrange([row("a", 3, 1, 0.5), row("a", 3, 1, 0.5)])
    with pytest.raises(ValueError, match=r"found \['x'\] in strategy 'b'"):
        arrange([row("a", 0, 1, 0.5), row("b", 0, 1, 0.5, classes=["x"])])


def test_settings_of_one_strategy_in_several_studies_are_kept_apart() -> None:
    rows = [row("kt", 0, 1, 0.5, study=study) for study in ("L1", "MSE")]
    assert arrange(rows).strategies == ("L1: kt", "MSE: kt")


def test_without_optional_numbers_there_are_no_empty_tables() -> None:
    cells = arrange([row("a", 0, 1, 0.5)])
    assert student_curve(cells) is None
    assert high_gradient(cells) is None
    assert picked_and_test(cells) is None
    assert bound(cells) is None
    assert stopping(cells) is None
    assert penalty_table(cells) is None  # one seed


def test_identical_strategies_are_never_shown_to_differ() -> None:
    rows = [row(name, seed, cycle, 0.5 + seed / 10)
            for name in ("random", "same") for seed in range(3) for cycle in (1, 2)]  # fmt: skip
    table = summary(arrange(rows))
    assert table is not None
    names = [c.name for c in table.columns]
    for cells in table.rows:
        assert cells[names.index("is beaten")] == 0
        assert cells[names.index("beats")] == 0
    assert not any(bold for line in table.shown() for _, _, bold in line)


def test_csv_holds_the_ends_of_the_intervals_and_bare_numbers() -> None:
    columns = (Column("strategy"), Column("100 labels", "share", "high"))
    interval = Interval(0.8125, 0.75, 0.875, 3)
    rows = (("a, b", interval), ("c", None), ("d", Interval(0.5, None, None, 1)))
    table = Table("name", "Title", columns, rows, "note", n_seeds=3)
    assert list(csv.reader(io.StringIO(table.csv()))) == [
        ["strategy", "100 labels", "100 labels low", "100 labels high", "100 labels seeds"],
        ["a, b", "0.8125", "0.75", "0.875", "3"],
        ["c", "", "", "", ""],
        ["d", "0.5", "", "", "1"],
    ]
    assert table.shown() == [
        [("a, b", "", False), ("81.25", "± 6.25", True)],
        [("c", "", False), ("–", "", False)],
        [("d", "(n = 1)", False), ("50.00", "", False)],
    ]


def test_every_table_can_be_written_and_shown() -> None:
    rows = campaign_rows(["random", "knowledge-transfer", "entropy"], n_seeds=3, n_cycles=3)
    rows = [row | {"miou": row["accuracy"] / 2} for row in rows]
    names = set()
    for make in TABLES:
        table = make(arrange(rows))
        assert table is not None, make.__name__
        names.add(table.name)
        read = list(csv.reader(io.StringIO(table.csv())))
        assert len(read) == len(table.rows) + 1
        assert len({len(line) for line in read}) == 1
        assert all(len(line) == len(table.on_page) for line in table.shown())
    assert len(names) == len(TABLES)
