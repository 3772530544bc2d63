"""Boxes of a class as a picture: which, how large, and in which kinds of file."""

from __future__ import annotations

import base64
import io
import math
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from cryoal.campaign.audit_draw import draw_audit
from cryoal.campaign.class_boxes import boxes_of_class
from cryoal.campaign.montage import Look, lay_out, write_montage
from cryoal.campaign.overview import overview
from cryoal.campaign.thumbnails import orthoslices
from cryoal.cli import main
from cryoal.errors import CampaignError, ConfigError, OutputError, UnknownNameError
from cryoal.records import read_json, write_json
from cryoal.review.view import to_grey
from tests.campaign.report.samples import write_predictions

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign import Campaign

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def classified(campaign: Campaign) -> Campaign:
    """The first 20 boxes are rings of probability 0.50, 0.52 .. 0.88, the others rods of 0.9."""
    keys = campaign.pool.keys.tolist()
    called = {key: "ring" if row < 20 else "rod" for row, key in enumerate(keys)}
    p = {key: 0.5 + 0.02 * row if row < 20 else 0.9 for row, key in enumerate(keys)}
    write_predictions(campaign, called, p)
    return campaign


def rows_of(campaign: Campaign, which: str, most: int = 4, **more: float) -> list[list[int]]:
    found = boxes_of_class(campaign, overview(campaign), "ring", which, most, **more)  # type: ignore[arg-type]
    return [group.rows.tolist() for group in found]


def test_boxes_come_as_they_were_asked_for(classified: Campaign) -> None:
    assert rows_of(classified, "surest") == [[19, 18, 17, 16]]
    assert rows_of(classified, "least") == [[0, 1, 2, 3]]
    # 0.50 + 0.02 * 10 = 0.70 is kept at 0.69, the nine before it and row 9 of 0.68 are not
    assert rows_of(classified, "threshold", threshold=0.69) == [[11, 10], [9, 8]]
    some = rows_of(classified, "random", 8, seed=1)
    assert some == rows_of(classified, "random", 8, seed=1)
    assert some != rows_of(classified, "random", 8, seed=2)
    assert set(some[0]) <= set(range(20))
    assert len(set(some[0])) == 8


def test_an_expert_takes_a_box_from_the_classifier(classified: Campaign) -> None:
    keys = classified.pool.keys.tolist()
    classified.record("ana", [(keys[19], "rod"), (keys[30], "ring"), (keys[18], None)])
    assert rows_of(classified, "surest", 2) == [[17, 16]]
    assert rows_of(classified, "labelled") == [[30]]


def test_boxes_of_the_audit_and_test_keys_are_never_shown(classified: Campaign) -> None:
    keys = classified.pool.keys.tolist()
    classified.reserve({keys[19]: "ring"}, "a file")
    draw_audit(classified, 30)
    held = {keys.index(key) for key in classified.audit.draws[0].keys} | {19}
    assert held & set(range(20))
    for which in ("surest", "least", "random"):
        assert not held & set(rows_of(classified, which, 36)[0])


def test_the_threshold_is_where_labels_tell_nine_of_ten_right(classified: Campaign) -> None:
    with pytest.raises(ConfigError, match=r"expected --threshold P, .*'ring' are right, found no"):
        rows_of(classified, "threshold")
    facts = classified.path / "predictions.json"
    rungs = {"ring": {"rungs": [[0.6, 0.8, 0.7], [0.81, 0.95, 0.92]], "count": [9.0, 8.0, 10.0]}}
    write_json(facts, {**read_json(facts), "trust": rungs})
    assert rows_of(classified, "threshold") == [[17, 16], [15, 14]]


def test_all_are_kept_where_the_threshold_is_below_all(classified: Campaign) -> None:
    assert rows_of(classified, "threshold", threshold=0.1) == [[3, 2, 1, 0]]


def test_a_bar_is_as_long_beside_a_box_as_it_says(classified: Campaign) -> None:
    pool = classified.pool
    groups = boxes_of_class(classified, overview(classified), "ring", "surest", 6)
    sheet = lay_out(pool, groups, Look(columns=3, size=10.0))
    edge_nm = pool.box * pool.voxel_spacing / 10
    bar = sheet.bars[0]
    said = next(words.text for words in sheet.words if words.text.endswith(" nm"))
    side = 10.0 * 72 / 25.4
    assert bar.width / side == pytest.approx(float(said.split()[0]) / edge_nm)
    assert sheet.pictures[0].width == pytest.approx(side)
    assert len(sheet.pictures) == 6
    assert {round(p.y, 3) for p in sheet.pictures[:3]} == {round(sheet.pictures[0].y, 3)}
    assert sheet.pictures[3].y > sheet.pictures[0].y + side
    for picture in sheet.pictures:
        assert 0 < picture.x < sheet.width - side
        assert 0 < picture.y < sheet.height - side


def test_a_slab_is_drawn_as_the_review_draws_it(classified: Campaign) -> None:
    groups = boxes_of_class(classified, overview(classified), "ring", "surest", 2)
    boxes = classified.pool.read_shown(groups[0].rows)
    sheet = lay_out(classified.pool, groups, Look(planes=("yz", "xy")))
    for at, box in enumerate(boxes):
        xy, _, yz = to_grey(orthoslices(box))
        assert np.array_equal(sheet.pictures[2 * at].values, yz)
        assert np.array_equal(sheet.pictures[2 * at + 1].values, xy)
    dark = lay_out(classified.pool, groups, Look(is_inverted=True))
    difference = dark.pictures[0].values.astype(int) + to_grey(orthoslices(boxes[0]))[0]
    assert np.abs(difference - 255).max() <= 1  # one of them is rounded to the even half


def test_a_montage_is_a_picture_a_drawing_or_a_page(classified: Campaign, tmp_path: Path) -> None:
    look = Look(rows=1, columns=2, size=8 * 25.4 / 72, dpi=72.0, captions="key")
    for name in ("r.png", "r.svg", "r.PDF"):
        write_montage(classified, tmp_path / name, ["ring"], look=look)
    root = ElementTree.parse(tmp_path / "r.svg").getroot()
    assert root.findtext(f"{SVG}title") == "ring: surest, 2 of 20"
    texts = [text.text for text in root.findall(f"{SVG}text")]
    assert "ring: surest, 2 of 20" in texts
    images = root.findall(f"{SVG}image")
    assert len(images) == 2
    data = images[0].get("{http://www.w3.org/1999/xlink}href", "").split(",")[1]
    inside = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    box = classified.pool.read_shown(np.array([19]))[0]
    assert np.array_equal(inside, to_grey(orthoslices(box))[0])  # a pixel a voxel: nothing between
    with Image.open(tmp_path / "r.png") as drawn:
        width = float(root.get("width", "").removesuffix("pt"))
        assert drawn.size[0] == round(width)
        assert drawn.info["dpi"] == pytest.approx((72, 72), abs=0.1)
        x, y = (float(images[0].get(axis, "")) for axis in "xy")
        there = np.asarray(drawn)[round(y) : round(y) + 8, round(x) : round(x) + 8, 0]
        assert np.array_equal(there, inside)
    page = (tmp_path / "r.PDF").read_bytes()
    assert page.startswith(b"%PDF-")
    size = re.search(rb"/MediaBox \[ 0 0 ([0-9.]+) ([0-9.]+) \]", page)
    assert size is not None
    assert float(size[1]) == pytest.approx(width, abs=1)


def test_words_of_any_kind_are_drawn_as_they_are(classified: Campaign, tmp_path: Path) -> None:
    write_montage(
        classified, tmp_path / "r.svg", ["ring"], look=Look(title="<b> & Wände", captions="none")
    )
    root = ElementTree.parse(tmp_path / "r.svg").getroot()
    assert root.findall(f"{SVG}text")[0].text == "<b> & Wände"


def test_a_montage_is_refused_in_one_line(classified: Campaign, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ends in \.png, \.svg or \.pdf, found .*r\.gif"):
        write_montage(classified, tmp_path / "r.gif")
    with pytest.raises(UnknownNameError, match="no class called 'rong'; did you mean 'ring'"):
        write_montage(classified, tmp_path / "r.png", ["rong"])
    name = classified.config.classes[2]
    with pytest.raises(CampaignError, match=f"expected boxes of {name} to show, found none that"):
        write_montage(classified, tmp_path / "r.png", [name])
    for wrong in ({"rows": 0}, {"dpi": math.nan}, {"planes": ("xx",)}, {"captions": "no"}):
        with pytest.raises(ConfigError, match="expected"):
            Look(**wrong)  # type: ignore[arg-type]
    assert list(tmp_path.glob("r.*")) == []


def test_classes_without_boxes_stand_empty_beside_others(
    classified: Campaign, tmp_path: Path
) -> None:
    groups = write_montage(classified, tmp_path / "r.svg", look=Look(rows=1, columns=1))
    assert [len(group.rows) for group in groups] == [1, 1, 0]
    assert f"{classified.config.classes[2]}: none surest" in (tmp_path / "r.svg").read_text()


def test_before_a_classification_there_is_nothing_to_show_but_labels(
    campaign: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, out = str(campaign.path), str(tmp_path / "a.png")
    assert main(["montage", here, "--class", "ring", "-o", out]) == 2
    assert "expected a classification in" in capsys.readouterr().err
    campaign.record("ana", [(campaign.pool.keys[3], "ring")])
    assert main(["montage", here, "--class", "ring", "-o", out, "--boxes", "labelled"]) == 0
    assert capsys.readouterr().out == f"ring: 1 of 1, labelled by an expert\nwrote {out}\n"
    assert main(["montage", here, "-o", out, "--boxes", "best"]) == 2
    assert "expected --boxes one of surest, least" in capsys.readouterr().err
