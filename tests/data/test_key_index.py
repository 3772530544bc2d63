"""Which row a key is in."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from cryoal.data.key_index import KeyIndex


class Alike(str):
    """Text whose hash is that of few others."""

    __slots__ = ()

    def __hash__(self) -> int:
        return len(self) % 3

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other) is True


@pytest.mark.parametrize("kind", [str, Alike])
def test_rows_are_those_of_a_dictionary(kind: type[str]) -> None:
    rng = np.random.default_rng(0)
    keys = [kind("x" * int(n) + str(n % 7)) for n in rng.integers(0, 30, 60)]
    found, known = KeyIndex(np.array(keys, object)), {key: row for row, key in enumerate(keys)}
    asked = [*keys, kind("y"), kind("")]
    assert found.rows(asked).tolist() == [known.get(key, -1) for key in asked]
    assert found.repeated() == [row for row, key in enumerate(keys) if known[key] != row]


def test_keys_that_differ_are_repeated_nowhere() -> None:
    found = KeyIndex(np.array([f"t/{n}" for n in range(1000)], object))
    assert found.repeated() == []
    assert found.rows([]).tolist() == []
    assert found.rows(["t/999", "t/1000"]).tolist() == [999, -1]


def test_of_no_keys_none_is_known() -> None:
    found = KeyIndex(np.empty(0, object))
    assert (found.rows(["a"]).tolist(), found.repeated()) == ([-1], [])


def test_another_process_finds_the_same_rows() -> None:
    script = """
import pickle, sys
found = pickle.load(sys.stdin.buffer)
print(found.rows(["t/7", "t/0", "t/100"]).tolist())
"""
    found = KeyIndex(np.array([f"t/{n}" for n in range(100)], object))
    for seed in ("1", "2"):  # of hashes; one is not that of this process
        done = subprocess.run(
            [sys.executable, "-c", script],
            input=pickle.dumps(found),
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
        )
        assert done.stdout == b"[7, 0, -1]\n"
