"""The widgets around the review, on a viewer without a window."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import Qt

from cryoal.campaign import Campaign
from cryoal.campaign.audit import members
from cryoal.campaign.overview import NONE
from cryoal.data.events import Answer
from cryoal.errors import ConfigError, PicksError
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import WRITERS
from cryoal.napari_plugin import next_panel, save_shown, start_panel
from cryoal.napari_plugin.box_drawing import BoxDrawing, edge_of
from cryoal.napari_plugin.by_hand import add_by_hand
from cryoal.napari_plugin.class_panel import ClassPanel
from cryoal.napari_plugin.desk import Desk, desk_of
from cryoal.napari_plugin.next_panel import NextPanel
from cryoal.napari_plugin.open_tomograms import images_of
from cryoal.napari_plugin.pick_reader import read_pick_file
from cryoal.napari_plugin.save_form import named_for
from cryoal.napari_plugin.start_panel import StartPanel
from cryoal.napari_plugin.start_work import Material, words_of_add
from cryoal.napari_plugin.tomogram_counts import counts_of_tomograms
from cryoal.napari_plugin.tomogram_table import TomogramsPanel
from cryoal.napari_plugin.volume_reader import read_volume
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cryoal.testing.phantoms import PhantomFiles

pytestmark = pytest.mark.usefixtures("qapp")

SURE, UNSURE = [0.9, 0.06, 0.04], [0.3, 0.36, 0.34]


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def classified(campaign: Campaign) -> Campaign:
    """Boxes are rings for sure and rods for almost nothing in turn; three have a label."""
    n = len(campaign.pool)
    write_predictions(campaign, [SURE if row % 2 == 0 else UNSURE for row in range(n)])
    keys = campaign.pool.keys.tolist()
    campaign.record("ana", [(keys[0], "background"), (keys[1], "rod"), (keys[2], None)])
    return campaign


@pytest.fixture
def desk(viewer: ViewerModel, classified: Campaign) -> Desk:
    made = desk_of(viewer)
    made.open(classified.path)
    made.annotator = "ana"
    return made


@pytest.fixture
def panel(viewer: ViewerModel, desk: Desk, qtbot: QtBot) -> ClassPanel:
    """Classes in the tomogram, with the first one on show."""
    made = ClassPanel(viewer)
    qtbot.addWidget(made)
    with qtbot.waitSignal(made.scene.came, timeout=10_000):
        made.show_tomogram("TS_01")
    return made


def in_journal(campaign: Campaign) -> list[tuple[str, str | None]]:
    events, _ = Campaign.open(campaign.path).labels.events("ana")
    return [(event.key, event.label) for event in events if isinstance(event, Answer)]


# the desk and the table


def test_every_widget_of_a_viewer_has_the_same_campaign(
    viewer: ViewerModel, classified: Campaign, qtbot: QtBot
) -> None:
    table, following = TomogramsPanel(viewer), NextPanel(viewer)
    for widget in (table, following):
        qtbot.addWidget(widget)
    table.line.folder.setText(str(classified.path))
    table.line.open()
    assert following.line.folder.text() == str(classified.path)
    assert table.model.rowCount() == 2
    assert following.stand.text() == "36 boxes, 2 labels, 0 queries, classified"


def test_labels_from_another_window_are_noticed(
    viewer: ViewerModel, desk: Desk, classified: Campaign, qtbot: QtBot
) -> None:
    following = NextPanel(viewer)
    qtbot.addWidget(following)
    with qtbot.assertNotEmitted(desk.changed):
        desk.look()
    classified.record("ben", [(str(classified.pool.keys[20]), "rod")])
    desk.look()
    assert following.stand.text().startswith("36 boxes, 3 labels")


def test_a_campaign_that_is_thrown_away_under_a_window_is_no_end_of_it(
    viewer: ViewerModel, desk: Desk, classified: Campaign, qtbot: QtBot
) -> None:
    table = TomogramsPanel(viewer)
    qtbot.addWidget(table)
    shutil.rmtree(classified.path)
    desk.look()
    assert "\n" not in table.line.message.text()


def test_a_folder_that_is_no_campaign_is_one_line_and_the_last_one_stays(
    viewer: ViewerModel, desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    table = TomogramsPanel(viewer)
    qtbot.addWidget(table)
    table.line.folder.setText(str(tmp_path / "nothing"))
    table.line.open()
    assert table.line.message.text().startswith("expected a campaign directory")
    assert desk.campaign is not None
    assert table.model.rowCount() == 2


def test_the_table_counts_candidates_labels_classes_and_doubt(desk: Desk) -> None:
    boxes = desk.boxes()
    assert boxes is not None
    first, second = counts_of_tomograms(boxes)
    assert (first.name, first.n, first.n_labelled) == ("TS_01", 18, 2)
    # 18 boxes: 9 rings but for one label and one nobody could tell, 9 rods of which one labelled
    assert first.by_class == (7, 9, 1)
    assert second.by_class == (9, 9, 0)
    doubt = [-sum(p * np.log(p) for p in row) / np.log(3) for row in (SURE, UNSURE)]
    assert second.doubt == pytest.approx(np.mean(doubt), abs=1e-3)
    assert first.doubt == pytest.approx((7 * doubt[0] + 8 * doubt[1]) / 15, abs=1e-3)


def test_the_table_sorts_by_number_and_a_click_opens_the_tomogram(
    viewer: ViewerModel, desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = TomogramsPanel(viewer)
    qtbot.addWidget(table)
    table.view.sortByColumn(2, Qt.SortOrder.DescendingOrder)  # labels
    opened: list[str] = []
    monkeypatch.setattr(
        "cryoal.napari_plugin.class_panel.show_classes", lambda _, name: opened.append(name)
    )
    table.view.clicked.emit(table.view.model().index(0, 0))
    table.view.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    table.view.activated.emit(table.view.model().index(0, 3))
    assert opened == ["TS_01", "TS_02"]


def test_a_damaged_table_of_classes_is_one_line(
    viewer: ViewerModel, classified: Campaign, qtbot: QtBot
) -> None:
    (classified.path / "predictions.csv").write_text("key,class\nnot,ours\n")
    table = TomogramsPanel(viewer)
    qtbot.addWidget(table)
    table.line.folder.setText(str(classified.path))
    table.line.open()
    assert "predictions.csv" in table.line.message.text()
    assert "\n" not in table.line.message.text()


# classes in the tomogram


def test_points_lie_where_boxes_were_cut_and_look_like_their_class(
    panel: ClassPanel, viewer: ViewerModel, classified: Campaign
) -> None:
    image, points = viewer.layers
    np.testing.assert_allclose(
        points.data * points.scale, classified.pool.position_zyx_angstrom[:18]
    )
    assert image.name == "TS_01"
    assert points.features["class"].tolist()[:4] == ["background", "rod", "", "rod"]
    assert points.features["decided by"].tolist()[:4] == [
        "expert", "expert", "undecided", "classifier"
    ]  # fmt: skip
    assert {str(s) for s in points.symbol[[3, 5]]} == {"square"}
    assert panel.count.text() == "18 boxes of TS_01 shown"


def test_labels_are_shown_before_anything_was_classified(
    viewer: ViewerModel, campaign: Campaign, qtbot: QtBot
) -> None:
    campaign.record("ana", [(str(campaign.pool.keys[1]), "rod")])
    desk_of(viewer).open(campaign.path)
    panel = ClassPanel(viewer)
    qtbot.addWidget(panel)
    with qtbot.waitSignal(panel.scene.came, timeout=10_000):
        panel.show_tomogram()
    points = viewer.layers[-1]
    assert points.features["class"].tolist()[:3] == ["", "rod", ""]
    assert [panel.filters.classes.item(i).text() for i in range(4)] == [
        "ring  0", "rod  1", "background  0", "no class  17"
    ]  # fmt: skip


def test_filters_leave_what_they_say_and_counts_follow(panel: ClassPanel) -> None:
    panel.filters.least.setValue(0.5)
    assert panel.count.text() == "9 boxes of TS_01 shown"
    assert panel.scene.points.shown.tolist() == [row % 2 == 0 for row in range(18)]
    assert panel.filters.classes.item(0).text() == "ring  7"
    panel.filters.classes.item(0).setCheckState(Qt.CheckState.Unchecked)
    panel.filters.classes.item(3).setCheckState(Qt.CheckState.Unchecked)
    assert np.flatnonzero(panel.scene.points.shown).tolist() == [0]  # an expert's background
    panel.filters.classes.item(1).setCheckState(Qt.CheckState.Unchecked)
    panel.filters.classes.item(2).setCheckState(Qt.CheckState.Unchecked)
    assert panel.count.text() == "0 boxes of TS_01 shown"


def test_words_beside_points_can_be_turned_on(panel: ClassPanel) -> None:
    text = panel.scene.points.text
    assert not text.visible
    panel.text.setChecked(True)
    assert text.visible
    assert text.values[3] == "rod 36%"
    assert text.values[0].strip() == "background"


def test_a_box_is_corrected_by_a_button_and_taken_back(
    panel: ClassPanel, classified: Campaign
) -> None:
    before = in_journal(classified)
    panel.scene.choose([4, 6])
    assert panel.told.text() == "2 boxes chosen"
    panel.answer("background")
    keys = classified.pool.keys
    assert in_journal(classified)[len(before) :] == [
        (keys[4], "background"), (keys[6], "background")
    ]  # fmt: skip
    assert panel.scene.points.features["class"].tolist()[4] == "background"
    panel._undo()
    assert panel.scene.points.features["class"].tolist()[4] == "ring"
    assert panel.message.text().startswith("undo")
    panel.scene.choose([5])
    panel.answer("ring")
    panel.scene.choose([7])
    panel.answer("ring")
    panel._undo()
    panel._undo()  # as far back as answers were given here
    assert panel.scene.points.features["class"].tolist()[5] == "rod"
    panel._undo()
    assert panel.message.text() == "nothing to undo: no answer was given here"
    panel.scene.choose([])
    panel.answer("rod")
    assert panel.message.text() == "expected a box that is chosen, found none: click one"


def test_keys_of_the_classes_are_those_of_the_review_and_delete_nothing(
    panel: ClassPanel, classified: Campaign
) -> None:
    points = panel.scene.points
    panel.scene.choose([8])
    named = {str(key): act for key, act in points.keymap.items()}
    named["2"](points)
    assert in_journal(classified)[-1] == (classified.pool.keys[8], "rod")
    named["U"](points)
    assert in_journal(classified)[-1] == (classified.pool.keys[8], None)
    assert len(points.data) == 18
    assert not points.editable


def test_a_box_of_the_audit_shows_no_class_and_is_not_answered_here(
    viewer: ViewerModel, classified: Campaign, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryoal.campaign.audit_ready import ready_audit

    ready_audit(classified, 10)
    desk = desk_of(viewer)
    desk.open(classified.path)
    desk.annotator = "ana"
    panel = ClassPanel(viewer)
    qtbot.addWidget(panel)
    with qtbot.waitSignal(panel.scene.came, timeout=10_000):
        panel.show_tomogram("TS_01")
    boxes = desk.boxes()
    assert boxes is not None
    held = np.flatnonzero(boxes.is_held[:18])
    assert len(held)
    assert {panel.scene.points.features["class"].tolist()[row] for row in held} == {""}
    before = in_journal(classified)
    panel.scene.choose([int(held[0])])
    assert "kept for measuring" in panel.told.text()
    panel.answer("rod")
    assert panel.message.text().startswith("not recorded: ")
    assert in_journal(classified) == before
    assert not set(panel.scene.shown_rows()) & set(held)
    monkeypatch.setattr(save_shown, "save_shown", lambda *_: "saved")
    panel._save()
    assert panel.message.text() == (
        f"saved; {len(held)} of the audit or test keys were left out: cryoal export has them"
    )
    free = next(row for row in range(17, 0, -1) if row not in held)
    drawn = len(classified.audit.draws[0].keys)
    panel.scene.choose([int(held[0]), free])
    panel.answer("rod")
    assert panel.message.text().endswith("rod; 1 kept for measuring were left out")
    assert in_journal(classified)[-1] == (classified.pool.keys[free], "rod")
    now = Campaign.open(classified.path)
    assert len(now.audit.draws[0].keys) == drawn  # a click takes nothing out of the audit
    assert {str(key) for key in now.pool.keys[held]} <= {*members(now)}


def test_boxes_are_shown_without_a_tomogram_that_is_gone(
    viewer: ViewerModel, classified: Campaign, qtbot: QtBot, phantoms: PhantomFiles
) -> None:
    path = phantoms.tomograms[0]
    aside = path.with_suffix(".aside")
    shutil.move(path, aside)
    try:
        desk_of(viewer).open(classified.path)
        panel = ClassPanel(viewer)
        qtbot.addWidget(panel)
        with qtbot.waitSignal(panel.scene.came, timeout=10_000):
            panel.show_tomogram("TS_01")
    finally:
        shutil.move(aside, path)
    assert [layer.name for layer in viewer.layers] == ["boxes of TS_01"]
    assert "its boxes are shown without it" in panel.message.text()
    panel.pick.setChecked(True)
    assert panel.message.text() == "expected a tomogram on show to click in, found none"


def test_another_tomogram_takes_the_place_of_the_first(
    panel: ClassPanel, viewer: ViewerModel, qtbot: QtBot
) -> None:
    mine = viewer.add_points(np.zeros((1, 3)), name="mine")
    with qtbot.waitSignal(panel.scene.came, timeout=10_000):
        panel.show_tomogram("TS_02")
    assert {layer.name for layer in viewer.layers} == {"mine", "TS_02", "boxes of TS_02"}
    assert mine in viewer.layers
    viewer.layers.remove("boxes of TS_02")  # the user may take it away
    panel._desk.renew()
    assert panel.count.text() == ""


def test_what_was_dropped_of_the_same_tomogram_steps_aside(
    viewer: ViewerModel, desk: Desk, qtbot: QtBot, phantoms: PhantomFiles,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("napari.current_viewer", lambda: viewer)
    viewer.add_layer(Layer.create(*read_volume(phantoms.tomograms[0])[0]))
    viewer.add_layer(Layer.create(*read_pick_file(phantoms.picks)[0]))
    mine = viewer.add_points(np.zeros((1, 3)), name="mine")
    panel = ClassPanel(viewer)
    qtbot.addWidget(panel)
    with qtbot.waitSignal(panel.scene.came, timeout=10_000):
        panel.show_tomogram("TS_01")
    visible = {layer.name for layer in viewer.layers if layer.visible}
    assert visible == {"mine", "TS_01 [1]", "boxes of TS_01"}
    assert mine.visible


# what is saved


@pytest.mark.parametrize("to", ["relion5", "csv", "copick_csv"])
def test_what_is_shown_is_saved_with_its_class(
    panel: ClassPanel, classified: Campaign, tmp_path: Path, to: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = named_for(to, str(tmp_path / "shown"))
    monkeypatch.setattr(save_shown.SaveForm, "exec", lambda _: 1)
    monkeypatch.setattr(save_shown.SaveForm, "chosen", lambda _: (to, path))
    panel.filters.answered.setCurrentIndex(1)  # answered by an expert
    panel._save()
    assert panel.message.text().startswith(f"3 particles: {path}"), panel.message.text()
    picks = read_picks(path)
    assert len(picks) == 3
    if to != "copick_csv":
        cells = picks.columns["cryoalClass"]
        assert [cell if cell != "None" else "" for cell in cells] == ["background", "rod", ""]
        assert picks.columns["cryoalDecidedBy"] == ["expert", "expert", "undecided"]


def test_nothing_to_save_and_no_place_to_save_it_are_one_line(
    panel: ClassPanel, classified: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = classified.path / "mine.star"
    monkeypatch.setattr(save_shown.SaveForm, "exec", lambda _: 1)
    monkeypatch.setattr(save_shown.SaveForm, "chosen", lambda _: ("relion5", inside))
    panel._save()
    assert panel.message.text().startswith("not saved: expected a place outside of campaigns")
    panel.filters.doubt_from.setValue(1.0)
    panel._save()
    assert panel.message.text().startswith("not saved: expected boxes to save, found none")


def test_a_name_without_an_ending_gets_that_of_the_format() -> None:
    for to in WRITERS.names():
        path = named_for(to, "walls")
        assert path.stem == "walls"
    assert str(named_for("relion4", "a.b")) == "a.b"


# picks by hand


def clicked(panel: ClassPanel, voxels: list[list[float]]) -> None:
    panel.pick.setChecked(True)
    panel._new.data = np.array(voxels, float)


def test_clicked_picks_are_cut_as_a_set_of_their_own_and_labelled(
    panel: ClassPanel, classified: Campaign, qtbot: QtBot
) -> None:
    clicked(panel, [[12, 40, 41], [20, 30.4, 25]])
    panel.pick_class.setCurrentText("rod")
    panel._add()
    qtbot.waitUntil(panel.add.isEnabled, timeout=10_000)
    assert panel.message.text().startswith("2 boxes added, labelled rod")
    now = Campaign.open(classified.path)
    keys = now.pool.keys.tolist()[36:]
    assert keys == ["by_hand/TS_01/x41_y40_z12", "by_hand/TS_01/x25_y30_z20"]
    assert now.pool.source.tolist()[36:] == ["by_hand"] * 2
    np.testing.assert_allclose(
        now.pool.position_zyx_angstrom[36:], [[120, 400, 410], [200, 304, 250]]
    )
    assert in_journal(classified)[-2:] == [(key, "rod") for key in keys]
    points = panel.scene.points
    assert len(points.data) == 20  # on show at once
    assert points.features["class"].tolist()[-1] == "rod"
    assert len(panel._new.data) == 0


def test_a_double_is_told(panel: ClassPanel, classified: Campaign, qtbot: QtBot) -> None:
    z, y, x = (classified.pool.position_zyx_angstrom[5] / 10.0).tolist()
    clicked(panel, [[z, y, x], [z, y + 1, x]])
    panel.pick_class.setCurrentText("no class yet")
    panel._add()
    qtbot.waitUntil(panel.add.isEnabled, timeout=10_000)
    assert panel.message.text() == (
        "1 box added; 1 left out: there is a box at that place, click it instead; "
        "1 nearer than 20 Å to another box: doubles?"
    )


def test_picks_outside_the_tomogram_stay_and_are_told_and_the_others_are_added(
    panel: ClassPanel, classified: Campaign, qtbot: QtBot
) -> None:
    outside = [[12.0, 40, -0.6], [40, 40.0, 9], [-3.0, 7, 8], [12.0, 200, 5]]
    clicked(panel, [outside[0], [12, 40, 41], *outside[1:], [20, 30, -0.4]])
    panel.pick_class.setCurrentText("rod")
    panel._add()
    qtbot.waitUntil(panel.add.isEnabled, timeout=10_000)
    said = panel.message.text()
    assert said.startswith("2 boxes added, labelled rod; ")
    assert said.endswith(
        "; 4 outside the tomogram, at voxel x -1 y 40 z 12, x 9 y 40 z 40, x 8 y 7 z -3 "
        "and 1 more: left where they were clicked"
    )
    assert panel._new.data.tolist() == outside
    assert panel.pick.isChecked()
    keys = Campaign.open(classified.path).pool.keys.tolist()[36:]
    assert keys == ["by_hand/TS_01/x41_y40_z12", "by_hand/TS_01/x0_y30_z20"]


def test_a_pick_is_outside_by_the_first_voxel_of_the_level_that_is_cut(
    classified: Campaign,
) -> None:
    record = replace(classified.pool.tomograms[0], offset_zyx=(5.0, 5.0, 5.0))
    with pytest.raises(PicksError, match="1 outside the tomogram, at voxel x 10 y 10 z -1: left"):
        add_by_hand(
            classified.path, record, np.array([[-1.0, 100, 100]]), annotator="ana", label=None
        )


def test_picks_that_cannot_be_added_stay_where_they_were_clicked(
    panel: ClassPanel, classified: Campaign, qtbot: QtBot
) -> None:
    clicked(panel, [[12, 40, 400]])
    panel._add()
    qtbot.waitUntil(panel.add.isEnabled, timeout=10_000)
    assert panel.message.text() == (
        "not added: expected picks inside TS_01.mrc (x, y, z: 80 x 80 x 32 voxels), found 1 "
        "outside the tomogram, at voxel x 400 y 40 z 12: left where they were clicked"
    )
    assert len(panel._new.data) == 1
    panel._new.data = np.array([[12.0, 40, 41]])
    with classified.busy("classify"):
        panel._add()
        qtbot.waitUntil(panel.add.isEnabled, timeout=10_000)
        assert panel.message.text().startswith("not added: expected a free campaign")
    assert len(panel._new.data) == 1
    assert len(Campaign.open(classified.path).pool) == 36
    assert not [*(classified.path / "picks").glob("*")]


def test_a_full_disk_and_a_nameless_annotator_change_nothing(
    panel: ClassPanel, classified: Campaign, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryoal.data.labels import LabelStore

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", "ana.jsonl")

    before = in_journal(classified)
    panel.scene.choose([4])
    with monkeypatch.context() as patched:
        patched.setattr(LabelStore, "append", full)
        panel.answer("rod")
        assert panel.message.text() == (
            "not recorded: expected room on the disk to write ana.jsonl, found it full"
        )
        assert panel.scene.points.features["class"].tolist()[4] == "ring"
        clicked(panel, [[12, 40, 41]])
        panel.pick_class.setCurrentText("rod")
        panel._add()
        qtbot.waitUntil(panel.add.isEnabled, timeout=10_000)
        assert panel.message.text() == (
            "1 box added, but not labelled: expected room on the disk to write ana.jsonl, found "
            "it full"
        )
    clicked(panel, [[20, 30, 25]])
    panel.annotator.setText("")
    panel._add()
    qtbot.waitUntil(panel.add.isEnabled, timeout=10_000)
    assert panel.message.text().startswith("not added: ")
    assert len(Campaign.open(classified.path).pool) == 37
    assert in_journal(classified) == before


def test_the_same_clicks_go_to_no_other_tomogram(
    panel: ClassPanel, viewer: ViewerModel, qtbot: QtBot
) -> None:
    clicked(panel, [[12, 40, 41]])
    with qtbot.waitSignal(panel.scene.came, timeout=10_000):
        panel.show_tomogram("TS_02")
    panel._add()
    assert panel.message.text().startswith("expected picks of TS_02, found those of TS_01")


def test_a_pick_that_is_clicked_while_others_are_added_stays(
    panel: ClassPanel, qtbot: QtBot
) -> None:
    clicked(panel, [[12, 40, 41]])
    panel._add()
    panel._new.add(np.array([[20.0, 30, 25]]))
    qtbot.waitUntil(panel.add.isEnabled, timeout=10_000)
    assert panel.message.text().startswith("1 box added")
    np.testing.assert_array_equal(panel._new.data, [[20, 30, 25]])
    assert panel.pick.isChecked()


@pytest.fixture
def namesake(classified: Campaign, tmp_path: Path) -> Campaign:
    """Another campaign whose tomograms are called the same."""
    shutil.copytree(classified.path, tmp_path / "namesake")
    return Campaign.open(tmp_path / "namesake")


def test_nothing_of_a_tomogram_goes_to_its_namesake_in_another_campaign(
    panel: ClassPanel, desk: Desk, classified: Campaign, namesake: Campaign, qtbot: QtBot
) -> None:
    panel.scene.go_to(int(panel.scene._found.rows[4]))
    panel.answer("ring")
    n_said = len(in_journal(classified))
    clicked(panel, [[12, 40, 41]])
    desk.open(namesake.path)
    assert (panel.scene.name, panel.scene.rows) == ("", [])
    panel.answer("rod")
    assert panel.message.text() == "expected a box that is chosen, found none: click one"
    panel._undo()
    assert panel.message.text() == "nothing to undo: no answer was given here"
    with qtbot.waitSignal(panel.scene.came, timeout=10_000):
        panel.show_tomogram("TS_01")
    panel._add()
    assert panel.message.text().startswith("expected new picks, found none")
    assert len(in_journal(classified)) == n_said
    for campaign in (classified, namesake):
        assert len(Campaign.open(campaign.path).pool) == 36


def test_a_tomogram_that_comes_after_the_campaign_was_changed_is_not_shown(
    panel: ClassPanel, desk: Desk, namesake: Campaign, viewer: ViewerModel, qtbot: QtBot
) -> None:
    panel.show_tomogram("TS_02")
    desk.open(namesake.path)
    qtbot.wait(200)
    assert panel.scene.name == ""
    with qtbot.waitSignal(panel.scene.came, timeout=10_000):
        panel.show_tomogram("TS_02")
    assert "boxes of TS_02" in viewer.layers


# a new campaign


class Started:
    """In place of a job: what would have been started."""

    def __init__(self) -> None:
        self.commands: list[tuple[Path, list[str]]] = []

    def start(self, _: Any, path: Path, words: list[str]) -> bool:
        self.commands.append((path, list(words)))
        return True


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    made = Started()
    for module in (start_panel, next_panel):
        monkeypatch.setattr(module.JobBar, "start", lambda bar, *words: made.start(bar, *words))
    return made


@pytest.fixture
def new(
    viewer: ViewerModel, qtbot: QtBot, phantoms: PhantomFiles, monkeypatch: pytest.MonkeyPatch
) -> StartPanel:
    """The form, with a tomogram and its picks on show."""
    monkeypatch.setattr("napari.current_viewer", lambda: viewer)
    panel = StartPanel(viewer)
    qtbot.addWidget(panel)
    viewer.add_layer(Layer.create(*read_volume(phantoms.tomograms[0])[0]))
    viewer.add_layer(Layer.create(*read_pick_file(phantoms.picks)[0]))
    return panel


def test_a_campaign_is_made_from_what_is_on_show(
    new: StartPanel, started: Started, phantoms: PhantomFiles, tmp_path: Path
) -> None:
    assert new.size.text() == "320 Å"
    new.folder.setText(str(tmp_path / "new"))
    new.classes.setText("ring, rod,background")
    new.box.setValue(8)
    new.start.click()
    made = Campaign.open(tmp_path / "new")
    assert made.config.classes == ("ring", "rod", "background")
    assert made.config.pool.box == 8
    # points that nobody moved are the file that they came from, with all its columns
    words = ["add", str(phantoms.tomograms[0]), "--picks", str(phantoms.picks)]
    assert started.commands == [(tmp_path / "new", words)]
    assert new.start.text() == start_panel.ADD
    assert not new.classes.isEnabled()


def test_points_that_were_moved_are_a_file_of_the_campaign(
    new: StartPanel, started: Started, viewer: ViewerModel, tmp_path: Path,
    phantoms: PhantomFiles,
) -> None:  # fmt: skip
    points = viewer.layers["picks of TS_01"]
    points.data = points.data[:5] + 1.0
    new.folder.setText(str(tmp_path / "new"))
    new.classes.setText("ring, rod")
    new.start.click()
    ((_, words),) = started.commands
    file = Path(words[3])
    assert file == tmp_path / "new" / "picks" / "picks_of_TS_01.csv"
    assert words[4:] == ["--name", f"TS_01={phantoms.tomograms[0]}"]
    picks = read_picks(file)
    assert len(picks) == 5
    np.testing.assert_allclose(
        [float(v) for v in picks.columns["x_angstrom"]], points.data[:, 2] * 10.0, atol=1e-3
    )


@pytest.mark.parametrize(
    ("folder", "classes", "said"),
    [
        ("", "a,b", "expected a folder for the campaign, found none"),
        ("new", "wall", "expected two classes or more with commas between, found 'wall'"),
        ("new", "a,None", "None"),
    ],
)
def test_what_is_wrong_with_a_new_campaign_is_one_line_and_makes_no_folder(
    new: StartPanel, started: Started, tmp_path: Path, folder: str, classes: str, said: str
) -> None:
    new.folder.setText(str(tmp_path / folder) if folder else "")
    new.classes.setText(classes)
    new.start.click()
    assert said in new.message.text()
    assert "\n" not in new.message.text()
    assert not started.commands
    assert not (tmp_path / "new").exists()


def test_further_options_of_add_go_along(new: StartPanel, started: Started, tmp_path: Path) -> None:
    new.folder.setText(str(tmp_path / "new"))
    new.classes.setText("ring,rod")
    for text in ("density black", "--source 'my"):
        new.more.setText(text)
        new.start.click()
        assert new.message.text().startswith("expected options of cryoal add, found")
        assert not (tmp_path / "new").exists()
    new.more.setText("--density black --source 'one'")
    new.start.click()
    assert started.commands[0][1][-4:] == ["--density", "black", "--source", "one"]


def test_a_form_without_picks_says_so(
    viewer: ViewerModel, qtbot: QtBot, tmp_path: Path, started: Started
) -> None:
    panel = StartPanel(viewer)
    qtbot.addWidget(panel)
    panel.folder.setText(str(tmp_path / "new"))
    panel.classes.setText("a,b")
    panel.start.click()
    assert panel.message.text().startswith("expected picks, found none")
    assert not (tmp_path / "new").exists()
    panel.draw.click()
    assert panel.message.text() == (
        "expected a tomogram to draw the box on, found none: drag one in"
    )


def test_picks_of_a_layer_that_is_no_file_are_refused(
    viewer: ViewerModel, campaign: Campaign
) -> None:
    viewer.add_image(np.zeros((8, 9, 10)), name="array", scale=(10,) * 3)
    points = viewer.add_points([[1.0, 2, 3]], scale=(10,) * 3)
    with pytest.raises(PicksError, match="expected a tomogram that is a file"):
        words_of_add(campaign, Material(points=points), viewer.layers)


def test_the_box_is_drawn_and_pulled(new: StartPanel, viewer: ViewerModel) -> None:
    new.box.setValue(16)
    new.draw.click()
    drawn = viewer.layers[-1]
    assert edge_of(drawn.data[0]) == 16
    corners = drawn.data[0].copy()
    corners[:, 1:] += (corners[:, 1:] - corners[:, 1:].mean(axis=0)) * 0.5  # pulled to 24
    drawn.data = [corners]
    assert new.box.value() == 24
    assert new.size.text() == "240 Å"
    new.box.setValue(12)
    assert edge_of(drawn.data[0]) == 12
    assert [image.name for image in images_of(viewer.layers)] == ["TS_01"]


def test_an_odd_box_becomes_even(new: StartPanel) -> None:
    new.box.setValue(21)
    assert new.box.value() == 22


def test_a_drawing_that_was_taken_away_does_nothing(viewer: ViewerModel) -> None:
    drawing = BoxDrawing(viewer)
    image = viewer.add_image(np.zeros((8, 40, 40)))
    drawing.show(image, 8)
    viewer.layers.pop()
    drawing.set_edge(12)
    assert not drawing.is_on_show


def test_classes_are_told_apart_by_commas() -> None:
    from cryoal.napari_plugin.start_work import class_names

    assert class_names(" a, b ,,c") == ["a", "b", "c"]
    with pytest.raises(ConfigError, match="found ''"):
        class_names(" ")


# the next round


@pytest.fixture
def following(viewer: ViewerModel, desk: Desk, qtbot: QtBot) -> NextPanel:
    made = NextPanel(viewer)
    qtbot.addWidget(made)
    return made


def test_buttons_are_the_commands_and_say_what_stands_in_the_way(
    following: NextPanel, started: Started, classified: Campaign
) -> None:
    following.n.setValue(12)
    following.buttons["select"].click()
    following.buttons["classify"].click()
    assert [words for _, words in started.commands] == [["select", "-n", "12"], ["classify"]]
    assert following.buttons["classify"].toolTip() == f"cryoal classify {classified.path}"
    assert not following.review.isEnabled()  # nothing was asked yet


def test_without_labels_only_a_query_can_be_had(
    viewer: ViewerModel, campaign: Campaign, qtbot: QtBot
) -> None:
    desk_of(viewer).open(campaign.path)
    panel = NextPanel(viewer)
    qtbot.addWidget(panel)
    assert panel.buttons["select"].isEnabled()
    assert not panel.buttons["classify"].isEnabled()
    assert not panel.export.isEnabled()
    assert "Classify all boxes: " in panel.why.text()


def test_an_export_is_asked_with_its_filters_and_a_path_that_holds_anywhere(
    following: NextPanel, started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    following.export.click()
    assert following.line.message.text() == "expected a file to export to, found none"
    following.path.setText("walls")
    following.only.setCurrentText("rod")
    following.least.setValue(0.9)
    following.export.click()
    ((_, words),) = started.commands
    assert words == [
        "export", "--to", "relion5", "--output", str(tmp_path / "walls.star"),
        "--class=rod", "--min-probability", "0.9",
    ]  # fmt: skip


def test_nothing_is_known_of_boxes_without_a_campaign(viewer: ViewerModel, qtbot: QtBot) -> None:
    for kind in (NextPanel, TomogramsPanel, ClassPanel, StartPanel):
        panel = kind(viewer)
        qtbot.addWidget(panel)
    assert NONE == -1
    panel = NextPanel(viewer)
    qtbot.addWidget(panel)
    assert not any(button.isEnabled() for button in panel.buttons.values())
