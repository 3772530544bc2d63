"""The figures of the report as files that stand alone, with their numbers."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import pytest

from cryoal.campaign.map_file import STEPS, Kept, write_kept
from cryoal.campaign.report import write_figures
from cryoal.errors import CampaignError, OutputError

from .samples import measured, write_cycle, write_predictions

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def learnt(campaign: Campaign) -> Campaign:
    """A trained cycle whose test set is 13 of 20 right, three answers, and a classification."""
    keys = campaign.pool.keys.tolist()
    campaign.reserve(dict.fromkeys(keys[40:], "ring"), "truth.csv")
    asked = [(key, "ring") for key in keys[:4]]
    write_cycle(campaign, 0, asked, n_labelled=6, test=measured(campaign, hits=13))
    campaign.record("anna", [(keys[0], "ring"), (keys[1], "rod"), (keys[2], "ring")])
    write_predictions(campaign, dict.fromkeys(keys, "ring"))
    return campaign


def test_each_figure_is_a_drawing_with_its_numbers_beside(learnt: Campaign, tmp_path: Path) -> None:
    out = tmp_path / "figures"
    names = write_figures(learnt, out)
    assert names == sorted(file.name for file in out.iterdir())
    for name in names:
        if name.endswith(".svg"):
            root = ElementTree.parse(out / name).getroot()
            assert root.tag == "{http://www.w3.org/2000/svg}svg"
            assert float(root.attrib["width"].removesuffix("pt")) > 100
            assert "var(" not in (out / name).read_text(encoding="utf-8")
    curve = rows(out / "learning_curve.csv")
    assert [(r["series"], r["x"], r["y"]) for r in curve] == [
        ("accuracy", "6.0", "0.65"),
        ("macro-F1", "6.0", "0.6"),
    ]
    assert float(curve[0]["low"]) < 0.65 < float(curve[0]["high"])
    assert curve[1]["low"] == ""
    loss = rows(out / "loss.csv")
    assert [r["y"] for r in loss if r["series"] == "teacher"] == ["1.25", "0.5"]
    assert [(r["x"], r["y"]) for r in rows(out / "agreement.csv")] == [("6.0", str(2 / 3))]


def test_boxes_of_montages_are_listed(learnt: Campaign, tmp_path: Path) -> None:
    out = tmp_path / "figures"
    names = write_figures(learnt, out)
    listed = rows(out / "boxes.csv")
    assert {r["figure"] for r in listed} == {n for n in names if n.startswith("class_")}
    assert "class_01_ring_surest.svg" in names
    keys = learnt.pool.keys.tolist()
    labelled = [r["key"] for r in listed if r["figure"] == "class_01_ring_labelled.svg"]
    assert labelled == [keys[0], keys[2]]
    assert {r["key"] for r in listed if "surest" in r["which"]} <= set(keys[3:40])


def test_the_map_comes_with_its_points_but_no_word_on_test_keys(
    learnt: Campaign, tmp_path: Path
) -> None:
    rng, n = np.random.default_rng(0), len(learnt.pool)
    steps = rng.integers(0, STEPS, (n, 2))
    kept = Kept("descriptors", 0, n, n, {}, np.arange(n), steps)
    write_kept(learnt.path, kept)
    names = write_figures(learnt, tmp_path / "figures")
    assert {"map.csv", "map_class.svg", "map_doubt.svg"} <= set(names)
    points = rows(tmp_path / "figures" / "map.csv")
    assert [p["key"] for p in points] == learnt.pool.keys.tolist()
    assert [p["class"] for p in points[:4]] == ["ring", "rod", "ring", "ring"]
    assert {(p["class"], p["doubt"]) for p in points[40:]} == {("", "")}
    assert float(points[7]["x"]) == pytest.approx(steps[7, 0] / STEPS, abs=1e-5)


def test_figures_go_to_a_folder_of_their_own_or_nowhere(
    learnt: Campaign, empty: Campaign, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"expected a new folder.*notes\.txt"):
        write_figures(learnt, mine, force=True)
    assert (mine / "notes.txt").read_text() == "mine"
    write_figures(learnt, tmp_path / "figures")
    write_figures(learnt, tmp_path / "figures")  # its own is replaced


def test_without_anything_to_draw_no_folder_is_left(empty: Campaign, tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"expected a figure to write of .*, found neither"):
        write_figures(empty, tmp_path / "figures")
    assert not (tmp_path / "figures").exists()
