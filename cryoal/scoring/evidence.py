"""What a strategy may look at: one streaming pass over the candidates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cryoal.companions import COMPANIONS
from cryoal.errors import UnknownNameError
from cryoal.progress import SILENT
from cryoal.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from cryoal.companions.team import Team
    from cryoal.data.box_source import BoxSource
    from cryoal.progress import Progress

__all__ = [
    "CONTEXT",
    "FIELDS",
    "ONLY",
    "Evidence",
    "Head",
    "collect",
    "companions_for",
    "giver",
    "not_given",
]

FIELDS: Mapping[str, str | None] = {
    "teacher_log_posterior": None,
    "embedding": None,
    "gradient_norm": None,
    "appearance": None,
    "student_log_posterior": "student",
    "feature_attention": "student",
    "feature_mse": "student",
    "feature_l1": "student",
    "committee_log_posterior": "committee",
    "predicted_loss": "loss-predictor",
    "vaal_labelled": "vaal",
    "sraal_unlabelled": "sraal",
    "dense_entropy": None,
    "dense_margin": None,
    "dense_confidence": None,
    "dense_disagreement": "student",
    "dense_committee": "committee",
}
"""What is known of each candidate, and the companion that it comes from (None: the teacher)."""

CONTEXT = ("head", "labelled_embedding", "labelled_appearance", "labelled_class")
"""What is known beside the candidates."""

ONLY: Mapping[str, frozenset[str]] = {
    "classification": frozenset(
        {
            "teacher_log_posterior",
            "student_log_posterior",
            "committee_log_posterior",
            "sraal_unlabelled",
            "head",
        }
    ),
    "segmentation": frozenset(field for field in FIELDS if field.startswith("dense_")),
}
"""What one task gives alone. A dense posterior of all candidates would not fit into memory: a
segmentation gives means over the pixels of each image instead."""


class Head(NamedTuple):
    """The teacher's last layer: logits are ``embedding @ weight.T + bias``."""

    weight: NDArray[np.float32]
    """``(classes, features)``."""
    bias: NDArray[np.float32]
    """``(classes,)``."""


@dataclass(frozen=True)
class Evidence:
    """Candidates by key, and what the strategy needs of each; rows in the order of `keys`."""

    keys: Sequence[str]
    values: Mapping[str, NDArray[np.float32]]
    """Some of :data:`FIELDS`."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """Some of :data:`CONTEXT`."""

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, name: object) -> bool:
        """Whether that field is here: before anything is learnt a strategy gets `cold_needs`."""
        return name in self.values or name in self.context

    @property
    def teacher_log_posterior(self) -> NDArray[np.float32]:
        """``(n, classes)`` float32, nats: the task model's."""
        return self._value("teacher_log_posterior")

    @property
    def student_log_posterior(self) -> NDArray[np.float32]:
        """``(n, classes)`` float32, nats."""
        return self._value("student_log_posterior")

    @property
    def feature_attention(self) -> NDArray[np.float32]:
        """``(n,)``: eq. 1 of one candidate."""
        return self._value("feature_attention")

    @property
    def feature_mse(self) -> NDArray[np.float32]:
        """``(n,)``: mean squares of the student's features less the teacher's."""
        return self._value("feature_mse")

    @property
    def feature_l1(self) -> NDArray[np.float32]:
        """``(n,)``: mean absolute values of the student's features less the teacher's."""
        return self._value("feature_l1")

    @property
    def committee_log_posterior(self) -> NDArray[np.float32]:
        """``(n, members, classes)`` float32, nats; the teacher is the first member."""
        return self._value("committee_log_posterior")

    @property
    def embedding(self) -> NDArray[np.float32]:
        """``(n, features)`` float32: the input of the teacher's last layer."""
        return self._value("embedding")

    @property
    def appearance(self) -> NDArray[np.float32]:
        """``(n, features)`` float32: how a box looks, told without any training."""
        return self._value("appearance")

    @property
    def gradient_norm(self) -> NDArray[np.float32]:
        """``(n,)``: norms of the gradient of the expected loss, summed over the parameters."""
        return self._value("gradient_norm")

    @property
    def predicted_loss(self) -> NDArray[np.float32]:
        """``(n,)``: the task loss that the loss predictor expects, in units of its own."""
        return self._value("predicted_loss")

    @property
    def vaal_labelled(self) -> NDArray[np.float32]:
        """``(n,)`` in (0, 1): how labelled a candidate looks to VAAL's discriminator."""
        return self._value("vaal_labelled")

    @property
    def sraal_unlabelled(self) -> NDArray[np.float32]:
        """``(n,)`` in (0, 1): how unlabelled, and worth it, SRAAL's discriminator finds one."""
        return self._value("sraal_unlabelled")

    @property
    def dense_entropy(self) -> NDArray[np.float32]:
        """``(n,)``: entropy of the teacher's posterior, nats, mean over the pixels."""
        return self._value("dense_entropy")

    @property
    def dense_margin(self) -> NDArray[np.float32]:
        """``(n,)``: largest probability less the second, mean over the pixels, in [0, 1]."""
        return self._value("dense_margin")

    @property
    def dense_confidence(self) -> NDArray[np.float32]:
        """``(n,)``: the teacher's largest probability, mean over the pixels, in (0, 1]."""
        return self._value("dense_confidence")

    @property
    def dense_disagreement(self) -> NDArray[np.float32]:
        """``(n,)``: eq. 4, mean squares of the student's posterior less the teacher's."""
        return self._value("dense_disagreement")

    @property
    def dense_committee(self) -> NDArray[np.float32]:
        """``(n,)``: Jensen-Shannon divergence of the members, nats, mean over the pixels."""
        return self._value("dense_committee")

    @property
    def head(self) -> Head:
        """The teacher's last layer."""
        if "head" not in self:
            raise LookupError("expected 'head' among the needs of the strategy")
        found: Head = self.context["head"]
        return found

    @property
    def labelled_embedding(self) -> NDArray[np.float32]:
        """``(labelled, features)`` of what is labelled, in the order of the keys."""
        return self._value("labelled_embedding")

    @property
    def labelled_appearance(self) -> NDArray[np.float32]:
        """``(labelled, features)`` of what is labelled, in the order of the keys."""
        return self._value("labelled_appearance")

    @property
    def labelled_class(self) -> NDArray[np.int64]:
        """``(labelled,)`` int64, class numbers; of a segmentation the commonest of each mask."""
        return self._value("labelled_class")

    def _value(self, name: str) -> NDArray[Any]:
        if name not in self:
            raise LookupError(f"expected {name!r} among the needs of the strategy")
        found: NDArray[Any] = self.values[name] if name in self.values else self.context[name]
        return found


def giver(field: str) -> str | None:
    """The companion that gives `field`; None for what the teacher, or no model at all, gives.

    Companions of other packages have the name of their field.

    Raises
    ------
    UnknownNameError
        A need that is no field; the message gives the nearest.
    """
    if field in FIELDS:
        return FIELDS[field]
    if field in COMPANIONS.names():
        return field
    known = [*FIELDS, *CONTEXT]
    raise UnknownNameError(f"no evidence called {field!r}{nearest(field, known)}")


def companions_for(needs: Iterable[str]) -> list[str]:
    """Names of the companions that have to learn for these needs."""
    found = {giver(need) for need in needs if need not in CONTEXT}
    return sorted(name for name in found if name is not None)


def not_given(needs: Iterable[str], task: str) -> list[str]:
    """Which of these needs a ``"classification"`` or ``"segmentation"`` cannot give."""
    others = {need for name, only in ONLY.items() if name != task for need in only}
    return sorted(others & set(needs))


def collect(
    team: Team | None,
    pool: BoxSource,
    index: NDArray[np.int64],
    needs: Iterable[str],
    *,
    labelled: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    device: torch.device | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
    progress: Progress = SILENT,
) -> Evidence:
    """The evidence of candidates, by position in the pool: their `needs` and nothing else.

    One pass in eval mode that leaves the team as it was. Without needs no box is read; without a
    team there may only be needs that no model gives.

    Parameters
    ----------
    labelled
        Positions in the pool of what is labelled, and the class numbers; for the context.

    Raises
    ------
    UnknownNameError
        A need that is no field of :class:`Evidence`.
    PoolError
        A value is not finite; names the box.
    """
    fields = sorted(set(needs) - set(CONTEXT))
    around = sorted(set(needs) & set(CONTEXT))
    lacking = set(companions_for(fields)) - (team.companions.keys() if team else set())
    if lacking:
        raise ValueError(f"expected companions {', '.join(sorted(lacking))} in the team")
    keys = [str(key) for key in pool.keys[index]]

    def look(positions: NDArray[np.int64], wanted: list[str]) -> dict[str, NDArray[np.float32]]:
        found: dict[str, NDArray[np.float32]] = {}
        if "appearance" in wanted and len(positions):
            found["appearance"] = _appearances(pool, positions)
        rest = [field for field in wanted if field != "appearance"]
        if rest and len(positions):
            if team is None:
                raise ValueError(f"expected a trained team for {', '.join(rest)}, found none")
            from cryoal.scoring.predict import predict  # torch: not for strategies without needs

            found |= predict(
                team,
                pool,
                positions,
                rest,
                device=device,
                batch_size=batch_size,
                precision=precision,
                progress=progress,
            )
        return found

    values = look(index, fields)
    context: dict[str, Any] = {}
    positions, classes = labelled or (np.zeros(0, np.int64), np.zeros(0, np.int64))
    by_key = np.argsort(pool.keys[positions].astype(str), kind="stable")
    positions, classes = positions[by_key], classes[by_key]
    for name in around:
        if name == "labelled_class":
            context[name] = classes
        elif name == "head":
            context[name] = _head(team)
        else:
            field = name.removeprefix("labelled_")
            empty = np.zeros((0, values[field].shape[1]), np.float32)
            context[name] = look(positions, [field]).get(field, empty)
    return Evidence(keys, values, context)


def _head(team: Team | None) -> Head:
    if team is None:
        raise ValueError("expected a trained team for its head, found none")
    weight, bias = (p.detach().float().cpu().numpy() for p in team.teacher.head.parameters())
    return Head(weight, bias)


def _appearances(pool: BoxSource, positions: NDArray[np.int64]) -> NDArray[np.float32]:
    from cryoal.scoring.appearance import appearance

    parts = [positions[i : i + 256] for i in range(0, len(positions), 256)]
    return np.concatenate([appearance(pool.read_normalised(part)) for part in parts])
