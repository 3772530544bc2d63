"""The page as a file: what is in it, what is not, and what is said about it."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from cryoal.browser.boxes import RANGE, decoded, embed, encoded
from cryoal.browser.facts import journals, settings
from cryoal.browser.page import SCRIPTS, write_page
from cryoal.campaign.thumbnails import WINDOW
from cryoal.commands import command
from cryoal.errors import LabelError
from cryoal.io.volumes.mrc import MrcVolume
from cryoal.review.context import EDGES, surroundings
from cryoal.review.queue import make_queue
from cryoal.review.view import to_grey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.campaign import Campaign
    from tests.review.conftest import Desk


class Scripts(HTMLParser):
    """The script elements of a page, and every address in it."""

    addressed: ClassVar = {"src", "href", "action", "data", "poster"}

    def __init__(self) -> None:
        super().__init__()
        self.scripts: dict[str, str] = {}
        self.addresses: list[str] = []
        self._in: str | None = None

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [found[name] or "" for name in self.addressed & found.keys()]
        self._in = found.get("id") or "code" if tag == "script" else self._in

    def handle_endtag(self, tag: str) -> None:
        self._in = None if tag == "script" else self._in

    def handle_data(self, data: str) -> None:
        if self._in:
            self.scripts[self._in] = self.scripts.get(self._in, "") + data


def written(campaign: Campaign, path: Path, **settings: Any) -> tuple[Scripts, dict[str, Any]]:
    wanted: dict[str, Any] = {"annotator": "ana", "blind": False, **settings}
    write_page(campaign, make_queue(campaign, "ana"), path, **wanted)
    found = Scripts()
    found.feed(path.read_text(encoding="utf-8"))
    return found, json.loads(found.scripts["data"])


def test_a_page_asks_no_other_file_and_no_network(desk: Desk, tmp_path: Path) -> None:
    found, data = written(desk.campaign, tmp_path / "review.html")
    assert set(found.addresses) <= {"#gallery", "data:,"}
    html = (tmp_path / "review.html").read_text(encoding="utf-8")
    rule = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert rule is not None
    assert rule[1].startswith("default-src &#39;none&#39;; script-src &#39;nonce-")
    assert "unsafe" not in rule[1]
    assert set(found.scripts) == {"data", "boxes", "code"}
    assert (data["mode"], data["token"]) == ("file", None)


def test_the_boxes_in_the_page_are_those_of_the_pool(desk: Desk, tmp_path: Path) -> None:
    found, data = written(desk.campaign, tmp_path / "review.html")
    lines = found.scripts["boxes"].strip().split("\n")
    assert len(lines) == 30  # boxes that come twice are there once
    assert len(data["items"]) == 32
    for item in data["items"]:
        codes = np.frombuffer(base64.b64decode(lines[item["picture"]]), np.uint8)
        row = desk.campaign.pool.index([item["key"]])
        box = desk.campaign.pool.read_normalised(row)[0].clip(*RANGE)
        assert np.abs(decoded(codes).reshape(box.shape) - box).max() <= 0.5 * 11 / 255 + 1e-6


def test_a_byte_is_right_to_one_grey_level() -> None:
    values = np.linspace(*WINDOW, 100_001, dtype=np.float32)
    off = to_grey(decoded(encoded(values))).astype(int) - to_grey(values)
    assert np.abs(off).max() <= 1
    beyond = np.array([-np.inf, -40, 40, np.inf], np.float32)
    assert to_grey(decoded(encoded(beyond))).tolist() == [0, 0, 255, 255]


def test_boxes_that_are_too_many_are_binned_and_that_is_said(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = desk.campaign.pool
    whole, halved = (embed(pool, [3, 4], budget=budget) for budget in (2 * 8**3, 2 * 8**3 - 1))
    assert (whole.edge, whole.binning, halved.edge, halved.binning) == (8, 1, 4, 2)
    box = pool.read_normalised(np.array([3]))[0]
    mean = box[0:2, 2:4, 4:6].mean()
    codes = np.frombuffer(base64.b64decode(halved.lines[0]), np.uint8).reshape(4, 4, 4)
    assert abs(decoded(codes)[0, 1, 2] - mean) < 0.03
    monkeypatch.setattr(embed, "__kwdefaults__", {**(embed.__kwdefaults__ or {}), "budget": 4000})
    queue = make_queue(desk.campaign, "ana")
    path = tmp_path / "review.html"
    report = write_page(desk.campaign, queue, path, annotator="ana", blind=False)
    assert report.n_bytes == path.stat().st_size
    assert report.notes == (
        "30 boxes of 8 voxels are much for one page: they are shown binned by 2",
    )


def test_the_page_begins_where_the_journals_are(desk: Desk) -> None:
    session = desk.sit("ana")
    for key in "12zf":
        session.press(key)
    desk.campaign.record("ben", [(session.queue.items[0].key, "rod")])
    other = next(
        k for k in desk.campaign.pool.keys if k not in {i.key for i in session.queue.items}
    )
    desk.campaign.record("ben", [(other, "rod")])
    found = journals(desk.campaign, session.queue)
    kinds = [next(k for k in ("undo", "flag", "key") if k in line) for line in found["ana"]]
    assert kinds == ["key", "key", "undo", "flag"]
    assert [line["key"] for line in found["ben"]] == [session.queue.items[0].key]


def test_a_name_that_cannot_be_an_annotators_is_refused_before_anything_is_written(
    desk: Desk, tmp_path: Path
) -> None:
    queue = make_queue(desk.campaign, "ana")
    with pytest.raises(LabelError, match=r"found ' ana'"):
        write_page(desk.campaign, queue, tmp_path / "x.html", annotator=" ana", blind=False)
    assert not (tmp_path / "x.html").exists()


def test_only_the_voxels_of_each_picture_are_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_read = 0
    read = MrcVolume.read

    def counted(self: MrcVolume, start: Sequence[int], stop: Sequence[int]) -> Any:
        nonlocal n_read
        voxels = read(self, start, stop)
        n_read += voxels.size
        return voxels

    monkeypatch.setattr(MrcVolume, "read", counted)
    found, notes = surroundings(desk.campaign, [0, 1, 30])
    assert sorted(found) == [0, 1, 30]
    assert notes == []
    assert n_read <= 3 * desk.campaign.config.review.thickness * (EDGES * 8) ** 2
    assert found[0].image.startswith("data:image/jpeg;base64,")
    assert all(n.label is None and 0 <= n.x <= 1 and 0 <= n.y <= 1 for n in found[0].neighbours)


def test_neighbours_are_where_the_pool_says_and_what_the_teacher_says(desk: Desk) -> None:
    pool = desk.campaign.pool
    rows = [f"{key},rod,0,1,0,0.5" for key in pool.keys]
    header = "key,class,p_ring,p_rod,p_background,disagreement"
    (desk.campaign.path / "predictions.csv").write_text("\n".join([header, *rows]) + "\n")
    found, _ = surroundings(desk.campaign, [0])
    assert found[0].neighbours
    width = EDGES * 8 * pool.voxel_spacing
    here = pool.position_zyx_angstrom[0]
    inside = {(round(0.5 + (x - here[2]) / width, 4), round(0.5 + (y - here[1]) / width, 4))
              for _, y, x in pool.position_zyx_angstrom.tolist()}  # fmt: skip
    assert {(n.x, n.y) for n in found[0].neighbours} <= inside
    assert {n.label for n in found[0].neighbours} == {"rod"}
    (desk.campaign.path / "predictions.csv").write_text("a,b\n")
    assert "expected a table of classes and probabilities" in surroundings(desk.campaign, [0])[1][0]


def test_a_tomogram_that_has_moved_is_named_and_the_rest_goes_on(
    desk: Desk, tmp_path: Path
) -> None:
    pool, gone = desk.campaign.pool, tmp_path / "gone.mrc"
    pool.tomograms = (replace(pool.tomograms[0], path=gone), *pool.tomograms[1:])
    found, notes = surroundings(desk.campaign, [0, len(pool) - 1])
    assert list(found) == [len(pool) - 1]
    assert notes == [
        f"expected the tomogram TS_01 as before, found no file {gone}; if it has moved: "
        f"{command('relocate', desk.campaign.path, 'FOLDER')}; the review goes on without context"
    ]


def test_every_script_of_the_folder_is_in_the_page(desk: Desk, tmp_path: Path) -> None:
    from importlib import resources

    folder = resources.files("cryoal.browser") / "templates" / "js"
    assert sorted(f"{name}.js" for name in SCRIPTS) == sorted(f.name for f in folder.iterdir())
    found, _ = written(desk.campaign, tmp_path / "review.html")
    assert "class Ledger" in found.scripts["code"]


def test_settings_tell_what_keys_mean(desk: Desk) -> None:
    assert settings(desk.campaign.config) == {
        "classes": ["ring", "rod", "background"],
        "keys": [],
        "junk": "junk",
        "renamed": {},
    }
