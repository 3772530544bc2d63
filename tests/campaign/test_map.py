"""The map of a campaign."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.alike import alike
from cryoal.campaign.find import find
from cryoal.campaign.map import make_map, read_map, rows_inside
from cryoal.campaign.map_file import FILE, STEPS
from cryoal.campaign.model import current_team
from cryoal.cli import main
from cryoal.errors import CampaignBusyError, CampaignError, ConfigError, UnknownKeyError
from cryoal.records import read_json, write_json
from tests.campaign.test_classifier import fresh, started

__all__ = ["fresh", "started"]


def test_a_map_holds_all_boxes_without_a_label_and_is_read_as_it_was_made(fresh: Campaign) -> None:
    made = make_map(fresh)
    n = len(fresh.pool)
    assert np.array_equal(made.rows, np.arange(n))
    assert made.xy.shape == (n, 2)
    assert (made.of, made.n_all, made.is_sample, made.is_current) == ("descriptors", n, False, True)
    assert made.said == f"all {n} boxes by descriptors"
    assert np.isclose(made.xy.max() - made.xy.min(), 1.0)
    again = read_map(Campaign.open(fresh.path))
    assert again is not None
    assert np.array_equal(again.xy, made.xy)


def test_boxes_of_one_class_lie_side_by_side(fresh: Campaign, truth: dict[str, str]) -> None:
    found = make_map(fresh)
    label = np.array([truth[key] for key in fresh.pool.keys.tolist()])
    apart = np.square(found.xy[:, None] - found.xy).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = np.argsort(apart, axis=1)[:, :3]
    assert (label[nearest] == label[:, None]).mean() > 0.6  # chance: a third


def test_a_map_that_is_there_is_not_made_again(fresh: Campaign) -> None:
    make_map(fresh)
    before = (fresh.path / FILE).stat().st_mtime_ns
    make_map(fresh, most=len(fresh.pool))
    assert (fresh.path / FILE).stat().st_mtime_ns == before
    make_map(fresh, seed=1)
    assert (fresh.path / FILE).stat().st_mtime_ns != before


def test_beyond_the_most_a_draw_is_on_it_and_says_so(fresh: Campaign) -> None:
    found = make_map(fresh, most=10)
    assert len(found.rows) == 10
    assert found.is_sample
    assert found.said == f"a draw of 10 of {len(fresh.pool)} boxes by descriptors"
    where = found.at(np.arange(len(fresh.pool)))
    assert (where >= 0).sum() == 10
    assert np.array_equal(found.rows[where[found.rows]], found.rows)
    again = read_map(fresh)
    assert again is not None
    assert np.array_equal(again.rows, found.rows)
    assert np.array_equal(make_map(fresh, most=10).rows, found.rows)


def test_a_lasso_around_all_holds_every_box(fresh: Campaign) -> None:
    found = make_map(fresh)
    everything = [(-1, -1), (2, -1), (2, 2), (-1, 2)]
    assert np.array_equal(rows_inside(found, everything), found.rows)
    assert not len(rows_inside(found, [(2, 2), (3, 2), (3, 3)]))


def test_a_map_is_stale_when_descriptors_are_others_and_not_when_they_were_deleted(
    fresh: Campaign,
) -> None:
    made = make_map(fresh)
    folder = fresh.path / "descriptors"
    facts = read_json(folder / "shells.json")
    write_json(folder / "shells.json", {**facts, "version": "another"})
    late = read_map(fresh)
    assert late is not None
    assert not late.is_current
    assert late.said.endswith("; boxes or what is known of them changed since")
    for file in folder.iterdir():
        file.unlink()
    kept = read_map(fresh)
    assert kept is not None
    assert kept.is_current
    assert np.array_equal(kept.xy, made.xy)


def test_a_damaged_map_is_as_good_as_none(fresh: Campaign) -> None:
    made = make_map(fresh)
    facts = read_json(fresh.path / FILE)
    changes: list[dict[str, object]] = [
        {"rows": [0, 0]},
        {"rows": [[1]]},
        {"x": [1]},
        {"x": [STEPS + 1]},
        {"x": [0.5]},
        {"y": "no list"},
        {"of": "nothing"},
        {"n_all": -1},
        {"n_all": True},
        {"seed": None},
    ]
    for change in changes:
        write_json(fresh.path / FILE, {**facts, **change})
        assert read_map(fresh) is None, change
    assert np.array_equal(make_map(fresh).xy, made.xy)


def test_a_flipped_digit_is_named_by_doctor_and_the_map_made_again(
    fresh: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_map(fresh)
    text = (fresh.path / FILE).read_text()
    at = text.index('"x"') + 8
    while not text[at].isdigit():
        at += 1
    (fresh.path / FILE).write_text(text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :])
    assert read_map(fresh) is None
    assert main(["doctor", str(fresh.path)]) == 2
    assert f"{FILE}" in capsys.readouterr().out
    assert np.array_equal(make_map(fresh).xy, made.xy)


def test_a_map_of_a_larger_pool_or_of_a_newer_cryoal_is_none(fresh: Campaign) -> None:
    make_map(fresh)
    facts = read_json(fresh.path / FILE)
    write_json(fresh.path / FILE, {**facts, "format": 2})
    assert read_map(fresh) is None
    more = {name: [*facts[name], 5] for name in ("x", "y")}
    write_json(fresh.path / FILE, {**facts, **more, "n_all": facts["n_all"] + 1})
    assert read_map(fresh) is None


def test_another_word_or_a_teacher_without_a_pair_is_refused(fresh: Campaign) -> None:
    with pytest.raises(ConfigError, match="descriptors or teacher, found 'colour'"):
        make_map(fresh, of="colour")
    with pytest.raises(CampaignError, match=r"expected a trained pair in .*model, found none"):
        make_map(fresh, of="teacher")
    with pytest.raises(ConfigError, match="at least 1 box on a map, found 0"):
        make_map(fresh, most=0)
    assert not (fresh.path / FILE).exists()


def test_the_command_says_what_is_on_the_map(
    fresh: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["map", str(fresh.path)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == f"{fresh.path / FILE}: all {len(fresh.pool)} boxes by descriptors"
    assert main(["map", str(fresh.path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [point["key"] for point in told["points"]] == fresh.pool.keys.tolist()
    assert told["boxes"] == len(fresh.pool)


# boxes that are alike, for a face


def test_a_face_finds_the_likes_of_any_box_without_a_cycle(
    started: Campaign, truth: dict[str, str]
) -> None:
    cycles = len(started.cycles())
    rings = sorted(key for key, name in truth.items() if name == "ring")
    found = alike(started, rings[:2], 7)
    assert found.keys[:2] == rings[:2]
    assert found.likeness[:2].tolist() == [1.0, 1.0]
    assert (np.diff(found.likeness) <= 0).all()
    assert sum(truth[key] == "ring" for key in found.keys) >= 5  # chance: 4
    assert len(started.cycles()) == cycles
    assert len(alike(started, rings[:1], 1000).keys) == len(started.pool)


def test_it_ranks_as_find_does(fresh: Campaign, truth: dict[str, str]) -> None:
    key = sorted(truth)[0]
    assert set(alike(fresh, [key], 6).keys) == set(find(fresh, [key], 6).keys())


def test_a_face_waits_for_nobody_unless_descriptors_are_lacking(fresh: Campaign) -> None:
    key = str(fresh.pool.keys[0])
    with fresh.busy("train"), pytest.raises(CampaignBusyError, match="held by"):
        alike(Campaign.open(fresh.path), [key])
    alike(fresh, [key])
    with fresh.busy("train"):
        assert alike(Campaign.open(fresh.path), [key], 3).keys[0] == key


def test_wrong_keys_and_numbers_are_refused(fresh: Campaign) -> None:
    with pytest.raises(UnknownKeyError, match="did you mean"):
        alike(fresh, ["nothing"])
    with pytest.raises(ConfigError, match="at least one key"):
        alike(fresh, [])
    with pytest.raises(ConfigError, match="at least 1 box"):
        alike(fresh, list(fresh.pool.keys[:1]), 0)


# by the teacher's embedding


def test_where_a_pair_was_trained_the_map_is_its_teachers(started: Campaign) -> None:
    current_team(started)
    found = make_map(started)
    assert found.of == "teacher"
    assert found.said == f"all {len(started.pool)} boxes by the teacher's embedding"
    assert found.is_current
    started.record("ann", [(str(started.pool.keys[-1]), "ring")])
    late = read_map(Campaign.open(started.path))
    assert late is not None
    assert late.is_current  # labels do not move boxes: another pair does
    facts = read_json(started.path / "model" / "made_from.json")
    write_json(started.path / "model" / "made_from.json", {**facts, "seed": 99})
    other = read_map(started)
    assert other is not None
    assert not other.is_current
    assert make_map(started, of="descriptors").of == "descriptors"


def test_a_pair_that_cannot_be_read_is_named_in_a_line(started: Campaign) -> None:
    current_team(started)
    file = started.path / "model" / "teacher.safetensors"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(CampaignError, match=r"teacher\.safetensors.*map by descriptors"):
        make_map(started)
    assert not (started.path / FILE).exists()
