"""The audit: who is in it, who leaves it, and that nobody who asks or learns knows it."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.audit import audit_now, members, without_audit
from cryoal.campaign.audit_draw import draw_audit, give_audit
from cryoal.campaign.audit_file import FILE, change_audit
from cryoal.campaign.audit_seen import NONE, Seen
from cryoal.campaign.candidates import eligible
from cryoal.campaign.classifier import current_classifier
from cryoal.campaign.export import export
from cryoal.campaign.predictions import classify, read_predictions
from cryoal.config import make_config
from cryoal.data.events import Answer, Recall, Sitting
from cryoal.data.extract import extract
from cryoal.errors import (
    CampaignError,
    CampaignVersionError,
    ConfigError,
    FileFormatError,
    PoolError,
    UnknownKeyError,
)
from cryoal.io.picks.read import read_picks
from cryoal.records import now, read_json, write_json
from tests.campaign.report.samples import write_cycle
from tests.campaign.test_classifier import with_settings
from tests.conftest import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.testing.phantoms import PhantomFiles


def keys_of(campaign: Campaign) -> tuple[str, ...]:
    """The boxes of the audit now."""
    found = audit_now(campaign)
    assert found is not None
    return found.keys


def boxes_of(campaign: Campaign, rows: NDArray[np.int64]) -> set[str]:
    return set(campaign.pool.keys[rows].tolist())


def answer(
    campaign: Campaign, keys: Sequence[str], truth: dict[str, str], who: str = "ann"
) -> None:
    """As a sheet of the audit, or a query's."""
    campaign.record(who, [(key, truth[key]) for key in keys], is_audit=True)


def ask(campaign: Campaign, number: int, keys: list[str]) -> None:
    write_cycle(campaign, number, [(key, None) for key in keys])


@pytest.fixture
def heads(campaign: Campaign) -> Campaign:
    """Heads decide, and nothing has to be learnt first."""
    return with_settings(
        campaign, ('use = "pair"', 'use = "heads"'), ('method = "vicreg"', 'method = "none"')
    )


def test_a_draw_is_of_boxes_without_an_answer(campaign: Campaign, truth: dict[str, str]) -> None:
    pool = campaign.pool.keys.tolist()
    ask(campaign, 0, pool[:6])
    answer(campaign, pool[:6], truth)
    ask(campaign, 1, pool[6:10])  # open
    campaign.reserve({key: truth[key] for key in pool[10:14]}, "test")
    draw = draw_audit(campaign, 22)  # all that are left, at the border too
    assert set(draw.keys) == set(pool[14:])
    assert list(draw.keys) != pool[14:]  # shown in random order
    found = audit_now(campaign)
    assert found is not None
    assert (found.open, found.named, found.unnamed) == (draw.keys, {}, frozenset())
    assert found.outside.tolist() == [6, 7, 8, 9]
    with pytest.raises(CampaignError, match="none are left, found 1"):
        draw_audit(campaign, 1)


def test_the_same_seed_draws_the_same_boxes(original: Path, tmp_path: Path) -> None:
    drawn = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        shutil.copytree(original, tmp_path / name)
        drawn.append(draw_audit(Campaign.open(tmp_path / name), 10, seed=seed).keys)
    assert drawn[0] == drawn[1] != drawn[2]


def test_no_answer_of_the_audit_is_trained_on(campaign: Campaign, truth: dict[str, str]) -> None:
    drawn = draw_audit(campaign, 5).keys
    answer(campaign, drawn, truth)
    assert campaign.training_labels() == {}
    standing = campaign.standing()
    assert set(standing.labelled) == set(drawn)
    assert without_audit(campaign, standing).answered == frozenset()
    found = audit_now(campaign)
    assert found is not None
    assert found.named == {key: truth[key] for key in drawn}
    assert found.is_finished


def test_who_may_be_asked_does_not_depend_on_the_audit(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    before = eligible(campaign)
    drawn = draw_audit(campaign, 7).keys
    np.testing.assert_array_equal(eligible(campaign), before)
    campaign.record("ann", [(key, None) for key in drawn[:3]], is_audit=True)
    answer(campaign, drawn[3:], truth)
    answer(campaign, drawn[3:], {key: other_than(truth[key]) for key in drawn}, "ben")
    np.testing.assert_array_equal(eligible(campaign), before)


def test_a_query_that_picks_an_audit_box_takes_its_answer_over(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    drawn = draw_audit(campaign, 5).keys
    answer(campaign, drawn[:3], truth)
    others = [key for key in campaign.pool.keys.tolist() if key not in drawn]
    ask(campaign, 0, [drawn[0], drawn[4], *others[:3]])
    assert keys_of(campaign) == drawn[1:4]
    assert campaign.training_labels() == {drawn[0]: truth[drawn[0]]}
    found = audit_now(campaign)
    assert found is not None
    assert found.n_left == 2
    (stratum,) = found.strata
    assert boxes_of(campaign, stratum.rows) == {
        *drawn[1:4],
        *others[3:],
    }  # what was asked is out of both
    assert boxes_of(campaign, found.outside) == {drawn[4], *others[:3]}


def test_a_file_of_ones_own_makes_labels_of_the_audit_boxes_in_it(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    drawn = draw_audit(campaign, 5).keys
    other = next(key for key in campaign.pool.keys.tolist() if key not in drawn)
    rows = [(key, truth[key]) for key in (*drawn[:2], other)]
    campaign.record("ann", rows)
    assert campaign.training_labels() == dict(sorted(rows))
    assert keys_of(campaign) == drawn[2:]
    campaign.record("ann", [(drawn[2], truth[drawn[2]])])  # one by one, met by chance
    assert keys_of(campaign) == drawn[3:]
    assert drawn[2] in campaign.training_labels()
    campaign.record("ann", [(drawn[3], truth[drawn[3]])], is_audit=True)  # a row of its sheet
    assert keys_of(campaign) == drawn[3:]


def test_a_file_of_audit_boxes_alone_answers_the_audit(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    drawn = draw_audit(campaign, 5).keys
    ask(campaign, 0, [drawn[0]])  # left since, and still in the sheet that was printed
    campaign.record("ann", [(key, truth[key]) for key in drawn[:4]])
    assert keys_of(campaign) == drawn[1:]
    assert set(campaign.training_labels()) == {drawn[0]}


def test_answers_in_other_queues_leave_the_audit_as_it_is(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    drawn = draw_audit(campaign, 4).keys
    campaign.record("ann", [(key, None) for key in drawn], is_audit=True)
    sit(campaign, "unsure", drawn[0], truth[drawn[0]])
    sit(campaign, "flagged", drawn[1], truth[drawn[1]])
    assert keys_of(campaign) == drawn
    found = audit_now(campaign)
    assert found is not None
    assert found.named[drawn[0]] == truth[drawn[0]]
    assert drawn[2] in found.unnamed


def sit(campaign: Campaign, queue: str, key: str, label: str, name: str = "s") -> None:
    """One answer in a sitting of `queue`."""
    time = now()
    sitting = Sitting(name, "ann", time, campaign.identity, "test", "0", queue, "score", True)
    campaign.labels.append("ann", [sitting, Answer(key, label, "ann", time, press=f"{name}-1")])


def other_than(label: str) -> str:
    return "ring" if label != "ring" else "rod"


def test_what_an_old_query_asked_in_vain_can_be_drawn_until_somebody_goes_on_with_it(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    pool = campaign.pool.keys.tolist()
    ask(campaign, 0, pool[:10])
    ask(campaign, 1, pool[10:12])
    answer(campaign, pool[10:12], truth)
    draw_audit(campaign, 20)
    found = audit_now(campaign)
    assert found is not None
    by_name = {stratum.name: stratum for stratum in found.strata}
    assert boxes_of(campaign, by_name["asked"].rows) == set(pool[:10])
    assert boxes_of(campaign, by_name["all"].rows) == set(pool[12:])
    assert by_name["asked"].audit
    skipped = next(key for key in pool[:10] if key not in found.keys)
    sit(campaign, "cycle 0", skipped, truth[skipped])
    after = audit_now(campaign)
    assert after is not None
    assert {stratum.name for stratum in after.strata} == {"all"}
    assert boxes_of(campaign, after.outside) == set(pool[:10]) - {skipped}


def test_an_answer_that_was_taken_back_leaves_the_box_in_the_audit(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    drawn = draw_audit(campaign, 3).keys
    sit(campaign, "audit", drawn[0], truth[drawn[0]])
    assert audit_now(campaign).open == drawn[1:]  # type: ignore[union-attr]
    campaign.labels.append("ann", [Recall("s-1", False, "ann", now())])
    assert audit_now(campaign).open == drawn  # type: ignore[union-attr]


def test_renamed_classes_are_those_of_the_audit_too(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    drawn = draw_audit(campaign, 12).keys
    answer(campaign, drawn, truth)
    again = with_settings(
        campaign, ('"ring"', '"annulus"'), ("renamed = []", 'renamed = ["ring = annulus"]')
    )
    found = audit_now(again)
    assert found is not None
    assert Counter(found.named.values())["annulus"] == [truth[k] for k in drawn].count("ring") > 0


# what makes it an audit


def test_what_is_left_is_as_likely_to_be_any_of_the_boxes_without_a_label(
    campaign: Campaign, truth: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """120 audits of a campaign that grows: drawn, answered, asked by score, labelled, drawn again.

    Boxes that are easy to be asked for lie first in the pool. Were answered ones not asked, or were
    those that are asked to stay, the audit would hold more of them.
    """
    monkeypatch.setattr("os.fsync", lambda _: None)  # thousands of files
    pool = campaign.pool.keys.tolist()
    n_each = np.zeros(len(pool))
    n_both = np.zeros((len(pool), len(pool)))
    expected, variance = 0.0, 0.0
    left: list[int] = []
    for seed in range(120):
        shutil.rmtree(campaign.path / "labels", ignore_errors=True)
        (campaign.path / FILE).unlink(missing_ok=True)
        for folder in campaign.cycles():
            shutil.rmtree(folder)
        for cycle in range(2):
            drawn = draw_audit(campaign, 7, seed=seed).keys
            answer(campaign, drawn[: 3 + 2 * cycle], truth)
            query = campaign.pool.keys[eligible(campaign)[:6]].tolist()
            ask(campaign, cycle, query)
            answer(campaign, query, truth)
            labels = campaign.training_labels()
            rest = [key for key in pool if key not in labels]
            campaign.record("ben", [(key, truth[key]) for key in rest[-3:]])
        found = audit_now(campaign)
        assert found is not None
        (stratum,) = found.strata
        left = stratum.rows.tolist()  # the same whoever was drawn
        assert len(left) == len(pool) - 18
        inside = np.isin(pool, found.keys)
        n_each += inside
        n_both += np.outer(inside, inside)
        share = inside.sum() / len(left)
        expected += share
        variance += share * (1 - share)
    assert n_each.sum() == n_each[left].sum()
    # of a simple random sample: chi-square with len(left) - 1 degrees of freedom
    chi = ((n_each[left] - expected) ** 2).sum() / variance * (len(left) - 1) / len(left)
    assert 5.7 < chi < 35.7  # the middle 99.5 % of 17 degrees of freedom
    pairs = n_both[np.ix_(left, left)][np.triu_indices(len(left), 1)]
    assert pairs.var() < 2 * pairs.mean()  # no two boxes go together


def test_the_classifier_is_the_same_to_the_bit_whoever_is_in_the_audit(
    heads: Campaign, truth: dict[str, str]
) -> None:
    pool = heads.pool.keys.tolist()
    ask(heads, 0, pool[::3])
    answer(heads, pool[::3], truth)
    everything = np.arange(len(pool))
    told = []
    for seed in (None, 1, 2):
        (heads.path / FILE).unlink(missing_ok=True)
        (heads.path / "labels" / "ben.jsonl").unlink(missing_ok=True)
        if seed is not None:
            drawn = draw_audit(heads, 10, seed=seed).keys
            rows = [(key, truth[key] if place % 3 else None) for place, key in enumerate(drawn)]
            heads.record("ben", rows)
        classifier = current_classifier(heads)
        told.append((classifier.told, classifier.log_posterior(heads.pool, everything).tobytes()))
    assert told[0] == told[1] == told[2]


def test_an_export_has_the_experts_class_of_audit_boxes(
    heads: Campaign, truth: dict[str, str], tmp_path: Path
) -> None:
    pool = heads.pool.keys.tolist()
    ask(heads, 0, pool[::3])
    answer(heads, pool[::3], truth)
    drawn = draw_audit(heads, 6).keys
    classify(heads)
    rows = [(key, other_than(truth[key])) for key in drawn[:5]]
    heads.record("ann", [*rows, (drawn[5], None)])
    export(heads, "csv", tmp_path / "out.csv")
    found = read_predictions(heads)
    label = dict(zip(found.keys, zip(found.label, found.decided_by, strict=True), strict=True))
    assert all(label[key] == (said, "expert") for key, said in rows)
    assert label[drawn[5]] == (None, "undecided")


# growing, strata


def test_draws_add_up_to_a_sample_of_each_stratum(heads: Campaign, truth: dict[str, str]) -> None:
    pool = heads.pool.keys.tolist()
    first = draw_audit(heads, 5).keys
    ask(heads, 0, pool[::3])
    answer(heads, pool[::3], truth)
    classify(heads)
    table = read_predictions(heads)
    best = table.probability.argmax(axis=1)
    predicted = {
        key: heads.config.classes[c] for key, c in zip(table.keys, best.tolist(), strict=True)
    }
    second = draw_audit(heads, 6, stratify=True).keys
    found = audit_now(heads)
    assert found is not None
    assert set(found.keys) == {*first, *second} - set(pool[::3])
    for stratum in found.strata:  # the first draw was sorted into them too
        assert {predicted[key] for key in boxes_of(heads, stratum.rows)} == {stratum.name}
        assert set(stratum.audit) == boxes_of(heads, stratum.rows) & set(found.keys)
        assert len(stratum.audit) >= 2
    assert sum(len(stratum.rows) for stratum in found.strata) == 24
    draw_audit(heads, 3)
    third = audit_now(heads)
    assert third is not None
    assert [s.rows.tolist() for s in third.strata] == [s.rows.tolist() for s in found.strata]


def test_strata_of_a_class_that_is_called_like_all_boxes_are_not_sorted_again(
    heads: Campaign, truth: dict[str, str]
) -> None:
    renamed = with_settings(
        heads, ('"ring"', '"all"'), ("renamed = []", 'renamed = ["ring = all"]')
    )
    pool = renamed.pool.keys.tolist()
    ask(renamed, 0, pool[::3])
    named = {key: "all" if label == "ring" else label for key, label in truth.items()}
    answer(renamed, pool[::3], named)
    draw_audit(renamed, 6, stratify=True)
    before = renamed.audit.strata
    draw_audit(renamed, 3, stratify=True)
    assert renamed.audit.strata == before


def test_boxes_that_came_later_are_a_stratum_of_their_own(
    campaign: Campaign,
) -> None:
    drawn = draw_audit(campaign, 6).keys
    whole = campaign.pool.keys
    late = [key for key in whole.tolist() if key not in drawn][:8]
    kept = [key for key in whole.tolist() if key not in late]
    seen = Seen.of(kept, np.zeros(len(kept), np.int32))
    change_audit(  # as it would be had the late ones not been there
        campaign.path / FILE, campaign.identity, lambda audit: replace(audit, seen=seen)
    )
    found = audit_now(campaign)
    assert found is not None
    assert boxes_of(campaign, found.outside) == set(late)
    draw_audit(campaign, 4)
    again = audit_now(campaign)
    assert again is not None
    assert [boxes_of(campaign, s.rows) for s in again.strata] == [set(kept), set(late)]
    assert [len(s.audit) for s in again.strata] == [8, 2]
    assert not len(again.outside)


def test_an_audit_whose_strata_had_keys_is_the_same_one(
    heads: Campaign, truth: dict[str, str]
) -> None:
    pool = heads.pool.keys.tolist()
    ask(heads, 0, pool[::3])
    answer(heads, pool[::3], truth)
    draw_audit(heads, 6, stratify=True)
    before = audit_now(heads)
    assert before is not None
    facts = read_json(heads.path / FILE)
    seen = heads.audit.seen
    for place, stratum in enumerate(facts["strata"]):
        stratum["keys"] = [key for key, at in zip(pool, seen.places, strict=True) if at == place]
    del facts["boxes"]
    write_json(heads.path / FILE, {**facts, "format": 1})
    after = audit_now(Campaign.open(heads.path))
    assert after is not None
    assert after.keys == before.keys
    assert [s.rows.tolist() for s in after.strata] == [s.rows.tolist() for s in before.strata]
    facts["strata"][0]["keys"] += facts["strata"][1]["keys"][:1]
    write_json(heads.path / FILE, {**facts, "format": 1})
    with pytest.raises(FileFormatError, match="a box in two strata"):
        audit_now(Campaign.open(heads.path))


@pytest.mark.parametrize("is_gone", [False, True])
def test_boxes_of_the_audit_that_the_pool_has_no_more_stay_in_it(
    tmp_path: Path, phantoms: PhantomFiles, truth: dict[str, str], is_gone: bool
) -> None:
    campaign = Campaign.create(tmp_path / "c", make_config(phantoms.classes, "laptop", SETTINGS))
    picks = read_picks(phantoms.picks, tomograms=phantoms.tomograms_star)
    for tomogram in phantoms.tomograms:
        extract(campaign.pool_path, [tomogram], picks, box=8)
    drawn = draw_audit(campaign, 12).keys
    first = [key for key in drawn if key.startswith("TS_01/")]
    answer(campaign, first, truth)
    file = (campaign.path / FILE).read_bytes()
    lost = campaign.pool_path if is_gone else campaign.pool_path / "part_0001"
    lost.rename(tmp_path / "lost")
    campaign = Campaign.open(campaign.path)
    assert tuple(members(campaign)) == drawn
    assert campaign.training_labels() == {}
    with pytest.raises(PoolError if is_gone else UnknownKeyError):
        draw_audit(campaign, 3)
    assert (campaign.path / FILE).read_bytes() == file
    (tmp_path / "lost").rename(lost)
    assert keys_of(Campaign.open(campaign.path)) == drawn


# which boxes it has seen


class PoolOf:
    def __init__(self, *keys: str) -> None:
        self.keys = np.array(keys, object)

    def __len__(self) -> int:
        return len(self.keys)


@pytest.mark.parametrize(
    ("now_there", "places"),
    [
        (("a", "b", "c"), [1, NONE, 0]),
        (("a", "b", "c", "d", "e"), [1, NONE, 0, NONE, NONE]),  # grown
        (("a", "d", "c", "b"), [1, NONE, 0, NONE]),  # made anew, in another order
        (("a", "b"), [1, NONE]),
        ((), []),
    ],
)
def test_boxes_are_found_in_the_pool_of_now(now_there: tuple[str, ...], places: list[int]) -> None:
    seen = Seen.of(["a", "b", "c"], np.array([1, NONE, 0]))
    assert seen.in_pool(PoolOf(*now_there)).tolist() == places  # type: ignore[arg-type]
    assert (seen.keys(), seen.n) == (["a", "b", "c"], 2)
    again = Seen.from_json(seen.as_json(), 2)
    assert again.in_pool(PoolOf(*now_there)).tolist() == places  # type: ignore[arg-type]
    none = Seen.of([], np.array([]))
    assert (none.keys(), none.in_pool(PoolOf(*now_there)).tolist()) == ([], [NONE] * len(places))  # type: ignore[arg-type]


def test_keys_longer_than_what_is_joined_at_once_are_known_to_be_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = [f"TS_{n // 7}/{n:06d}" for n in range(100)]
    seen = Seen.of(keys, np.arange(100) % 3)
    monkeypatch.setattr("cryoal.campaign.audit_seen.STEP", 8)
    monkeypatch.setattr(Seen, "keys", None)  # which would be slow
    assert seen.in_pool(PoolOf(*keys, "more")).tolist() == [*(np.arange(100) % 3), NONE]  # type: ignore[arg-type]


# given away, refused


def test_a_finished_audit_can_be_given_to_training_and_says_nothing_any_more(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    drawn = draw_audit(campaign, 6).keys
    answer(campaign, drawn[:5], truth)
    with pytest.raises(CampaignError, match="expected an audit with all of its 6 boxes answered"):
        give_audit(campaign)
    answer(campaign, drawn, truth)
    assert give_audit(campaign) == drawn
    assert campaign.training_labels() == {key: truth[key] for key in sorted(drawn)}
    found = audit_now(campaign)
    assert found is not None
    assert (found.keys, found.given) == ((), drawn)
    with pytest.raises(CampaignError, match="expected an audit to give"):
        give_audit(campaign)
    campaign.record("ann", [(drawn[0], None)])
    sit(campaign, "audit", drawn[1], truth[drawn[1]])
    assert not set(draw_audit(campaign, 10).keys) & set(drawn)
    assert campaign.audit.seen.n == 30


def test_an_audit_that_cannot_be_drawn_leaves_nothing(campaign: Campaign) -> None:
    with pytest.raises(ConfigError, match="at least 1 box to draw for the audit, found 0"):
        draw_audit(campaign, 0)
    with pytest.raises(CampaignError, match=r"at most 36 boxes to draw .* found 37"):
        draw_audit(campaign, 37)
    with pytest.raises(CampaignError, match="labels of at least two classes"):
        draw_audit(campaign, 5, stratify=True)
    assert not (campaign.path / FILE).exists()
    assert audit_now(campaign) is None


def test_the_audit_of_another_campaign_is_refused(campaign: Campaign) -> None:
    draw_audit(campaign, 5)
    file = campaign.path / FILE
    facts = read_json(file)
    write_json(file, {**facts, "campaign": "another"})
    with pytest.raises(CampaignError, match="found one of another"):
        campaign.training_labels()
    write_json(file, {**facts, "format": 3})
    with pytest.raises(CampaignVersionError, match="newer cryoal"):
        campaign.training_labels()
    file.write_text(file.read_text().replace("uniform", "unifarm"))
    with pytest.raises(FileFormatError, match="found it changed"):
        campaign.training_labels()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("draws", [{}]),
        ("draws", None),
        ("strata", [{"kind": "all", "name": "all", "draw": 7, "cycle": 0}]),
        ("boxes", {}),
        ("boxes", None),
        ("boxes", Seen.of(["TS_01/1"], np.array([1])).as_json()),
        ("boxes", {**Seen.of(["TS_01/1"], np.array([0])).as_json(), "keys": "no text"}),
        ("boxes", {"keys": 1, "strata": 2}),
        ("taken", [1]),
        ("given", [{"time": "now", "keys": "TS_01/1"}]),
        ("format", None),
        ("more", 1),
    ],
)
def test_what_is_no_audit_is_refused(campaign: Campaign, field: str, value: object) -> None:
    draw_audit(campaign, 5)
    file = campaign.path / FILE
    write_json(file, {**read_json(file), field: value})  # type: ignore[dict-item]
    with pytest.raises(FileFormatError, match="expected the draws and strata of an audit in"):
        campaign.training_labels()
