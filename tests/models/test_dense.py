"""Means over the pixels, against whole outputs and against the strategies for one class each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from cryoal_kernels import dense_score

from cryoal.companions.build import build_team
from cryoal.companions.student import Student
from cryoal.config import make_config
from cryoal.data.datasets.images import ImageSource
from cryoal.models.dense import REDUCTIONS, dense_jensen_shannon
from cryoal.scoring.collect import collect
from cryoal.scoring.evidence import Evidence
from cryoal.scoring.fields import all_fields, not_given
from cryoal.scoring.of_team import OfTeam
from cryoal.scoring.predict import evaluating, predict
from cryoal.strategies.base import make_strategy
from tests.study.masks import squares

if TYPE_CHECKING:
    from cryoal.companions.team import Team

SETTINGS = [
    "model.teacher=drn-d-22",
    "model.student=drn-d-14",
    "model.stem=imagenet",
    "model.channels=3",
    "model.width=4",
    "device=cpu",
]
SOURCE = ImageSource(squares(7, 16, 0)[0], np.full(3, 0.4), np.full(3, 0.2))
INDEX = np.array([5, 0, 3])


@pytest.fixture(scope="module")
def team() -> Team:
    config = make_config(("a", "b", "c"), "laptop", SETTINGS)
    return build_team(config, ("student", "committee"), seed=3, shape=(3, 16, 16))


def logits(n: int = 4, classes: int = 5) -> torch.Tensor:
    return 3 * torch.randn(n, classes, 6, 7, generator=torch.Generator().manual_seed(n))


@pytest.mark.parametrize(
    ("field", "strategy"),
    [
        ("dense_entropy", "entropy"),
        ("dense_margin", "margin"),
        ("dense_confidence", "least-confidence"),
    ],
)
def test_they_are_the_means_of_what_a_classification_scores(field: str, strategy: str) -> None:
    x = logits()
    told = REDUCTIONS[field](x).numpy()
    rng, asking = np.random.default_rng(0), make_strategy(strategy)
    of_image = asking.score(Evidence(list("abcd"), {field: told}), rng)
    rows = x.double().log_softmax(1).movedim(1, -1).reshape(-1, 5).numpy()
    keys = [str(i) for i in range(len(rows))]
    of_pixels = asking.score(Evidence(keys, {"log_posterior": rows}), rng)
    np.testing.assert_allclose(of_image, of_pixels.reshape(4, -1).mean(axis=1), rtol=1e-5)


def test_the_committee_is_the_mean_of_what_a_classification_scores() -> None:
    members = [logits().roll(shift, 0) for shift in range(3)]
    told = dense_jensen_shannon(members)
    stacked = torch.stack([m.double().log_softmax(1) for m in members], dim=1)  # (n, m, c, h, w)
    rows = stacked.movedim((3, 4), (1, 2)).reshape(-1, 3, 5).numpy()
    keys = [str(i) for i in range(len(rows))]
    evidence = Evidence(keys, {"committee_log_posterior": rows})
    of_pixels = make_strategy("committee").score(evidence, np.random.default_rng(0))
    np.testing.assert_allclose(told, of_pixels.reshape(4, -1).mean(axis=1), rtol=1e-5)


def test_certain_and_even_posteriors() -> None:
    certain, even = torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)
    certain[:, 1] = 2e4
    both = torch.cat([certain, even])
    np.testing.assert_allclose(REDUCTIONS["dense_entropy"](both), [0, np.log(3)], rtol=1e-6)
    np.testing.assert_allclose(REDUCTIONS["dense_margin"](both), [1, 0], atol=1e-6)
    np.testing.assert_allclose(REDUCTIONS["dense_confidence"](both), [1, 1 / 3], rtol=1e-6)
    apart = dense_jensen_shannon([both, both.roll(1, 1), both.roll(2, 1)])
    np.testing.assert_allclose(apart, [np.log(3), 0], atol=1e-6)


def test_disagreement_is_eq_4_on_whole_outputs(team: Team) -> None:
    found = predict(team, SOURCE, INDEX, ["dense_disagreement"])["dense_disagreement"]
    student = team.companions["student"]
    assert isinstance(student, Student)
    images = torch.from_numpy(SOURCE.read_normalised(INDEX))
    with evaluating(team.teacher, student):
        one, other = team.teacher(images).logits, student.network(images).logits
    np.testing.assert_allclose(found, dense_score(one, other, metric="mse"), rtol=1e-4)
    gap = one.double().softmax(1) - other.double().softmax(1)
    np.testing.assert_allclose(found, gap.square().mean((1, 2, 3)), rtol=1e-4)
    assert found.min() > 0


def test_one_number_for_each_image_whatever_the_batch(team: Team) -> None:
    fields = sorted(n for n, field in all_fields().items() if field.task == "segmentation")
    evidence = collect([OfTeam(team)], SOURCE, INDEX, fields)
    assert {name: rows.shape for name, rows in evidence.values.items()} == dict.fromkeys(
        fields, (3,)
    )
    alone = predict(team, SOURCE, INDEX, fields, batch_size=1)
    for field in fields:
        np.testing.assert_allclose(alone[field], evidence.values[field], rtol=1e-4, atol=1e-8)
        np.testing.assert_array_equal(getattr(evidence, field), evidence.values[field])


def test_each_task_has_needs_of_its_own() -> None:
    needs = {"embedding", "teacher_log_posterior", "head", "dense_margin"}
    assert not_given(needs, "classification") == ["dense_margin"]
    assert not_given(needs, "segmentation") == ["head", "teacher_log_posterior"]
