"""Pictures of a map."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from cryoal.campaign.map import Map, make_map
from cryoal.campaign.map_groups import BY, GREY, groups_of
from cryoal.campaign.map_picture import as_svg, write_picture
from cryoal.campaign.overview import Overview
from cryoal.campaign.report import write_report
from cryoal.cli import main
from cryoal.errors import ConfigError, OutputError
from cryoal.marks import class_mark
from tests.campaign.test_classifier import fresh, started

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign import Campaign

__all__ = ["fresh", "started"]


def seen(n: int = 8) -> Overview:
    """Boxes of three classes in turn, the last two of an audit; the first two are labelled."""
    shown = np.arange(n, dtype=np.int16) % 3
    label = np.where(np.arange(n) < 2, shown, -1).astype(np.int16)
    is_audit = np.arange(n) >= n - 2
    return Overview(
        classes=("a<b", "rod", "none"),
        keys=np.array([f"t/{i}" for i in range(n)], dtype=object),
        shown=shown,
        label=label,
        is_answered=label >= 0,
        predicted=shown,
        probability=np.full(n, 0.9, np.float32),
        doubt=np.linspace(0, 1, n).astype(np.float32),
        tomogram=(np.arange(n) // 4).astype(np.int32),
        tomogram_names=("t", "u"),
        answered_by={},
        is_audit=is_audit,
        is_held=is_audit,
        told=None,
    )


def a_map(n: int = 8) -> Map:
    xy = np.random.default_rng(0).random((n, 2)).astype(np.float32)
    return Map(np.arange(n), xy, "descriptors", n, True)


@pytest.mark.parametrize("by", BY)
def test_each_point_is_in_one_group(by: str) -> None:
    groups = groups_of(a_map(), seen(), by)
    together = np.concatenate([group.points for group in groups])
    assert sorted(together.tolist()) == list(range(8))


def test_classes_have_their_marks_colours_and_boxes_of_the_audit_none() -> None:
    grey, *classes = groups_of(a_map(), seen(), "class")
    assert (grey.colour, grey.points.tolist(), grey.name) == (
        GREY,
        [6, 7],
        "no class, audit or test",
    )
    assert [(group.name, group.colour) for group in classes] == [
        (name, class_mark(i).colour) for i, name in enumerate(("a<b", "rod", "none"))
    ]
    assert classes[0].points.tolist() == [0, 3]
    assert {g.name: g.points.tolist() for g in groups_of(a_map(), seen(), "label")} == {
        "no label, audit or test": [2, 3, 4, 5, 6, 7],
        "a<b": [0],
        "rod": [1],
    }
    doubts = groups_of(a_map(), seen(), "doubt")
    assert [group.points.tolist() for group in doubts] == [[6, 7], [0, 1], [2, 3], [4, 5]]


def test_a_drawing_has_a_dot_for_each_point_and_words_that_are_escaped() -> None:
    found = a_map()
    text = str(as_svg(found, groups_of(found, seen()), "class"))
    root = ET.fromstring(text)
    of = "{http://www.w3.org/2000/svg}"
    dots = [path.attrib["d"].count("M") for path in root.iter(f"{of}path")]
    assert sum(dots) == 8
    assert "a<b: 2" in [element.text for element in root.iter(f"{of}text")]
    assert "a<b: 2" in (root.findtext(f"{of}desc") or "")


def test_of_many_points_so_many_are_drawn_and_all_are_counted() -> None:
    found = a_map(500)
    text = str(as_svg(found, groups_of(found, seen(500)), "class", 100))
    assert text.count("h0") == 100
    assert ">a&lt;b: 166<" in text


def test_a_picture_is_written_as_its_name_ends_and_nothing_of_yours_is_replaced(
    started: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "map.png"
    assert main(["map", str(started.path), "-o", str(output), "--by", "label"]) == 0
    with Image.open(io.BytesIO(output.read_bytes())) as picture:
        assert picture.size[0] == 1500
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20) or []}
    assert tuple(bytes.fromhex(class_mark(0).colour[1:])) in colours
    mine = tmp_path / "mine.svg"
    mine.write_text("mine")
    assert main(["map", str(started.path), "-o", str(mine)]) == 2
    assert mine.read_text() == "mine"
    assert main(["map", str(started.path), "-o", str(mine), "--force"]) == 0
    assert ET.fromstring(mine.read_text()).tag.endswith("svg")
    capsys.readouterr()


def test_other_ends_and_colours_are_refused_before_the_map_is_made(
    fresh: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["map", str(fresh.path), "-o", str(tmp_path / "map.gif")]) == 2
    assert "ends in .png or .svg, found" in capsys.readouterr().err
    assert main(["map", str(fresh.path), "--by", "size"]) == 2
    assert "class, label, doubt or tomogram, found 'size'" in capsys.readouterr().err
    assert not (fresh.path / "map.json").exists()
    found = a_map()
    with pytest.raises(ConfigError):
        groups_of(found, seen(), "size")
    with pytest.raises(OutputError):
        write_picture(fresh, found, tmp_path / "map.pdf")


def test_the_report_has_the_map_or_says_how_to_make_one(fresh: Campaign, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    write_report(fresh, page)
    assert "There is no map yet: <code>cryoal map DIR</code>" in page.read_text()
    make_map(fresh)
    write_report(fresh, page)
    text = page.read_text()
    assert f"All {len(fresh.pool)} boxes by descriptors." in text
    assert text.count("Map of all") == 1  # nothing is classified: by class alone


def test_a_map_of_one_box_and_of_one_class_can_be_drawn() -> None:
    found = Map(np.array([0]), np.full((1, 2), 0.5, np.float32), "descriptors", 1, True)
    one = replace(seen(1), is_held=np.zeros(1, bool))
    assert "h0" in str(as_svg(found, groups_of(found, one), "class"))
