from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.config import ModelConfig
from cryoal.scoring import precision
from cryoal.scoring.precision import BOUND, TESTED, has_bfloat16, scoring_precision
from cryoal.testing.array_pool import blob_pool
from tests.teams import make_team

CPU = torch.device("cpu")
N = 8 * TESTED
POOL, _ = blob_pool(TESTED, 8)
TEAM = make_team(ModelConfig(teacher="resnet10", width=2, stem="stride"), 2)


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16\n", True),
        ("flags : fpu amx_bf16 amx_tile\n", True),
        ("Features\t: fp asimd bf16\n", True),
        ("flags : fpu avx512f avx512bw\n", False),
        ("model name : bf16\nflags : fpu\n", False),
        ("", False),
    ],
)
def test_a_processor_has_bfloat16_if_one_of_its_instructions_says_so(
    about: str, expected: bool
) -> None:
    assert has_bfloat16(about) is expected


class _Pool:
    """The boxes of POOL, over and over."""

    keys = np.resize(POOL.keys, N)

    def __len__(self) -> int:
        return N

    def read_normalised(self, index: np.ndarray) -> np.ndarray:
        return POOL.read_normalised(index % TESTED)


def decide(monkeypatch: pytest.MonkeyPatch, other: np.ndarray, n: int = N) -> precision.Precision:
    one = np.arange(TESTED, dtype=float)
    told = {"float32": one, "bfloat16": other}
    monkeypatch.setattr(precision, "_ranked_by", lambda *a: told[a[-1]])
    return scoring_precision(TEAM, _Pool(), n, device=CPU, has=True)  # type: ignore[arg-type]


def test_the_same_ranks_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = decide(monkeypatch, np.arange(TESTED) ** 3.0)
    assert found.name == "bfloat16"
    assert found.correlation == pytest.approx(1)


def test_a_few_boxes_that_change_places_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    swapped = np.arange(TESTED, dtype=float)
    swapped[[0, 30]] = swapped[[30, 0]]
    found = decide(monkeypatch, swapped)
    # Spearman: 1 - 6 * sum of squares / (n (n^2 - 1)), 2 * 30^2 here
    expected = 1 - 6 * 1800 / (TESTED * (TESTED**2 - 1))
    assert found.correlation == pytest.approx(expected)
    assert (found.name == "bfloat16") == (expected >= BOUND)
    found = decide(monkeypatch, np.roll(np.arange(TESTED, dtype=float), 1))
    assert found.name == "float32"


def test_ranks_that_say_nothing_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decide(monkeypatch, np.zeros(TESTED)).name == "float32"


def test_few_boxes_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = decide(monkeypatch, np.arange(TESTED, dtype=float), N - 1)
    assert found == ("float32", f"{N - 1} boxes are too few to ask for more", None)


def test_a_processor_that_cannot_is_told_so() -> None:
    found = scoring_precision(TEAM, _Pool(), N, device=CPU, has=False)  # type: ignore[arg-type]
    assert found == ("float32", "the processor has no bfloat16", None)


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_what_the_settings_name_is_not_asked(name: str) -> None:
    found = scoring_precision(TEAM, POOL, TESTED, name, device=CPU)
    assert found == (name, "as the settings say", None)


def test_a_bfloat16_that_fails_is_left_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> np.ndarray:
        if arguments[-1] == "bfloat16":
            raise RuntimeError("could not create a primitive\nand more")
        return np.arange(TESTED, dtype=float)

    monkeypatch.setattr(precision, "_ranked_by", broken)
    found = scoring_precision(TEAM, _Pool(), N, device=CPU, has=True)  # type: ignore[arg-type]
    assert found == ("float32", "bfloat16 failed: could not create a primitive", None)


def test_a_real_pair_is_asked_on_boxes_of_the_whole_pool() -> None:
    found = scoring_precision(TEAM, _Pool(), N, device=CPU, has=True)  # type: ignore[arg-type]
    assert found.correlation is not None  # emulated where the processor has none
    assert (found.name == "bfloat16") == (found.correlation >= BOUND)
