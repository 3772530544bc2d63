"""Kinds of boxes without a class, or without a label, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.audit import without_audit
from cryoal.campaign.query import read_query
from cryoal.commands import command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.labels import Standing

__all__ = ["classes_without_labels", "said_of_kinds", "said_of_open_classes", "said_of_unsure"]

MANY = 0.3
"""Share of the answers to a query from which on so many `unsure` are told."""
FEWEST_ANSWERS = 10


def classes_without_labels(campaign: Campaign, labels: Mapping[str, str]) -> list[str]:
    """The campaign's classes that are none of `labels`, class by key, in the campaign's order."""
    there = set(labels.values())
    return [name for name in campaign.config.classes if name not in there]


def said_of_open_classes(campaign: Campaign, labels: Mapping[str, str]) -> list[str]:
    """A line to print wherever classes come out; none where every class has a label, or nothing.

    A classifier cannot give a class that it was never shown. It gives another one, and measured on
    pools with a truth it was as sure of it as of the rest.
    """
    missing = classes_without_labels(campaign, labels)
    if not missing or not labels:
        return []
    its = "its boxes get" if len(missing) == 1 else "their boxes get"
    more = ""
    if campaign.config.classifier.use != "pair":  # which has no descriptors
        more = f" (column novelty; {command('find', campaign.typed, '--like', 'KEY')})"
    return [
        f"no label yet: {', '.join(missing)}; {its} other classes, often with a probability of 0.9 "
        f"and more{more}"
    ]


def said_of_unsure(campaign: Campaign, standing: Standing) -> list[str]:
    """A line where many of the last query's answers were `unsure`: perhaps a kind of its own."""
    cycles = campaign.cycles()
    if not cycles:
        return []
    asked = set(read_query(cycles[-1]).keys())
    answered = asked & standing.answered
    n = len(asked & standing.abstained)
    if len(answered) < FEWEST_ANSWERS or n < MANY * len(answered):
        return []
    less = "" if campaign.config.classifier.use == "pair" else "; their likes are asked less"
    return [
        f"{n} of the {len(answered)} boxes answered last were unsure: if many of them are of one "
        f"kind, make it a class (key N in the review){less}"
    ]


def said_of_kinds(campaign: Campaign, standing: Standing) -> list[str]:
    """Lines about kinds of boxes that no class is of, or no label: for ``status``."""
    learnt = without_audit(campaign, standing)
    return [
        *said_of_open_classes(campaign, learnt.labelled),
        *said_of_unsure(campaign, learnt),
    ]
