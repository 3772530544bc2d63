"""How far annotators agree, with one another and with themselves."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from cryoal.commands import command
from cryoal.estimate.intervals import wilson
from cryoal.how_many import how_many
from cryoal.review.kappa import FEWEST, cohen_kappa, fleiss_kappa

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.events import Answer
    from cryoal.records import Json

__all__ = ["Agreement", "Pair", "SelfAgreement", "agreement"]


@dataclass(frozen=True)
class Pair:
    """Two annotators, on the boxes to which both gave a class."""

    first: str
    second: str
    n: int
    n_same: int
    kappa: float | None
    """Cohen's; None where it is not defined."""


@dataclass(frozen=True)
class SelfAgreement:
    """One annotator, on the boxes that were shown twice."""

    annotator: str
    n: int
    n_same: int
    kappa: float | None
    changed: dict[str, tuple[str, str]]
    """First and second answer of each box that was answered differently."""


@dataclass(frozen=True)
class Agreement:
    """What ``cryoal agreement`` tells."""

    n_answers: dict[str, int]
    """Classes given by each annotator, abstentions left out."""
    pairs: tuple[Pair, ...]
    fleiss: float | None
    """Of all annotators, when there are more than two."""
    n_fleiss: int
    """Boxes with two answers or more."""
    with_self: tuple[SelfAgreement, ...]
    disputed: dict[str, dict[str, str]]
    """Class by annotator, of the boxes that are kept out of training."""

    def as_json(self) -> Json:
        """Every fact by name."""
        facts: Json = asdict(self)
        return facts

    def lines(self, directory: object) -> list[str]:
        """The facts as a person would say them."""
        if not self.n_answers:
            return ["nobody has given a class yet"]
        out = [f"{who}: {how_many(n, 'box')} with a class" for who, n in self.n_answers.items()]
        for pair in self.pairs:
            out.append(f"{pair.first} and {pair.second}: {_said(pair.n, pair.n_same, pair.kappa)}")
        if self.fleiss is not None:
            kappa = f"Fleiss' kappa {self.fleiss:.3f} of {how_many(self.n_fleiss, 'box')}"
            out.append(f"all {len(self.n_answers)} together: {kappa} with two answers or more")
        for own in self.with_self:
            out.append(f"{own.annotator} a second time: {_said(own.n, own.n_same, own.kappa)}")
            out += [f"  {k}: first {a}, then {b}" for k, (a, b) in own.changed.items()]
        if self.disputed:
            out.append(f"disputed, kept out of training until settled: {len(self.disputed)}")
            out += [
                f"  {key}: " + ", ".join(f"{who} says {what}" for who, what in votes.items())
                for key, votes in self.disputed.items()
            ]
            out.append(f"settle them: {command('review', directory, '--queue', 'disputed')}")
        return out


def agreement(campaign: Campaign) -> Agreement:
    """Compare the answers in force; settling ones are left out, who gives them knows the others'.

    Abstentions are left out too: that somebody cannot say is no other class.
    """
    answers = campaign.labels.answers()
    first: dict[str, dict[str, str]] = {name: {} for name in campaign.labels.annotators()}
    again: dict[str, dict[str, str]] = {name: {} for name in first}
    for answer in answers:
        if not answer.settles:
            _take(again if answer.repeat else first, answer)
    given = {name: labels for name, labels in first.items() if labels}
    votes: dict[str, list[str]] = {}
    for labels in given.values():
        for key, label in labels.items():
            votes.setdefault(key, []).append(label)
    several = [of_one for of_one in votes.values() if len(of_one) > 1]
    return Agreement(
        n_answers={name: len(labels) for name, labels in given.items()},
        pairs=tuple(_pairs(given)),
        fleiss=fleiss_kappa(several) if len(given) > 2 else None,
        n_fleiss=len(several),
        with_self=tuple(
            _own(name, first[name], labels) for name, labels in again.items() if labels
        ),
        disputed=campaign.standing().disputed,
    )


def _take(labels: Mapping[str, dict[str, str]], answer: Answer) -> None:
    if answer.label is None:
        labels[answer.annotator].pop(answer.key, None)
    else:
        labels[answer.annotator][answer.key] = answer.label


def _pairs(given: Mapping[str, Mapping[str, str]]) -> Iterable[Pair]:
    for one, other in combinations(given, 2):
        both = [(label, given[other][k]) for k, label in given[one].items() if k in given[other]]
        if both:
            yield Pair(one, other, len(both), _same(both), cohen_kappa(both))


def _own(name: str, first: Mapping[str, str], again: Mapping[str, str]) -> SelfAgreement:
    both = {key: (first[key], label) for key, label in again.items() if key in first}
    pairs = list(both.values())
    changed = {key: pair for key, pair in both.items() if pair[0] != pair[1]}
    return SelfAgreement(name, len(pairs), _same(pairs), cohen_kappa(pairs), changed)


def _same(pairs: Sequence[tuple[str, str]]) -> int:
    return sum(a == b for a, b in pairs)


def _said(n: int, n_same: int, kappa: float | None) -> str:
    if not n:
        return "no box with two answers"
    low, high = wilson(n_same, n)
    share = f"the same for {n_same} of {n} ({low:.0%} to {high:.0%})"
    if n < FEWEST:
        return f"{share}; too few for a kappa"
    return share if kappa is None else f"{share}, Cohen's kappa {kappa:.3f}"
