"""A campaign whose classifier is not told to be the pair."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign import classifier as classifier_module
from cryoal.campaign.classifier import current_classifier, needs_team
from cryoal.campaign.cycle import select
from cryoal.campaign.described import current_columns
from cryoal.campaign.export import export
from cryoal.campaign.kept import kept_report
from cryoal.campaign.loop import simulate
from cryoal.campaign.predictions import are_current, classify, read_predictions
from cryoal.campaign.report import write_report
from cryoal.campaign.status import describe
from cryoal.io.star import read_star
from cryoal.strategies import STRATEGIES
from cryoal.strategies.base import make_strategy

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.testing.phantoms import PhantomFiles


def with_settings(campaign: Campaign, *settings: tuple[str, str]) -> Campaign:
    """The campaign with lines of its ``campaign.toml`` replaced."""
    file = campaign.path / "campaign.toml"
    text = file.read_text()
    for old, new in settings:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    return Campaign.open(campaign.path)


@pytest.fixture
def fresh(campaign: Campaign) -> Campaign:
    """Heads decide, margin asks, TypiClust before it; no encoder learns."""
    return with_settings(
        campaign,
        ('use = "pair"', 'use = "auto"'),
        ('strategy = "knowledge-transfer"', 'strategy = "margin"'),
        ('first = "random"', 'first = "typiclust"'),
        ('method = "vicreg"', 'method = "none"'),
    )


@pytest.fixture
def started(fresh: Campaign, truth: dict[str, str]) -> Campaign:
    """With one answered cycle of 12."""
    answer(fresh, select(fresh, 12).keys(), truth)
    return fresh


def answer(campaign: Campaign, keys: list[str], truth: dict[str, str]) -> None:
    campaign.record("ann", [(key, truth[key]) for key in keys])


def test_heads_name_the_right_class_after_twelve_labels(
    started: Campaign, truth: dict[str, str]
) -> None:
    summary = classify(started)
    assert summary.classifier == "heads"
    found = read_predictions(started)
    assert found.classifier == "heads"
    assert found.disagreement is None
    np.testing.assert_allclose(found.probability.sum(axis=1), 1, atol=1e-5)
    right = [label == truth[key] for key, label in zip(found.keys, found.label, strict=True)]
    assert np.mean(right) > 0.8
    assert not (started.path / "model").exists()  # nothing was trained


def test_the_table_tells_the_share_of_views_that_agree(started: Campaign, tmp_path: Path) -> None:
    classify(started)
    found = read_predictions(started)
    classifier = current_classifier(started)
    log_p, votes, _ = classifier.look(started.pool, np.arange(len(started.pool)))
    assert votes.shape == (36, len(classifier.heads.told["together"]))  # type: ignore[union-attr]
    same = (votes == log_p.argmax(axis=1)[:, None]).mean(axis=1)
    assert found.agreement is not None
    np.testing.assert_allclose(found.agreement, same, atol=1e-5)
    assert 0.5 < same.mean() <= 1
    export(started, "relion5", tmp_path / "out.star")
    cells = read_star(tmp_path / "out.star")["particles"]["cryoalAgreement"]
    np.testing.assert_allclose([float(cell) for cell in cells], same, atol=1e-5)


def test_the_first_query_is_of_typical_boxes_and_says_so(fresh: Campaign) -> None:
    query = select(fresh, 6)
    assert query.strategy == "typiclust"
    assert query.reason == (
        "fewer than two classes are labelled: asked by typiclust; "
        "1 of 6 is asked for being far from all others"
    )
    assert all(asked.suggestion is None for asked in query.asked)


def test_the_next_query_asks_by_the_heads_posterior(started: Campaign) -> None:
    query = select(started, 4)
    assert (query.strategy, query.reason) == ("margin", None)
    assert all(asked.suggestion in started.config.classes for asked in query.asked)
    classifier = current_classifier(started)
    index = started.pool.index(query.keys())
    p = np.exp(classifier.log_posterior(started.pool, index))
    two = np.sort(p, axis=1)
    scores = [asked.score for asked in query.asked]
    np.testing.assert_allclose(scores, two[:, -2] - two[:, -1], atol=1e-5)
    np.testing.assert_allclose([a.probability for a in query.asked], p.max(axis=1), rtol=1e-5)


@pytest.mark.parametrize(
    "name", [n for n in STRATEGIES.builtins if not needs_team(make_strategy(n).needs)]
)
def test_strategies_of_posteriors_and_embeddings_ask_without_a_network(
    started: Campaign, name: str
) -> None:
    assert len(set(select(started, 4, strategy=name).keys())) == 4
    assert not (started.path / "model").exists()


def test_those_are_all_but_the_ones_that_train_companions_or_differentiate() -> None:
    of_networks = {n for n in STRATEGIES.builtins if needs_team(make_strategy(n).needs)}
    distances = {"student-teacher-kl", "jensen-shannon", "posterior-mse", "posterior-l1"}
    features = {"feature-attention", "feature-mse", "feature-l1"}
    others = {"committee", "vaal", "ll4al", "sraal", "gradient-norm"}
    transfer = {"knowledge-transfer", "stratified-knowledge-transfer"}
    assert of_networks == distances | features | others | transfer


def test_a_strategy_of_the_pair_trains_it_and_cross_validation_decides(
    started: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = started.training_labels()
    number = {name: i for i, name in enumerate(started.config.classes)}
    right = np.array([number[name] for name in truth.values()])
    wrong = np.log(np.full((12, 3), 0.05) + 0.85 * np.eye(3)[(right + 1) % 3]).astype(np.float32)

    def teacher_says(posterior: object) -> None:
        monkeypatch.setattr(classifier_module, "teacher_held_out", lambda *_: posterior)

    teacher_says(wrong)
    query = select(started, 4, strategy="knowledge-transfer")
    assert (started.path / "cycle_001" / "student.safetensors").exists()
    assert query.strategy == "knowledge-transfer"
    found = current_classifier(started)
    assert found.name == "heads"
    assert found.heads is not None
    teacher_says(found.heads.held_out)
    mean = current_classifier(started)
    assert mean.name == "mean"
    told = mean.told["cross_validated"]
    assert isinstance(told, dict)
    assert told["teacher"] == told["heads"]
    index = np.arange(5)
    heads, team = mean._of_heads, mean._of_team
    field = "averaged_log_posterior"
    from cryoal.progress import SILENT

    one = np.exp(heads.look(started.pool, index, ["log_posterior"], SILENT)["log_posterior"])
    other = np.exp(team.look(started.pool, index, [field], SILENT)[field])
    np.testing.assert_allclose(
        np.exp(mean.log_posterior(started.pool, index)), (one + other) / 2, rtol=1e-4
    )


def test_the_teacher_is_held_out_once(started: Campaign) -> None:
    classifier = current_classifier(started, train=True)
    assert classifier.trained is not None
    file = started.path / "model" / "held_out.json"
    before = file.stat().st_mtime_ns
    assert set(classifier.told["cross_validated"]) == {"heads", "teacher", "mean"}  # type: ignore[arg-type]
    current_classifier(started)
    assert file.stat().st_mtime_ns == before


def test_a_pair_that_is_trained_later_makes_the_table_out_of_date(started: Campaign) -> None:
    classify(started)
    assert are_current(started)
    current_classifier(started, train=True)
    assert not are_current(started)
    classify(started)
    assert are_current(started)


def test_new_labels_make_another_classifier_and_the_old_pair_is_no_part_of_it(
    started: Campaign, truth: dict[str, str]
) -> None:
    current_classifier(started, train=True)
    answer(started, select(started, 4).keys(), truth)
    found = current_classifier(started)
    assert found.name == "heads"
    assert found.trained is None


def test_status_and_report_say_what_classifies(started: Campaign, tmp_path: Path) -> None:
    select(started, 4)
    told = kept_report(started)
    assert told is not None
    assert told["classifier"]["name"] == "heads"
    lines = "\n".join(describe(started).lines())
    assert "learnt    heads on descriptors, of 12 labels: right about" in lines
    write_report(started, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "heads on descriptors, of 12 labels" in page
    assert "held-out labels right" in page


def test_where_no_pair_was_trained_star_has_no_disagreement_and_csv_an_empty_one(
    started: Campaign, tmp_path: Path
) -> None:
    export(started, "relion5", tmp_path / "out.star")
    particles = read_star(tmp_path / "out.star")["particles"]
    assert "cryoalClass" in particles
    assert "cryoalDisagreement" not in particles
    export(started, "csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["cryoalDisagreement"] for row in rows} == {""}
    assert {row["cryoalClassifier"] for row in rows} == {"heads"}


def test_a_simulated_loop_measures_the_classifier(
    fresh: Campaign, phantoms: PhantomFiles, truth: dict[str, str], tmp_path: Path
) -> None:
    held = [key for number, key in enumerate(truth) if number % 2]
    with (tmp_path / "test.csv").open("w") as file:
        file.write("key,label\n" + "".join(f"{key},{truth[key]}\n" for key in held))
    points = simulate(fresh, phantoms.truth, cycles=2, m=6, test_oracle=tmp_path / "test.csv")
    assert [point.n_labelled for point in points] == [6, 12]
    assert points[-1].accuracy is not None
    assert points[-1].accuracy > 0.8


def test_descriptors_of_an_older_campaign_are_made_when_they_are_needed(
    started: Campaign,
) -> None:
    shutil.rmtree(started.path / "descriptors")
    select(started, 4)
    assert current_columns(started).n_missing() == 0


def test_two_labels_and_a_class_of_one_give_a_classifier(
    fresh: Campaign, truth: dict[str, str]
) -> None:
    first = {name: next(k for k, c in truth.items() if c == name) for name in ("ring", "rod")}
    fresh.record("ann", [(key, name) for name, key in first.items()])
    assert classify(fresh).classifier == "heads"
    found = read_predictions(fresh)
    assert np.isfinite(found.probability).all()
    answer(fresh, [k for k, c in truth.items() if c == "ring"][1:5], truth)
    assert classify(fresh).n_labelled == 6


def test_a_mean_that_is_worse_than_both_is_no_classifier(
    started: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = current_classifier(started, train=True)
    assert trained.heads is not None
    truth = started.training_labels()
    number = {name: i for i, name in enumerate(started.config.classes)}
    right = np.array([number[name] for name in truth.values()])

    def sure_of(classes: np.ndarray, share: float) -> np.ndarray:
        p = np.full((12, 3), (1 - share) / 2)
        p[np.arange(12), classes] = share
        return np.log(p).astype(np.float32)

    # each is right about one half and sure of another class in the other half
    half = np.arange(12) < 6
    heads = np.where(half[:, None], sure_of(right, 0.5), sure_of((right + 1) % 3, 0.98))
    teacher = np.where(half[:, None], sure_of((right + 1) % 3, 0.98), sure_of(right, 0.5))
    monkeypatch.setattr(trained.heads, "held_out", heads)
    monkeypatch.setattr(classifier_module, "fit", lambda *_: (trained.heads, {}))
    monkeypatch.setattr(classifier_module, "teacher_held_out", lambda *_: teacher)
    found = current_classifier(started)
    assert found.told["cross_validated"] == {"heads": 0.5, "teacher": 0.5, "mean": 0.0}
    assert found.name == "heads"
