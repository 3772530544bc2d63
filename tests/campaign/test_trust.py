"""What is told of how right each class is, where there is no audit."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign.export import export
from cryoal.campaign.loop import simulate
from cryoal.campaign.predictions import classify, current_predictions
from cryoal.campaign.trust import read_trust, said_of_trust, thresholds
from cryoal.cli import main
from cryoal.errors import CampaignError
from cryoal.records import read_json, write_json
from tests.campaign.test_classifier import answer, fresh, started  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign import Campaign
    from cryoal.testing.phantoms import PhantomFiles


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def with_rungs(campaign: Campaign, by_class: dict[str, list[list[float]]]) -> None:
    """The last classification with other rungs."""
    path = campaign.path / "predictions.json"
    facts = read_json(path)
    trust = {
        name: {"rungs": by_class.get(name, []), "count": [12.0, 6.0, 18.0]}
        for name in campaign.config.classes
    }
    write_json(path, {**facts, "trust": trust})


def test_a_classification_tells_and_keeps_what_labels_know_of_each_class(
    started: Campaign,  # noqa: F811
) -> None:
    summary = classify(started)
    trust = read_trust(started)
    assert trust is not None
    assert summary.trust is not None
    assert list(trust) == list(summary.trust) == list(started.config.classes)
    rows = table(started.path / "predictions.csv")
    for name, t in thresholds(trust, 0.9).items():
        told = summary.trust[name]
        assert isinstance(told, dict)
        assert told["from"] == t
        theirs = [r for r in rows if (r["class"], r["decided_by"]) == (name, "classifier")]
        if t is not None:
            assert told["boxes"] == sum(float(r[f"p_{name}"]) >= t for r in theirs)
        _, low, high = trust[name]["count"]
        assert low <= 12 <= high <= 36  # there are twelve of each


def test_an_answer_that_trains_nothing_keeps_what_is_known(
    started: Campaign,  # noqa: F811
) -> None:
    classify(started)
    before = read_trust(started)
    free = next(k for k in started.pool.keys.tolist() if k not in started.training_labels())
    started.record("ann", [(free, None)])
    current_predictions(started)
    assert before is not None
    assert read_trust(started) == before


def test_an_export_takes_what_is_right_often_enough_and_says_what_is_unknown(
    started: Campaign,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    classify(started)
    with_rungs(started, {"ring": [[0.0, 0.8, 0.7], [0.8, 0.97, 0.93]], "rod": [[0.5, 0.9, 0.85]]})
    words = ["export", str(started.path), "--to", "csv", "--expect-right", "0.9", "-o"]
    assert main([*words, str(tmp_path / "out.csv")]) == 0
    unknown = "unknown from which probability on 90 % are right"
    assert f"{unknown}, so only what experts labelled comes out: rod, background" in (
        capsys.readouterr().err
    )
    every = table(started.path / "predictions.csv")
    wanted = [
        r["key"]
        for r in every
        if r["decided_by"] == "expert" or (r["class"] == "ring" and float(r["p_ring"]) >= 0.8)
    ]
    assert [r["key"] for r in table(tmp_path / "out.csv")] == wanted
    assert main([*words, str(tmp_path / "rings.csv"), "--class", "ring"]) == 0
    assert "unknown" not in capsys.readouterr().err


def test_a_table_of_an_older_version_is_made_anew_before_it_is_asked(
    started: Campaign,  # noqa: F811
    tmp_path: Path,
) -> None:
    classify(started)
    path = started.path / "predictions.json"
    write_json(path, {n: fact for n, fact in read_json(path).items() if n != "trust"})
    assert read_trust(started) is None
    export(started, "csv", tmp_path / "out.csv", expect_right=0.5)
    assert read_trust(started) is not None


def test_nothing_is_known_of_a_pair_and_an_export_says_so(
    campaign: Campaign, phantoms: PhantomFiles, tmp_path: Path
) -> None:
    simulate(campaign, phantoms.truth, cycles=1, m=15)
    assert classify(campaign).trust is None
    with pytest.raises(CampaignError, match="expected to know what share of the classes in"):
        export(campaign, "csv", tmp_path / "out.csv", expect_right=0.9)


def test_two_labels_are_too_few_to_know_anything(
    fresh: Campaign,  # noqa: F811
    truth: dict[str, str],
) -> None:
    keys = [next(k for k in truth if truth[k] == name) for name in ("ring", "rod")]
    answer(fresh, keys, truth)
    assert classify(fresh).trust is None


def test_what_is_said_of_each_class(campaign: Campaign) -> None:
    told = {
        "ring": {"from": 0.8, "boxes": 98, "count": [150.0, 139.6, 163.0]},
        "rod": {"from": 0.0, "boxes": 44, "count": [60.0, 40.0, 81.2]},
        "background": {"from": None, "boxes": None, "count": [9.0, 0.0, 30.0]},
    }
    assert said_of_trust(campaign, told) == [
        "90 % right among boxes without a label, as far as labels tell (an audit measures it):",
        "  ring: from p >= 0.8 on, 98 boxes; the pool has 140 to 163",
        "  rod: all 44 boxes that are called so; the pool has 40 to 81",
        "  background: unknown; the pool has 0 to 30",
        f"audit to know what is unknown: cryoal audit {campaign.typed} -n 60",
    ]
    assert said_of_trust(campaign, None) == []
