"""Who decided, worked by hand: a table as the first layout had it, and answers of every kind."""

from __future__ import annotations

import csv
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
import starfile

from cryoal.campaign import Campaign, predictions
from cryoal.campaign.export import export
from cryoal.campaign.predictions import (
    are_current,
    current_predictions,
    last_classes,
    read_predictions,
)
from cryoal.campaign.report import write_report
from cryoal.cli import main
from cryoal.data.extract import extract
from cryoal.errors import CampaignError, FileFormatError
from cryoal.io.picks.read import read_picks
from cryoal.io.star import read_star
from cryoal.records import digest, write_json
from cryoal.review.context import surroundings
from tests.campaign.report.page_reader import read_page
from tests.campaign.report.page_reader import table as shown

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.testing.phantoms import PhantomFiles

P = ["0.700000", "0.200000", "0.100000"]  # ring, rod, background: the classifier says ring
FIRST = [
    # class, who decided, the classifier's posterior
    ("rod", "expert", P),  # though the classifier says ring
    ("", "undecided", P),  # ana cannot say
    ("", "disputed", P),  # ana says ring, ben rod
    ("rod", "expert", P),  # the same, and carla has settled it
    ("ring", "expert", P),  # ben cannot say, but ana can
    ("", "undecided", P),  # dora has settled that nobody can say
    ("ring", "expert", P),  # ana said hoop, as ring was called then
    ("ring", "classifier", ["0.400000", "0.400000", "0.200000"]),  # the first of two alike
    ("background", "classifier", ["0.100000", "0.200000", "0.700000"]),
]
REST = ("rod", "classifier", ["0.020000", "0.950000", "0.030000"])
OURS = ["cryoalClass", "cryoalProbability", "cryoalDisagreement", "cryoalDecidedBy"]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def first_layout(campaign: Campaign, *, gap: str = "0.25") -> None:
    """``predictions.csv`` and its facts as cryoal wrote them before it said who decided."""
    expected = [*FIRST, *[REST] * (len(campaign.pool) - len(FIRST))]
    classes = campaign.config.classes
    lines = ["key,class," + ",".join(f"p_{name}" for name in classes) + ",disagreement"]
    for key, (_, _, posterior) in zip(campaign.pool.keys, expected, strict=True):
        best = classes[posterior.index(max(posterior))]
        lines.append(",".join([str(key), best, *posterior, gap]))
    path = campaign.path / "predictions.csv"
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode())
    facts = {
        "labels": digest(campaign.training_labels()),
        "settings": campaign.settings_digest(),
        "n_boxes": len(campaign.pool),
        "table": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    write_json(campaign.path / "predictions.json", facts)


def answered(campaign: Campaign) -> Campaign:
    """`campaign` with the answers that :data:`FIRST` tells of."""
    keys = campaign.pool.keys.tolist()
    file = campaign.path / "campaign.toml"
    file.write_text(file.read_text().replace("renamed = []", 'renamed = ["hoop = ring"]'))
    campaign = Campaign.open(campaign.path)
    said = ["rod", None, "ring", "ring", "ring", "rod", "hoop"]
    campaign.record("ana", list(zip(keys, said, strict=False)))
    campaign.record("ben", [(keys[2], "rod"), (keys[3], "rod"), (keys[4], None)])
    campaign.record("carla", [(keys[3], "rod")], settles=True)
    campaign.record("dora", [(keys[5], None)], settles=True)
    return campaign


@pytest.fixture
def mixed(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """A campaign with every kind of box, classified; nothing may be trained or scored again."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("classified again, though only decisions changed")

    campaign = answered(campaign)
    first_layout(campaign)
    monkeypatch.setattr(predictions, "classify", refuse)
    return campaign


def test_the_table_says_who_decided_and_keeps_the_classifiers_posterior(mixed: Campaign) -> None:
    assert not are_current(mixed)
    found = current_predictions(mixed)
    assert are_current(mixed)
    rows = table(mixed.path / "predictions.csv")
    assert list(rows[0]) == [
        *("key", "class", "decided_by", "classifier"),
        *("p_ring", "p_rod", "p_background"),
        *("agreement", "entropy", "novelty", "disagreement"),
    ]
    assert [row["key"] for row in rows] == mixed.pool.keys.tolist()
    for row, (name, by, posterior) in zip(rows, [*FIRST, *[REST] * 27], strict=True):
        assert (row["class"], row["decided_by"], row["classifier"]) == (name, by, "teacher")
        assert [row["p_ring"], row["p_rod"], row["p_background"]] == posterior
        told = [row[name] for name in ("agreement", "entropy", "novelty", "disagreement")]
        assert told == ["", "", "", "0.25"]
    assert found.label == [name or None for name, _, _ in [*FIRST, *[REST] * 27]]


def test_csv_leaves_class_and_probability_empty_where_nobody_decided(
    mixed: Campaign, tmp_path: Path
) -> None:
    assert export(mixed, "csv", tmp_path / "out.csv") == 36
    rows = [[r[name] for name in [*OURS, "cryoalClassifier"]] for r in table(tmp_path / "out.csv")]
    assert rows == [
        ["rod", "1.000000", "0.25", "expert", "teacher"],
        ["", "", "0.25", "undecided", "teacher"],
        ["", "", "0.25", "disputed", "teacher"],
        ["rod", "1.000000", "0.25", "expert", "teacher"],
        ["ring", "1.000000", "0.25", "expert", "teacher"],
        ["", "", "0.25", "undecided", "teacher"],
        ["ring", "1.000000", "0.25", "expert", "teacher"],
        ["ring", "0.400000", "0.25", "classifier", "teacher"],
        ["background", "0.700000", "0.25", "classifier", "teacher"],
        *[["rod", "0.950000", "0.25", "classifier", "teacher"]] * 27,
    ]


@pytest.mark.parametrize("to", ["relion5", "relion4"])
def test_star_says_none_and_zero_where_nobody_decided(
    mixed: Campaign, tmp_path: Path, to: str
) -> None:
    export(mixed, to, tmp_path / "out.star")
    assert (tmp_path / "out.star").read_text().startswith("# cryoalClassifier: teacher\n")
    by_others = starfile.read(tmp_path / "out.star", always_dict=True)["particles"]
    assert by_others["cryoalProbability"].min() == 0.0  # numbers, not texts
    assert sorted(set(by_others["rlnClassNumber"])) == [0, 1, 2, 3]
    particles = read_star(tmp_path / "out.star")["particles"]
    assert list(particles)[-5:] == ["rlnClassNumber", *OURS]
    rows = list(zip(*(particles[name] for name in ["rlnClassNumber", *OURS]), strict=True))
    assert rows == [
        ("2", "rod", "1.000000", "0.25", "expert"),
        ("0", "None", "0.000000", "0.25", "undecided"),
        ("0", "None", "0.000000", "0.25", "disputed"),
        ("2", "rod", "1.000000", "0.25", "expert"),
        ("1", "ring", "1.000000", "0.25", "expert"),
        ("0", "None", "0.000000", "0.25", "undecided"),
        ("1", "ring", "1.000000", "0.25", "expert"),
        ("1", "ring", "0.400000", "0.25", "classifier"),
        ("3", "background", "0.700000", "0.25", "classifier"),
        *[("2", "rod", "0.950000", "0.25", "classifier")] * 27,
    ]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"only_class": "ring"}, [4, 6, 7]),
        ({"only_class": "ring", "min_probability": 0.5}, [4, 6]),
        ({"min_probability": 0.97}, [0, 3, 4, 6]),
        ({"only_class": "ring", "with_undecided": True}, [1, 2, 4, 5, 6, 7]),
        ({"min_probability": 0.97, "with_undecided": True}, [0, 1, 2, 3, 4, 5, 6]),
        ({"with_undecided": True}, range(36)),
    ],
)
def test_boxes_of_no_class_pass_no_filter_unless_asked_for(
    mixed: Campaign, tmp_path: Path, filters: dict[str, Any], expected: list[int]
) -> None:
    n = export(mixed, "csv", tmp_path / "out.csv", **filters)
    keys = mixed.pool.keys[list(expected)].tolist()
    assert [row["key"] for row in table(tmp_path / "out.csv")] == keys
    assert n == len(keys)


def test_what_a_filter_leaves_out_for_having_no_class_is_said(
    mixed: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(mixed.path), "--to", "csv", "--class", "rod", "-o"]
    said = "left out for having no class: 1 disputed and 2 undecided (--undecided takes them"
    assert main([*words, str(tmp_path / "rods.csv")]) == 0
    assert said in capsys.readouterr().err
    assert main([*words, str(tmp_path / "more.csv"), "--undecided"]) == 0
    assert "left out" not in capsys.readouterr().err


def test_a_class_that_only_boxes_of_no_class_could_fill_is_not_found(
    mixed: Campaign, tmp_path: Path
) -> None:
    with pytest.raises(CampaignError, match="of class 'background' with a probability of at"):
        export(mixed, "csv", tmp_path / "o.csv", only_class="background", min_probability=0.9)


def test_an_answer_that_trains_nothing_changes_the_decision_alone(mixed: Campaign) -> None:
    current_predictions(mixed)
    key = str(mixed.pool.keys[20])
    mixed.record("ana", [(key, None)])
    assert not are_current(mixed)
    before = table(mixed.path / "predictions.csv")
    assert current_predictions(mixed).label[20] is None
    after = table(mixed.path / "predictions.csv")
    before[20] |= {"class": "", "decided_by": "undecided"}
    assert after == before


def test_the_report_counts_by_who_decided(mixed: Campaign, tmp_path: Path) -> None:
    for layout in ("first", "of now"):
        path = tmp_path / f"{layout}.html"
        write_report(mixed, path)
        page = read_page(path.read_text(encoding="utf-8"))
        assert shown(page, "The whole pool by class and by who decided") == [
            ["decided by", "ring", "rod", "background", "no class", "all"],
            ["expert", "2", "2", "0", "0", "4"],
            ["classifier", "1", "27", "1", "0", "29"],
            ["undecided", "0", "0", "0", "2", "2"],
            ["disputed", "0", "0", "0", "1", "1"],
            ["all", "3", "29", "1", "3", "36"],
        ]
        assert "The classifier: teacher." in page.text
        current_predictions(mixed)


@pytest.mark.parametrize("damage", [b"\xff\xfe", b'"open', b"a,b\r\n"])
def test_a_table_that_is_none_is_refused_by_name(mixed: Campaign, damage: bytes) -> None:
    path = mixed.path / "predictions.csv"
    (mixed.path / "predictions.json").unlink()
    path.write_bytes(path.read_bytes() + damage)
    for read in (read_predictions, last_classes):
        with pytest.raises(FileFormatError, match=r"predictions\.csv"):
            read(mixed)


@pytest.mark.parametrize("changed", ["spiral,expert", "rod,teacher"])
def test_a_class_or_a_decider_that_there_is_not_is_refused(mixed: Campaign, changed: str) -> None:
    current_predictions(mixed)
    path = mixed.path / "predictions.csv"
    (mixed.path / "predictions.json").unlink()
    path.write_text(path.read_text().replace("rod,expert", changed, 1))
    name, by = changed.split(",")
    with pytest.raises(FileFormatError, match=rf"line 2, found '{name}' and '{by}'"):
        read_predictions(mixed)


def test_looking_around_shows_no_class_where_nobody_decided(mixed: Campaign) -> None:
    current_predictions(mixed)
    keys = mixed.pool.keys.tolist()
    found = last_classes(mixed)
    assert [found.get(key) for key in keys[:9]] == [
        ("rod", 1.0),
        None,
        None,
        ("rod", 1.0),
        ("ring", 1.0),
        None,
        ("ring", 1.0),
        ("ring", 0.4),
        ("background", 0.7),
    ]
    around, _ = surroundings(mixed, range(36))
    labels = {near.label for found in around.values() for near in found.neighbours}
    assert labels == {None, "ring", "rod", "background"}


@pytest.mark.parametrize("to", ["relion5", "relion4", "csv"])
@pytest.mark.parametrize("through", ["relion5", "relion4", "csv"])
def test_an_export_that_is_added_again_keeps_every_column_and_makes_ours_anew(
    mixed: Campaign, phantoms: PhantomFiles, tmp_path: Path, through: str, to: str
) -> None:
    first = tmp_path / ("first.csv" if through == "csv" else "first.star")
    export(mixed, through, first)
    second = Campaign.create(tmp_path / "second", mixed.config)
    picks = read_picks(first, tomograms=phantoms.tomograms_star)
    extract(second.pool_path, phantoms.tomograms, picks, box=8)
    second.record("ana", [(str(second.pool.keys[0]), "ring"), (str(second.pool.keys[1]), "rod")])
    first_layout(second, gap="")  # this one has no student
    again = tmp_path / ("again.csv" if to == "csv" else "again.star")
    export(second, to, again)
    before = read_picks(first).columns
    after = read_picks(again).columns
    coordinates = {name for name in before if "oordinate" in name or "angstrom" in name}
    untold = {f"cryoal{name}" for name in ("Agreement", "Entropy", "Novelty", "Disagreement")}
    dropped = {*untold, "cryoalClassifier"} if to != "csv" else {"rlnClassNumber"}
    assert before.keys() - after.keys() <= coordinates | dropped | {"key", "tomogram"}
    for name in before.keys() & after.keys() - coordinates - {
        *OURS,
        "cryoalClassifier",
        "rlnClassNumber",
    }:
        assert after[name] == before[name]
    assert after["cryoalDecidedBy"] == ["expert", "expert", *["classifier"] * 34]
    assert after["cryoalClass"][:3] == ["ring", "rod", "ring"]
    assert "cryoalSourceClassNumber" not in after  # there was none but ours
    if to != "csv":
        classes = mixed.config.classes
        assert after["rlnClassNumber"] == [
            str(1 + classes.index(name)) for name in after["cryoalClass"]
        ]
    if to == "csv":
        assert set(after["cryoalDisagreement"]) == {""}
    else:
        assert "cryoalDisagreement" not in after
        assert "cryoalClassifier" not in after
