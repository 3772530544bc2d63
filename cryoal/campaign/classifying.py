"""What is told of each box when a pool is classified: work that can be done in parts, anywhere."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.campaign.novelty import rows_of
from cryoal.campaign.rows_so_far import Told
from cryoal.data.pool_there import PoolThere
from cryoal.feed.device import choose_device
from cryoal.heads.members import agreement
from cryoal.records import digest
from cryoal.scoring.distances import disagreement
from cryoal.scoring.looking import span_of_networks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifier import Classifier
    from cryoal.companions.team import Team
    from cryoal.novelty.unlike import Novelty

__all__ = ["Classifying"]

BOTH = ("teacher_log_posterior", "student_log_posterior")
ROWS = 1024
"""Boxes of a span where their descriptors alone are looked at."""


class Classifying:
    """Work (:class:`cryoal.crew.Work`): posterior, agreement, novelty and disagreement of boxes.

    All models travel with it; elsewhere they compute on the device that the settings choose there.
    The pool and the descriptors are read from the same paths.
    """

    name = "classifying"

    def __init__(self, campaign: Campaign, classifier: Classifier, novelty: Novelty | None) -> None:
        self._pool = PoolThere(campaign.pool)
        self._device = campaign.config.device
        self._classifier, self._novelty = classifier, novelty
        trained = classifier.trained
        self._has_student = trained is not None and "student" in trained.team.companions
        self._is_sent = False
        self._n_classes = len(campaign.config.classes)
        networks = classifier.name != "heads" or self._has_student
        self.is_light = not networks
        """Whether it takes less than starting workers does; such work stays with the command."""
        self.span = span_of_networks(campaign.pool.box**3) if networks else ROWS
        """Boxes that go together, whoever works."""

    @property
    def told(self) -> dict[str, Told]:
        """What :meth:`of` tells."""
        found = {"log_posterior": Told("<f4", self._n_classes), "agreement": Told("<f8")}
        if self._novelty is not None:
            found["novelty"] = Told("<f8")
        if self._has_student:
            found["disagreement"] = Told("<f4")
        return found

    def of(self, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Log-posterior ``(n, classes)``; agreement, novelty and disagreement ``(n,)``."""
        if self._is_sent:
            self._classifier.move(choose_device(self._device))
        pool, index = self._pool.pool(), np.arange(start, stop)
        columns = self._classifier.columns
        rows = None if columns is None else rows_of(columns, index)
        fields = BOTH if self._has_student else ()
        looked = self._classifier.look(pool, index, rows=rows, fields=fields)
        log_p = looked.log_posterior
        found: dict[str, NDArray[Any]] = {
            "log_posterior": log_p,
            "agreement": agreement(looked.votes, log_p.argmax(axis=1)),
        }
        if self._novelty is not None:
            assert rows is not None
            found["novelty"] = self._novelty.share_below(rows)
        if self._has_student:
            teacher, student = (looked.told[field] for field in BOTH)
            found["disagreement"] = disagreement(teacher, student)
        return found

    def made_from(self) -> str:
        """A digest of all that the rows depend on: boxes, descriptors, and every number learnt.

        Numbers, not what they were learnt from: so rows of two classifiers are never mixed, even
        where the same labels gave others in the last bits.
        """
        one, columns = self._classifier, self._classifier.columns
        teams = () if one.trained is None else one.trained.teams()
        heads = one.heads
        return digest(
            {
                "boxes": [list(part) for part in self._pool.parts],
                "descriptors": []
                if columns is None
                else [[made.name, made.version, made.columns] for made in columns.made],
                "classifier": one.name,
                "precision": one.precision,
                "device": choose_device(self._device).type,
                "heads": None if heads is None else _of_learnt(heads.parts()),
                "novelty": None if self._novelty is None else _of_learnt(vars(self._novelty)),
                "teams": [_of_weights(team) for team in teams],
                "told": {name: list(told) for name, told in self.told.items()},
                "span": self.span,
            }
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_is_sent": True}


def _of_learnt(parts: object) -> str:
    import joblib  # scikit-learn brings it; 40 ms, which a pair alone does not need

    found: str = joblib.hash(parts)
    return found


def _of_weights(team: Team) -> str:
    found = hashlib.sha256()
    for role, model in team.models().items():
        for name, value in sorted(model.state_dict().items()):
            found.update(f"{role} {name} {value.dtype} {tuple(value.shape)}\n".encode())
            found.update(value.detach().cpu().numpy().tobytes())
    found.update(b"" if team.moves is None else np.ascontiguousarray(team.moves).tobytes())
    return found.hexdigest()
