"""The classifier: what gives the posterior that users see.

It is heads on descriptors, the pair's teacher, or the mean of their posteriors. Heads are there in
milliseconds; a pair is trained where a strategy needs it or somebody asks for it. Where both know
the labels of now, what decides is how each does on labels that it was not shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from typing_extensions import override

from cryoal.campaign.described import ENCODED, current_columns
from cryoal.campaign.free_rows import free_rows
from cryoal.campaign.held_out import teacher_held_out
from cryoal.campaign.inherited import MeanStd, beside, require_classifiable
from cryoal.campaign.inherited_team import inherited_team
from cryoal.campaign.model import current_team, team_of_now
from cryoal.campaign.trainable import can_train
from cryoal.errors import CampaignError
from cryoal.heads.judge import standard_error
from cryoal.progress import SILENT
from cryoal.scoring.fields import companions_for, is_context
from cryoal.scoring.of_formulas import OfFormulas
from cryoal.scoring.of_heads import OfColumns, OfHeads
from cryoal.scoring.of_members import OfMembers, log_mean
from cryoal.scoring.of_team import HEAD, LOG_POSTERIOR, OfTeam
from cryoal.scoring.teller import Teller

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.model import TrainedTeam
    from cryoal.data.box_source import BoxSource
    from cryoal.descriptors.columns import Columns
    from cryoal.heads.choose import Heads
    from cryoal.progress import Progress
    from cryoal.records import Json
    from cryoal.strategies.base import Strategy

__all__ = [
    "Classifier",
    "Looked",
    "Name",
    "current_classifier",
    "looks_before_labels",
    "needs_team",
]

Name = Literal["heads", "teacher", "mean"]

AVERAGED = "averaged_log_posterior"

FIRST_LOOKS = (ENCODED, "shells")
"""The descriptor in which boxes are alike before anything is labelled, the first that is there."""


class Looked(NamedTuple):
    """What a classifier and its members say of boxes."""

    log_posterior: NDArray[np.float32]
    """``(n, classes)``, nats."""
    votes: NDArray[np.int64]
    """``(n, members)``: a class, or :data:`cryoal.heads.members.NO_VOTE`."""
    told: Mapping[str, NDArray[np.float32]]
    """What else the pair was asked for, by name."""


@dataclass(frozen=True)
class Classifier:
    """What classifies with the labels of now."""

    name: Name
    told: dict[str, Json]
    """What ``report.json`` keeps of it: the name, and what cross-validation said."""
    trained: TrainedTeam | None
    """The pair, where one was trained on these labels; it need not be part of the classifier."""
    heads: Heads | None
    columns: Columns | None
    precision: str = "float32"

    def log_posterior(
        self, pool: BoxSource, index: NDArray[np.int64], progress: Progress = SILENT
    ) -> NDArray[np.float32]:
        """``(n, classes)`` float32, nats, as suggestions and predictions show it.

        A teacher's is the mean over the moves that it learnt with, and over the pair's members.
        """
        parts = []
        if self.name != "teacher":
            of_heads = self._of_heads.look(pool, index, [LOG_POSTERIOR.name], progress)
            parts.append(of_heads[LOG_POSTERIOR.name])
        if self.name != "heads":
            parts.append(log_mean(*self._by_members(pool, index, progress)[0]))
        return log_mean(*parts)

    def look(
        self,
        pool: BoxSource,
        index: NDArray[np.int64],
        progress: Progress = SILENT,
        *,
        rows: Mapping[str, NDArray[np.float32]] | None = None,
        fields: Sequence[str] = (),
    ) -> Looked:
        """:meth:`log_posterior`, and what each member says by itself.

        Parameters
        ----------
        rows
            The boxes' descriptors, where they are at hand.
        fields
            What the pair tells besides, in the same pass.
        """
        parts, votes = [], []
        told: Mapping[str, NDArray[np.float32]] = {}
        if self.name != "teacher":
            assert self.heads is not None
            log_p, said = (
                self._of_heads.look_with_votes(index) if rows is None else self.heads.look(rows)
            )
            parts.append(log_p)
            votes.append(said)
        if self.name != "heads":
            each, told = self._by_members(pool, index, progress, fields)
            parts.append(log_mean(*each))
            votes.append(np.stack([log_p.argmax(axis=1) for log_p in each], axis=1))
        elif fields:
            told = self._of_team.look(pool, index, fields, progress)
        return Looked(log_mean(*parts), np.concatenate(votes, axis=1), told)

    def move(self, device: torch.device) -> None:
        """Have the networks compute there from now on."""
        if self.trained is not None:
            for each in (self._of_team, *self._of_others):
                each.move(device)

    def __getstate__(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**fields, "told": {}}  # nothing that was made ready here

    def tellers(self) -> list[Teller]:
        """Who tells a strategy what: the classifier before the pair that is no part of it."""
        found: list[Teller] = []
        if self.name == "mean":
            found.append(_OfMean(self))
        if self.name != "teacher":
            found.append(self._of_heads)
        if self.trained is not None:
            if self.name == "teacher" and self.trained.members:
                found.append(OfMembers(self.trained.teams(), precision=self.precision))
            found.append(self._of_team)
        found.append(
            OfFormulas()
            if self.columns is None
            else OfColumns(self.columns, _first_look(self.columns))
        )
        return found

    # made once: networks may be made ready for looking, which is not done for every few boxes
    @cached_property
    def _of_heads(self) -> OfHeads:
        assert self.heads is not None
        assert self.columns is not None
        return OfHeads(self.heads, self.columns)

    @cached_property
    def _of_team(self) -> OfTeam:
        assert self.trained is not None
        return OfTeam(self.trained.team, precision=self.precision)

    @cached_property
    def _of_others(self) -> list[OfTeam]:
        assert self.trained is not None
        return [OfTeam(team, precision=self.precision) for team in self.trained.members]

    def _by_members(
        self,
        pool: BoxSource,
        index: NDArray[np.int64],
        progress: Progress,
        fields: Sequence[str] = (),
    ) -> tuple[list[NDArray[np.float32]], dict[str, NDArray[np.float32]]]:
        """The posterior of each member of the pair, the mean over the moves that it learnt with.

        And `fields` of the pair itself.
        """
        told = self._of_team.look(pool, index, [AVERAGED, *fields], progress)
        others = [each.look(pool, index, [AVERAGED], progress) for each in self._of_others]
        return [told.pop(AVERAGED), *(each[AVERAGED] for each in others)], told


class _OfMean(Teller):
    """Tells the posterior of a classifier that is the mean of heads and teacher."""

    gives = frozenset({LOG_POSTERIOR.name})
    is_slow = True

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    @override
    def move(self, device: torch.device) -> None:
        self._classifier.move(device)

    @override
    def look(
        self,
        pool: BoxSource,
        index: NDArray[np.int64],
        fields: Sequence[str],
        progress: Progress,
    ) -> dict[str, NDArray[np.float32]]:
        del fields
        return {LOG_POSTERIOR.name: self._classifier.log_posterior(pool, index, progress)}


def current_classifier(
    campaign: Campaign,
    labels: dict[str, str] | None = None,
    *,
    strategy: Strategy | None = None,
    seed: int | None = None,
    train: bool = False,
    progress: Progress = SILENT,
) -> Classifier:
    """The classifier of `labels`, by default those of now.

    Parameters
    ----------
    strategy
        Who will ask: a pair is trained where it needs one.
    seed
        Of the training, in place of that of the config.
    train
        Train a pair on these labels whether or not it is needed.

    Raises
    ------
    CampaignError
        Fewer than two classes are labelled.
    """
    labels = campaign.training_labels() if labels is None else labels
    require_classifiable(campaign, labels)
    config = campaign.config
    if not can_train(labels):
        return _of_earlier(campaign, labels, progress)
    if config.classifier.use == "pair":
        trained = current_team(campaign, labels, strategy=strategy, seed=seed, progress=progress)
        told: dict[str, Json] = {"name": "teacher", "n_labelled": len(labels), **_several(trained)}
        return _looking(campaign, Classifier("teacher", told, trained, None, None))

    columns = current_columns(campaign, progress)
    heads, earlier = fit(campaign, labels, columns)
    found: TrainedTeam | None = None
    if train or (strategy is not None and needs_team(strategy.needs)):
        found = current_team(campaign, labels, strategy=strategy, seed=seed, progress=progress)
    else:
        found = team_of_now(campaign, labels, progress)
    name, told = _chosen(campaign, labels, heads, found, progress)
    told |= earlier
    if name != "heads":
        told |= _several(found)
    return _looking(campaign, Classifier(name, told, found, heads, columns))


def _looking(campaign: Campaign, classifier: Classifier) -> Classifier:
    """The same, with what its networks look in: decided here, once, wherever they look then."""
    if classifier.trained is None:
        return classifier
    from cryoal.feed.device import choose_device
    from cryoal.scoring.precision import scoring_precision

    config, pool = campaign.config, campaign.pool
    wanted = config.scoring.precision
    if wanted == "auto":
        wanted = config.train.precision
    team, device = classifier.trained.team, choose_device(config.device)
    found = scoring_precision(team, pool, len(pool), wanted, device=device)
    told = classifier.told | {"scoring": found._asdict()}
    return replace(classifier, told=told, precision=found.name)


def _several(trained: TrainedTeam | None) -> dict[str, Json]:
    """How many trainings of the pair classify, where there is more than one."""
    return {"members": len(trained.teams())} if trained is not None and trained.members else {}


def looks_before_labels(campaign: Campaign, needs: Iterable[str], progress: Progress) -> Teller:
    """Who tells how boxes look before there is a classifier."""
    if not any(not is_context(need) for need in needs):  # no box has to be described
        return OfFormulas()
    if campaign.config.classifier.use == "pair":
        return OfFormulas()
    columns = current_columns(campaign, progress)
    return OfColumns(columns, _first_look(columns))


def _first_look(columns: Columns) -> str:
    return next(name for name in FIRST_LOOKS if name in columns.names)


def needs_team(needs: Iterable[str]) -> bool:
    """Whether something among these needs is told by networks alone."""
    needs = frozenset(needs)
    of_heads = {*OfHeads.gives, *OfColumns.gives, HEAD.name, "class"}
    return bool(companions_for(needs)) or any(
        need.removeprefix("labelled_") not in of_heads for need in needs
    )


def fit(
    campaign: Campaign, labels: dict[str, str], columns: Columns
) -> tuple[Heads, dict[str, Json]]:
    """Heads on all descriptors of what is labelled, here and earlier, and what is told of that."""
    from cryoal.heads.choose import fit_heads

    number = {name: i for i, name in enumerate(campaign.config.classes)}
    index = campaign.pool.index(list(labels))
    earlier = beside(campaign, labels, columns)
    moments = {name: columns.moments(name) for name in columns.names}
    mean_std: MeanStd = {name: (m.mean, m.deviation) for name, m in moments.items()}
    if earlier is not None:
        mean_std = earlier.mean_std
    free = free_rows(campaign, labels)
    heads = fit_heads(
        {name: columns.read(name, index) for name in mean_std},
        np.array([number[name] for name in labels.values()], np.int64),
        len(campaign.config.classes),
        mean_std=mean_std,
        seed=campaign.config.seed,
        unlabelled={name: columns.read(name, free) for name in mean_std},
        groups=campaign.pool.group[index],
        along=None if earlier is None else earlier.along,
    )
    return heads, {} if earlier is None else {"earlier": earlier.told}


def _of_earlier(campaign: Campaign, labels: dict[str, str], progress: Progress) -> Classifier:
    """The classifier of a model that the campaign began with, before own labels of two classes."""
    config = campaign.config
    trained, name = inherited_team(campaign)
    told: dict[str, Json] = {"name": name, "n_labelled": len(labels)}
    if config.classifier.use == "pair":
        if trained is None:
            raise CampaignError(
                f"expected the weights of a pair for classifier.use = pair in {campaign.typed}, "
                "found none of these classes and networks in the model that it began with: label "
                "boxes of two classes, or take classifier.use = auto"
            )
        told["name"] = "teacher"
        return _looking(campaign, Classifier("teacher", told, trained, None, None))
    columns = current_columns(campaign, progress)
    heads, earlier = fit(campaign, labels, columns)
    if trained is None or config.classifier.use == "heads":
        name = "heads"
    told |= {"name": name, "heads": heads.told, **earlier}
    return _looking(campaign, Classifier(name, told, trained, heads, columns))


def _chosen(
    campaign: Campaign,
    labels: dict[str, str],
    heads: Heads,
    trained: TrainedTeam | None,
    progress: Progress,
) -> tuple[Name, dict[str, Json]]:
    """Heads, teacher or their mean: those within two standard errors of the better one.

    Where both are, it is the mean, unless that is behind the better one by a standard error.
    """
    told: dict[str, Any] = {"name": "heads", "n_labelled": len(labels), "heads": heads.told}
    config = campaign.config.classifier
    if trained is None or config.use == "heads" or not config.folds:
        return "heads", told
    if heads.held_out is None:
        progress.say(
            f"the pair is left out: {len(labels)} labels are too few to hold any out and compare"
        )
        return "heads", told
    number = {name: i for i, name in enumerate(campaign.config.classes)}
    truth = np.array([number[name] for name in labels.values()], np.int64)
    posterior = {
        "heads": heads.held_out,
        "teacher": teacher_held_out(campaign, labels, trained, progress),
    }
    posterior["mean"] = log_mean(*posterior.values())
    right = {who: float((p.argmax(axis=1) == truth).mean()) for who, p in posterior.items()}
    best = max(right["heads"], right["teacher"])
    error = standard_error(best, len(truth))
    near: list[Name] = [n for n in ("heads", "teacher") if right[n] >= best - 2 * error]
    name = max(near, key=lambda n: right[n])
    if len(near) == 2 and right["mean"] >= best - error:  # two voices, unless they drown each other
        name = "mean"
    return name, told | {"name": name, "cross_validated": right, "standard_error": error}
