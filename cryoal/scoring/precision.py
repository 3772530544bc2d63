"""Whether looking may be done in bfloat16: asked of this processor, these models and boxes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from cryoal.errors import PoolError
from cryoal.feed.device import computes_in
from cryoal.scoring.distances import disagreement
from cryoal.scoring.predict import predict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.companions.team import Team
    from cryoal.data.box_source import BoxSource

__all__ = ["BOUND", "TESTED", "Precision", "has_bfloat16", "scoring_precision", "self_test"]

BOUND = 0.998
"""Least rank correlation of what boxes are ranked by, of bfloat16 with float32."""
TESTED = 128
"""Boxes on which it is asked. A pool of less than eight times as many is looked at in float32."""
_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""Of x86 processors, the last of ARM's: there a dot product of bfloat16 is one instruction."""


class Precision(NamedTuple):
    """In which numbers networks look, decided once for a run."""

    name: str
    """``float32`` or ``bfloat16``."""
    why: str
    """In one line."""
    correlation: float | None = None
    """Rank correlation with float32, where that was asked."""


def has_bfloat16(about: str | None = None) -> bool:
    """Whether the processor multiplies in bfloat16; `about` is ``/proc/cpuinfo``, default: its."""
    if about is None:
        path = Path("/proc/cpuinfo")
        about = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    lines = [line.partition(":") for line in about.splitlines()]
    told = [words.split() for name, _, words in lines if name.strip() in ("flags", "Features")]
    return bool(told) and not _FLAGS.isdisjoint(told[0])


def scoring_precision(
    team: Team,
    pool: BoxSource,
    n: int,
    wanted: str = "auto",
    *,
    device: torch.device,
    has: bool | None = None,
) -> Precision:
    """What `team` looks at the `n` boxes of `pool` in.

    On a CPU under ``auto``, bfloat16 where the processor has it and, on 128 boxes from all over the
    pool, every number is finite and ranks are those of float32: of eq. 3 where there is a
    student, else of the teacher's entropy (correlation of :data:`BOUND` at least). Same models,
    boxes and kind of processor, same answer. `has` is :func:`has_bfloat16`, for who knows better.
    """
    if wanted != "auto":
        return Precision(wanted, "as the settings say")
    if device.type != "cpu":
        name = str(computes_in("auto", device)).removeprefix("torch.")
        return Precision(name, f"as {device.type} computes natively")
    if not (has_bfloat16() if has is None else has):
        return Precision("float32", "the processor has no bfloat16")
    if team.teacher.is_dense:
        return Precision("float32", "not asked of segmentations")
    if n < 8 * TESTED:
        return Precision("float32", f"{n} boxes are too few to ask for more")
    index = np.linspace(0, n - 1, TESTED).astype(np.int64)
    return _asked(team, pool, index, device)


def self_test(seed: int = 0) -> Precision:
    """The same of a small pair and noise, with no campaign at hand."""
    from cryoal.companions.build import build_team
    from cryoal.config import make_config

    if not has_bfloat16():
        return Precision("float32", "the processor has no bfloat16")
    team = build_team(make_config(["a", "b"], "laptop", ["pool.box=16"]), seed=seed)
    return _asked(team, _Noise(seed), np.arange(TESTED), torch.device("cpu"))


class _Noise:
    """Boxes of 16^3 that say nothing."""

    def __init__(self, seed: int) -> None:
        shape = (TESTED, 16, 16, 16)
        self._boxes = np.random.default_rng(seed).standard_normal(shape, np.float32)
        self.keys = np.array([f"noise/{number}" for number in range(TESTED)], object)

    def __len__(self) -> int:
        return TESTED

    def read_normalised(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._boxes[index]


def _asked(
    team: Team, pool: BoxSource, index: NDArray[np.int64], device: torch.device
) -> Precision:
    one = _ranked_by(team, pool, index, device, "float32")
    try:
        other = _ranked_by(team, pool, index, device, "bfloat16")
    except (
        PoolError,
        RuntimeError,
    ) as error:  # a number that is not finite, an operator that is not there
        return Precision("float32", f"bfloat16 failed: {str(error).splitlines()[0]}")
    found = _rank_correlation(one, other)
    if not found >= BOUND:
        return Precision("float32", f"ranks in bfloat16 correlate less than {BOUND}", found)
    return Precision("bfloat16", "ranks are those of float32", found)


def _ranked_by(
    team: Team,
    pool: BoxSource,
    index: NDArray[np.int64],
    device: torch.device,
    precision: str,
) -> NDArray[np.floating]:
    fields = ["teacher_log_posterior"]
    if "student" in team.companions:
        fields.append("student_log_posterior")
    told = predict(team, pool, index, fields, device=device, precision=precision)
    log_p = told[fields[0]]
    if len(fields) == 2:
        return disagreement(log_p, told[fields[1]])
    entropy: NDArray[np.floating] = -(np.exp(log_p) * log_p).sum(axis=1)
    return entropy


def _rank_correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Spearman's; NaN where all are alike."""
    from scipy.stats import rankdata

    ranks = np.stack([rankdata(one), rankdata(other)])
    apart = ranks - ranks.mean(axis=1, keepdims=True)
    length = float(np.sqrt((apart**2).sum(axis=1)).prod())
    return float((apart[0] * apart[1]).sum() / length) if length else float("nan")
