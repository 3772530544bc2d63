from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from cryoal.config import AugmentConfig, ModelConfig
from cryoal.errors import PoolError
from cryoal.feed.moves import allowed_moves, apply_moves
from cryoal.scoring.predict import evaluating, predict
from cryoal.testing.array_pool import ArrayPool, blob_pool
from tests.teams import make_team, student_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryoal.companions.team import Team

POOL, _ = blob_pool(21)
FIELDS = ("teacher_log_posterior", "student_log_posterior", "embedding")


@pytest.fixture
def team() -> Team:
    """Trained a little, so that running statistics matter."""
    team = make_team(ModelConfig(teacher="resnet10", width=2, stem="stride"), 3, 0)
    for network in (team.teacher, student_of(team)):
        network(3 * torch.randn(8, 1, 8, 8, 8, generator=torch.Generator().manual_seed(0)))
    return team


def test_it_is_the_log_softmax_in_eval_mode(team: Team) -> None:
    index = np.arange(21)
    found = predict(team, POOL, index, FIELDS, batch_size=4)
    boxes = torch.from_numpy(POOL.read_normalised(index))[:, None]
    with evaluating(team.teacher, student_of(team)):
        teacher, student = team.teacher(boxes), student_of(team)(boxes)
    expected = {
        "teacher_log_posterior": teacher.logits.log_softmax(1),
        "student_log_posterior": student.logits.log_softmax(1),
        "embedding": teacher.embedding,
    }
    assert found.keys() == expected.keys()
    for field, rows in expected.items():
        assert found[field].dtype == np.float32
        np.testing.assert_allclose(found[field], rows.numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.exp(found["teacher_log_posterior"]).sum(1), 1, rtol=1e-5)


def test_the_order_asked_for_does_not_change_a_bit(team: Team) -> None:
    index = np.array([4, 0, 20, 7, 7, 3, 11])
    field = "student_log_posterior"
    once = predict(team, POOL, index, [field], batch_size=3)[field]
    again = predict(team, POOL, index[::-1], [field], batch_size=3)[field]
    np.testing.assert_array_equal(once, again[::-1])
    np.testing.assert_array_equal(once[3], once[4])


@pytest.mark.parametrize("training", [True, False])
def test_the_pair_is_left_as_it_was(team: Team, training: bool) -> None:
    networks = (team.teacher, student_of(team))
    for network in networks:
        network.train(training)
    team.teacher.net.layer2.train(not training)  # type: ignore[union-attr]
    modes = [layer.training for network in networks for layer in network.modules()]
    states = [{k: v.clone() for k, v in network.state_dict().items()} for network in networks]
    predict(team, POOL, np.arange(21), FIELDS)
    assert [layer.training for network in networks for layer in network.modules()] == modes
    for network, state in zip(networks, states, strict=True):
        for name, tensor in network.state_dict().items():
            assert torch.equal(tensor, state[name]), name


def test_modes_come_back_after_an_error(team: Team) -> None:
    team.teacher.train()
    pool = ArrayPool(np.full((2, 8, 8, 8), np.nan))
    with pytest.raises(PoolError):
        predict(team, pool, np.arange(2))
    with evaluating(team.teacher):
        assert not any(layer.training for layer in team.teacher.modules())
        assert torch.is_inference_mode_enabled()
    assert all(layer.training for layer in team.teacher.modules())
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize(
    ("fields", "runs"),
    [
        (["teacher_log_posterior"], ["teacher"]),
        (["embedding"], ["teacher"]),
        (["student_log_posterior"], ["student"]),
        (["embedding", "student_log_posterior"], ["student", "teacher"]),
    ],
)
def test_only_the_models_needed_are_run(team: Team, fields: list[str], runs: list[str]) -> None:
    seen: set[str] = set()
    for role, network in (("teacher", team.teacher), ("student", student_of(team))):
        network.register_forward_hook(lambda *_, role=role: seen.add(role))
    found = predict(team, POOL, np.arange(5), fields)
    assert sorted(found) == sorted(fields)
    assert sorted(seen) == runs


def test_progress_counts_batches(team: Team) -> None:
    counted: list[tuple[int, int | None]] = []

    class Counting:
        def track(
            self, items: Iterable[object], what: str, total: int | None = None, unit: str = ""
        ) -> Iterator[object]:
            n = 0
            for item in items:
                n += 1
                yield item
            counted.append((n, total))

        def say(self, line: str) -> None:
            raise AssertionError(line)

    predict(team, POOL, np.arange(21), batch_size=8, progress=Counting())  # type: ignore[arg-type]
    assert counted == [(3, 3)]


def test_a_box_of_nan_is_named(team: Team) -> None:
    boxes = POOL.read_normalised(np.arange(21)).copy()
    boxes[13, 2, 2, 2] = np.nan
    with pytest.raises(
        PoolError, match=r"a finite teacher_log_posterior, .*nan.* for array/000013"
    ):
        predict(team, ArrayPool(boxes), np.arange(20, -1, -1))


def test_no_boxes_are_refused(team: Team) -> None:
    with pytest.raises(PoolError, match="at least one box"):
        predict(team, POOL, np.array([], dtype=np.int64))


def test_the_averaged_posterior_is_the_mean_over_the_moves_it_learnt_with(team: Team) -> None:
    moves = allowed_moves(AugmentConfig(rotations=True, mirror=True))
    assert moves.shape == (8, 3)
    index = np.array([4, 0, 7])
    boxes = torch.from_numpy(POOL.read_normalised(index))[:, None]
    team.train(False)
    p = np.zeros((3, 3))
    for signs in moves:
        moved = apply_moves(boxes, np.tile(signs, (3, 1)), np.zeros((3, 3), np.int64))
        with torch.no_grad():
            p += team.teacher(moved).logits.double().softmax(dim=1).numpy() / 8
    field = "averaged_log_posterior"
    found = predict(replace(team, moves=moves), POOL, index, [field])[field]
    np.testing.assert_allclose(np.exp(found), p, rtol=1e-4)
    alone = predict(replace(team, moves=moves[:1]), POOL, index, [field])[field]
    plain = predict(team, POOL, index, ["teacher_log_posterior"])["teacher_log_posterior"]
    np.testing.assert_allclose(alone, plain, rtol=1e-4, atol=1e-6)
