"""A campaign that begins where another has ended."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors import safe_open

from cryoal.campaign import Campaign
from cryoal.campaign.audit_draw import draw_audit
from cryoal.campaign.checkup import check_up
from cryoal.campaign.classifier import current_classifier
from cryoal.campaign.cycle import select
from cryoal.campaign.inherit import begin_from, import_model, model_at
from cryoal.campaign.inherited import (
    CARD,
    FILE,
    can_classify,
    earlier_label_counts,
    kept_card,
)
from cryoal.campaign.inherited_fit import expected_density, fits
from cryoal.campaign.inherited_pair import begin, earlier_facts, lesson_of
from cryoal.campaign.model import current_team
from cryoal.campaign.model_export import model_of
from cryoal.campaign.model_file import read_model, write_model
from cryoal.campaign.predictions import are_current, classify, last_classes
from cryoal.campaign.recut import recut
from cryoal.campaign.status import describe
from cryoal.cli import main
from cryoal.companions.build import build_team
from cryoal.data.extract import extract
from cryoal.errors import (
    CampaignError,
    CampaignVersionError,
    ConfigError,
    CryoALError,
    FileFormatError,
    PoolError,
)
from cryoal.io.picks.read import read_picks
from cryoal.jobs.rounds import next_steps
from cryoal.records import write_json
from cryoal.training.checkpoint import read_tensors, write_tensors

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.testing.phantoms import PhantomFiles

N = 24


@pytest.fixture(scope="module")
def earlier(
    original: Path, truth: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A campaign of heads, with labels of the first 24 boxes; not to be written to."""
    path = tmp_path_factory.mktemp("earlier") / "earlier"
    shutil.copytree(original, path)
    file = path / "campaign.toml"
    text = file.read_text()
    for old, new in (
        ('use = "pair"', 'use = "auto"'),
        ('strategy = "knowledge-transfer"', 'strategy = "margin"'),
        ('method = "vicreg"', 'method = "none"'),
    ):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    campaign = Campaign.open(path)
    keys = campaign.pool.keys.tolist()[:N]
    campaign.record("ana", [(key, truth[key]) for key in keys])
    current_classifier(campaign)
    return path


@pytest.fixture(scope="module")
def model_file(earlier: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What it has learnt."""
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    write_model(path, model_of(Campaign.open(earlier)))
    return path


def with_boxes(campaign: Campaign, phantoms: PhantomFiles) -> Campaign:
    picks = read_picks(phantoms.picks, tomograms=phantoms.tomograms_star)
    extract(campaign.pool_path, phantoms.tomograms, picks, box=campaign.config.pool.box)
    return Campaign.open(campaign.path)


@pytest.fixture
def later(model_file: Path, phantoms: PhantomFiles, tmp_path: Path) -> Campaign:
    """A campaign from that model, with boxes and without a label."""
    return with_boxes(begin_from(tmp_path / "later", read_model(model_file)), phantoms)


def test_query_and_classes_come_from_the_earlier_classifier_before_a_label(
    later: Campaign, earlier: Path, truth: dict[str, str]
) -> None:
    query = select(later, 6)
    assert (query.strategy, query.reason, query.n_labelled) == ("margin", None, 0)
    assert all(asked.suggestion is not None for asked in query.asked)
    summary = classify(later)
    assert (summary.n_labelled, summary.classifier) == (0, "heads")
    there = Campaign.open(earlier)
    seen = set(there.training_labels())
    told = last_classes(later)
    right = [told[key][0] == truth[key] for key in truth if key not in seen]
    assert np.mean(right) > 0.8
    assert are_current(later)


def test_the_file_says_the_same_as_the_campaign_it_is_of(
    model_file: Path, earlier: Path, phantoms: PhantomFiles, tmp_path: Path, later: Campaign
) -> None:
    """The same boxes: what is told without own labels depends on nothing but the model."""
    other = with_boxes(begin_from(tmp_path / "direct", model_at(earlier, voxels=False)), phantoms)
    index = np.arange(len(later.pool))
    one, two = (current_classifier(c).log_posterior(c.pool, index) for c in (later, other))
    np.testing.assert_allclose(one, two, atol=1e-6)
    assert read_model(model_file).card.digest == kept_card(later)["digest"]  # type: ignore[index]


def test_settings_and_classes_are_the_earlier_ones(later: Campaign, earlier: Path) -> None:
    before = Campaign.open(earlier).config
    assert later.config.classes == before.classes
    assert later.config.query == before.query
    assert later.config.model == before.model
    assert later.identity != Campaign.open(earlier).identity


def test_status_names_the_earlier_labels_and_select_is_not_refused(later: Campaign) -> None:
    state = describe(later)
    assert sum(state.earlier.values()) == N
    assert state.refused == ""
    assert any(line.startswith(f"earlier   {N} labels") for line in state.lines())


def test_weight_nought_leaves_the_earlier_labels_out_once_there_are_own(
    later: Campaign, truth: dict[str, str]
) -> None:
    keys = later.pool.keys.tolist()[:12]
    later.record("ana", [(key, truth[key]) for key in keys])
    with_both = current_classifier(later)
    assert with_both.told["earlier"]["labels"] == N  # type: ignore[index,call-overload]
    file = later.path / "campaign.toml"
    file.write_text(file.read_text().replace("weight = 1.0", "weight = 0.0"))
    alone = Campaign.open(later.path)
    index = np.arange(len(alone.pool))
    own = current_classifier(alone)
    assert "earlier" not in own.told
    said = own.log_posterior(alone.pool, index)
    (alone.path / FILE).unlink()
    cold = current_classifier(Campaign.open(later.path)).log_posterior(alone.pool, index)
    np.testing.assert_array_equal(said, cold)
    assert np.abs(with_both.log_posterior(alone.pool, index) - cold).max() > 0.01


def test_another_weight_makes_the_classification_out_of_date(
    later: Campaign, truth: dict[str, str]
) -> None:
    keys = later.pool.keys.tolist()[:12]
    later.record("ana", [(key, truth[key]) for key in keys])
    classify(later)
    file = later.path / "campaign.toml"
    file.write_text(file.read_text().replace("weight = 1.0", "weight = 0.5"))
    assert not are_current(Campaign.open(later.path))


def test_classes_may_be_more_and_labels_of_those_left_out_are_not_taken(
    model_file: Path, tmp_path: Path, phantoms: PhantomFiles
) -> None:
    model = read_model(model_file)
    first, second, *_ = model.card.classes
    config = begin_from(tmp_path / "more", model, classes=[second, "new", first])
    campaign = with_boxes(config, phantoms)
    assert set(describe(campaign).earlier) == {first, second}
    p = np.exp(current_classifier(campaign).log_posterior(campaign.pool, np.arange(5)))
    assert p.shape == (5, 3)
    assert p[:, 1].max() < 0.01  # nobody has labelled one of the new class
    with pytest.raises(ConfigError, match="expected two of the model's classes"):
        begin_from(tmp_path / "none", model, classes=["new", "other", first])
    assert not (tmp_path / "none").exists()


def test_another_box_is_refused_before_anything_is_made(model_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected pool.box = 8.*found 16.*recut"):
        begin_from(tmp_path / "new", read_model(model_file), settings=["pool.box=16"])
    assert not (tmp_path / "new").exists()


def test_tomograms_of_another_spacing_are_refused_before_a_box_is_cut(
    model_file: Path, tmp_path: Path, phantoms: PhantomFiles
) -> None:
    model = read_model(model_file)
    finer = replace(model, card=replace(model.card, voxel_spacing=7.5))
    campaign = begin_from(tmp_path / "new", finer)
    picks, look = (
        read_picks(phantoms.picks, tomograms=phantoms.tomograms_star),
        fits(campaign, None),
    )
    with pytest.raises(PoolError, match=r"expected voxels of 7.5 A.*found 10 A.*--voxel-size 7.5"):
        extract(campaign.pool_path, phantoms.tomograms, picks, box=8, look=look)
    assert not campaign.has_pool


def test_a_guess_of_the_other_density_is_refused_and_a_word_is_not(
    model_file: Path, tmp_path: Path, phantoms: PhantomFiles
) -> None:
    campaign = begin_from(tmp_path / "new", read_model(model_file))
    assert expected_density(campaign) == "black"
    picks = read_picks(phantoms.picks, tomograms=phantoms.tomograms_star)
    with pytest.raises(PoolError, match=r"expected density white.*say --density black if"):
        extract(campaign.pool_path, phantoms.tomograms, picks, box=8, like="white")
    assert not campaign.has_pool
    told = {"box": 8, "density": "black", "like": "white"}
    assert extract(campaign.pool_path, phantoms.tomograms, picks, **told).n_added  # type: ignore[arg-type]


def test_an_import_into_a_campaign_does_what_a_beginning_does(
    model_file: Path, earlier: Path, tmp_path: Path, phantoms: PhantomFiles, later: Campaign
) -> None:
    plain = Campaign.create(tmp_path / "plain", Campaign.open(earlier).config)
    campaign = with_boxes(plain, phantoms)
    current_columns_before = sorted(p.name for p in (campaign.path).iterdir())
    import_model(campaign, read_model(model_file))
    assert set(current_columns_before) < {p.name for p in campaign.path.iterdir()}
    index = np.arange(len(later.pool))
    one, two = (current_classifier(c).log_posterior(c.pool, index) for c in (later, campaign))
    np.testing.assert_allclose(one, two, atol=1e-6)


def test_labels_of_the_audit_and_those_kept_for_measuring_are_no_part_of_a_model(
    earlier: Path, tmp_path: Path, truth: dict[str, str]
) -> None:
    shutil.copytree(earlier, tmp_path / "copy")
    campaign = Campaign.open(tmp_path / "copy")
    campaign.reserve({key: truth[key] for key in campaign.pool.keys[-4:].tolist()}, "truth.csv")
    drawn = draw_audit(campaign, 6).keys
    campaign.record("bea", [(key, truth[key]) for key in drawn], is_audit=True)
    card = model_of(campaign).card
    assert sum(card.labels.values()) == len(campaign.training_labels()) <= N


def test_boxes_are_not_cut_anew_beside_a_model(later: Campaign) -> None:
    with pytest.raises(CampaignError, match=r"goes on from no model.*inherited.safetensors"):
        recut(later, box=10)


def test_a_model_that_is_damaged_in_a_campaign_is_found(later: Campaign) -> None:
    flip(later.path / FILE, 5_000)
    assert any(FILE in line and "model import" in line for line in check_up(later.path).damaged)
    with pytest.raises(FileFormatError, match=r"model import"):
        current_classifier(later)
    (later.path / CARD).write_text("{")
    assert any(CARD in line for line in check_up(later.path).damaged)


def test_a_lost_card_is_read_from_the_model(later: Campaign) -> None:
    before = describe(later).earlier
    (later.path / CARD).unlink()
    assert describe(later).earlier == before


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)


def rewritten(path: Path, target: Path, **facts: Any) -> Path:
    """The model with other facts on its card, and a check that fits them."""
    tensors, card = read_tensors(path, "cryoal model 1")
    write_tensors(target, tensors, "cryoal model 1", {**card, **facts})
    return target


def test_a_file_cut_short_is_refused_in_a_line(model_file: Path, tmp_path: Path) -> None:
    cut, whole = tmp_path / "cut.safetensors", model_file.read_bytes()
    for n in (0, 7, 100, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:n])
        with pytest.raises(FileFormatError, match=r"expected a model .*cut.safetensors, found"):
            read_model(cut)


def test_a_model_of_a_newer_version_says_so(model_file: Path, tmp_path: Path) -> None:
    tensors, card = read_tensors(model_file, None)
    newer = tmp_path / "newer.safetensors"
    write_tensors(newer, tensors, "cryoal model 2", card)
    with pytest.raises(CampaignVersionError, match="written by a newer cryoal; update cryoal"):
        read_model(newer)


def test_a_digest_that_is_another_is_refused(model_file: Path, tmp_path: Path) -> None:
    changed = rewritten(model_file, tmp_path / "m.safetensors", digest="0" * 64)
    with pytest.raises(FileFormatError, match="expected the digest 000000000000"):
        read_model(changed)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"labels": {"rod": 10**12}}, "a million labels or fewer"),
        ({"networks": ["../../evil"]}, "networks among"),
        ({"classes": ["a", "b"]}, "classes as in its settings"),
        ({"blocks": {"shells": ["1", 10**9]}}, "rows/shells"),
        ({"voxel_spacing": -1.0}, "a voxel spacing > 0"),
        ({"holds_boxes": True}, "voxels"),
        ({"encoder": {"backbone": "resnet10", "width": 9**9, "stem": "pool"}}, "an encoder of"),
        ({"settings": {"classes": ["a"]}}, "two classes or more"),
        ({"density": ["grey"]}, "white or black"),
    ],
)
def test_a_card_that_lies_is_refused_before_anything_large_is_made(
    model_file: Path, tmp_path: Path, facts: dict[str, Any], said: str
) -> None:
    from cryoal.campaign import model_file as module

    path = tmp_path / "m.safetensors"
    tensors, card = read_tensors(model_file, "cryoal model 1")
    card |= facts
    card["digest"] = module._digest({**card, "digest": ""}, tensors)
    write_tensors(path, tensors, "cryoal model 1", card)
    with pytest.raises(FileFormatError, match=said):
        read_model(path)


def test_a_model_holds_no_pickle_and_is_read_by_safetensors(model_file: Path) -> None:
    with safe_open(model_file, framework="np") as file:
        card = json.loads(file.metadata()["facts"])
        assert "label" in file.keys()  # noqa: SIM118
    assert card["labels"] == read_model(model_file).card.labels


def test_commands_refuse_in_one_line_and_leave_nothing(
    model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(model_file.read_bytes()[:-3])
    for words in (
        ["init", str(tmp_path / "new"), "--from", str(broken)],
        ["init", str(tmp_path / "new"), "--from", str(tmp_path / "nothing")],
        ["init", str(tmp_path / "new"), "--from", str(model_file), "--preset", "paper"],
        ["init", str(tmp_path / "new")],
        ["model", "card", str(broken)],
    ):
        assert main(words) == 2
        said = capsys.readouterr().err.strip()
        assert said.startswith("cryoal: expected")
        assert "\n" not in said
        assert not (tmp_path / "new").exists()


def test_the_commands_make_a_model_and_begin_with_it(
    earlier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(earlier, tmp_path / "old")
    out = tmp_path / "m.safetensors"
    assert main(["model", "export", str(tmp_path / "old"), "-o", str(out)]) == 0
    assert main(["model", "card", str(out)]) == 0
    assert f"labels         {N} (" in capsys.readouterr().out
    assert main(["init", str(tmp_path / "new"), "--from", str(out)]) == 0
    assert f"{N} labels of {out} count 1 each" in capsys.readouterr().out
    assert main(["model", "import", str(tmp_path / "new"), str(out)]) == 0


def test_the_weights_of_a_pair_come_along_and_ask(
    original: Path, truth: dict[str, str], phantoms: PhantomFiles, tmp_path: Path
) -> None:
    shutil.copytree(original, tmp_path / "old")  # classifier.use is pair
    old = Campaign.open(tmp_path / "old")
    old.record("ana", [(key, truth[key]) for key in old.pool.keys.tolist()[:N]])
    trained = current_team(old)
    new = with_boxes(begin_from(tmp_path / "new", model_at(tmp_path / "old")), phantoms)
    classifier = current_classifier(new)
    assert classifier.name == "teacher"
    index = np.arange(6)
    with torch.inference_mode():
        for (name, one), (_, other) in zip(
            sorted(trained.team.teacher.state_dict().items()),
            sorted(classifier.trained.team.teacher.state_dict().items()),  # type: ignore[union-attr]
            strict=True,
        ):
            assert torch.equal(one, other), name
    assert select(new, 6).strategy == "knowledge-transfer"
    assert classifier.log_posterior(new.pool, index).shape == (6, 3)
    classify(new)


def test_a_campaign_without_labels_has_no_model(original: Path, tmp_path: Path) -> None:
    shutil.copytree(original, tmp_path / "old")
    with pytest.raises(CryoALError, match="expected labels of at least two classes"):
        model_at(tmp_path / "old")


def test_a_pair_learns_from_earlier_boxes_by_weight_and_starts_from_the_earlier_weights(
    original: Path, truth: dict[str, str], phantoms: PhantomFiles, tmp_path: Path
) -> None:
    shutil.copytree(original, tmp_path / "old")
    old = Campaign.open(tmp_path / "old")
    old.record("ana", [(key, truth[key]) for key in old.pool.keys.tolist()[:N]])
    model = model_at(tmp_path / "old")
    assert model.card.holds_boxes
    boxes = old.pool.read_normalised(old.pool.index(list(old.training_labels())))
    np.testing.assert_allclose(model.array("voxels"), boxes, atol=0.01)

    new = with_boxes(begin_from(tmp_path / "new", model, settings=["reuse.weight=0.5"]), phantoms)
    keys = new.pool.keys.tolist()[-6:]
    labels = {key: truth[key] for key in keys}
    lesson = lesson_of(new, labels)
    assert lesson.rows[:6].tolist() == new.pool.index(keys).tolist()
    assert len(lesson.rows) == 6 + N // 2
    mixed = lesson.rows[[7, 0, 8]]  # in any order, from both
    told = lesson.boxes.read_normalised(mixed)
    np.testing.assert_array_equal(told[1], new.pool.read_normalised(mixed[1:2])[0])
    assert min(np.abs(boxes - told[0]).max(axis=(1, 2, 3))) < 0.01
    assert len(set(lesson.boxes.keys.tolist())) == len(lesson.boxes) == len(new.pool) + N // 2

    team = build_team(new.config, ["student"], seed=5)
    begin(new, team)
    for name, value in team.teacher.state_dict().items():
        assert torch.equal(value, model.weights("teacher")[name]), name
    new.record("ana", list(labels.items()))
    trained = current_team(new)
    assert trained.report["made_from"]["earlier"] == {
        "model": kept_card(new)["digest"],  # type: ignore[index]
        "start": True,
        "weight": 0.5,
    }
    file = new.path / "campaign.toml"
    file.write_text(file.read_text().replace("start = true", "start = false"))
    assert earlier_facts(Campaign.open(new.path))["earlier"]["start"] is False


def test_windows_and_pages_offer_the_first_round_without_a_label(later: Campaign) -> None:
    steps = {step.name: step.why_not for step in next_steps(later)}
    assert steps["select"] is None
    assert steps["classify"] is None


def test_classes_of_a_model_that_are_one_by_now_count_together(campaign: Campaign) -> None:
    (campaign.path / FILE).touch()
    card = {"labels": {"ring": 5, "torus": 3, "rod": 0}}
    write_json(campaign.path / CARD, {"card": card})
    campaign.config = replace(campaign.config, renamed=("torus = ring",))
    assert earlier_label_counts(campaign) == {"ring": 8, "rod": 0}
    assert not can_classify(campaign, {})
    write_json(campaign.path / CARD, {"card": {"labels": {**card["labels"], "rod": 1}}})
    assert can_classify(campaign, {})
