from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from cryoal.config import ModelConfig
from cryoal.errors import UnknownNameError
from cryoal.scoring import looking
from cryoal.scoring.collect import collect
from cryoal.scoring.evidence import Evidence, Head
from cryoal.scoring.of_team import OfTeam
from cryoal.scoring.predict import predict
from cryoal.testing.array_pool import ArrayPool, blob_pool
from tests.teams import make_team

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from cryoal.crew import Crew, Work

POOL, _ = blob_pool(12)
MODEL = ModelConfig(teacher="resnet10", width=2, stem="stride")


def test_it_holds_the_needs_and_nothing_else() -> None:
    team = make_team(MODEL, 3, 0)
    index = np.array([9, 2, 5])
    needs = frozenset({"teacher_log_posterior", "embedding"})
    evidence = collect([OfTeam(team)], POOL, index, needs)
    assert evidence.keys == ["array/000009", "array/000002", "array/000005"]
    assert len(evidence) == 3
    assert evidence.values.keys() == needs
    expected = predict(team, POOL, index, needs)
    np.testing.assert_array_equal(evidence.teacher_log_posterior, expected["teacher_log_posterior"])
    np.testing.assert_array_equal(evidence.embedding, expected["embedding"])
    with pytest.raises(LookupError, match="'student_log_posterior' among the needs"):
        _ = evidence.student_log_posterior


def test_without_needs_no_box_is_read_and_no_pair_wanted() -> None:
    class Closed(ArrayPool):
        def read_normalised(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
            raise AssertionError("no box is to be read")

    pool = Closed(np.zeros((4, 8, 8, 8)))
    assert collect([], pool, np.array([3, 1]), frozenset()) == Evidence(
        ["array/000003", "array/000001"], {}
    )


def test_needs_without_a_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="expected a model that tells 'embedding', found none"):
        collect([], POOL, np.array([3]), {"embedding"})


def test_an_unknown_need_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'teacher_log_posterior'"):
        collect([], POOL, np.array([3]), {"teacher_posterior"})


def test_each_field_is_told_by_the_first_that_gives_it() -> None:
    class Told:
        is_slow = False

        def __init__(self, number: float, *gives: str) -> None:
            self.gives, self.number = gives, np.float32(number)

        def look(
            self, pool: object, index: NDArray[np.int64], fields: list[str], progress: object
        ) -> dict[str, NDArray[np.float32]]:
            return {field: np.full((len(index), 1), self.number) for field in fields}

        def last_layer(self) -> Head:
            return Head(np.eye(1, dtype=np.float32), np.full(1, self.number))

    one, other = Told(1, "embedding"), Told(2, "embedding", "log_posterior", "head")
    needs = {"embedding", "log_posterior", "labelled_embedding", "labelled_class", "head"}
    labelled = np.array([7, 5]), np.array([1, 0])
    found = collect([one, other], POOL, np.array([3, 4, 6]), needs, labelled=labelled)
    assert found.embedding.tolist() == [[1], [1], [1]]
    assert found.log_posterior.tolist() == [[2], [2], [2]]
    assert found.labelled_embedding.tolist() == [[1], [1]]
    assert found.labelled_class.tolist() == [0, 1]  # in the order of the keys
    assert found.head.bias.tolist() == [2]


def test_candidates_are_looked_at_in_spans_by_whoever_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "MOST", 4)
    monkeypatch.setattr(looking, "FEWEST", 4)
    team, (pool, _) = make_team(MODEL, 3), blob_pool(n=20)
    index = np.array([1, 3, 4, 7, 8, 11, 12, 15, 16, 19])
    needs = ["log_posterior", "student_log_posterior"]
    asked: list[tuple[int, int]] = []

    class Elsewhere:
        def spans(self, work: Work, spans: Sequence[tuple[int, int]]) -> Iterator[Any]:
            sent = pickle.loads(pickle.dumps(work))
            asked.extend(spans)
            return (sent.of(*span) for span in spans)

    tellers = [OfTeam(team)]
    here = collect(tellers, pool, index, needs)
    there = collect(tellers, pool, index, needs, crew=cast("Crew", Elsewhere()), device="cpu")
    assert asked == [(0, 4), (4, 8), (8, 10)]
    alone = predict(team, pool, index, needs)
    for need in needs:
        np.testing.assert_array_equal(here.values[need], there.values[need])
        np.testing.assert_allclose(here.values[need], alone[need], atol=1e-5)


def test_a_few_candidates_go_nowhere() -> None:
    class Nobody:
        def spans(self, work: Work, spans: Sequence[tuple[int, int]]) -> Iterator[Any]:
            raise AssertionError("expected that nobody is asked")

    team, (pool, _) = make_team(MODEL, 3), blob_pool(n=20)
    crew = cast("Crew", Nobody())
    assert len(collect([OfTeam(team)], pool, np.arange(9), ["log_posterior"], crew=crew)) == 9
