"""Classes of the campaign that nobody has given to a box yet, and what that means for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.commands import command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.campaign.campaign import Campaign

__all__ = ["classes_without_labels", "said_of_open_classes"]


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
    return [
        f"no label yet: {', '.join(missing)}; {its} other classes, often with a probability of 0.9 "
        f"and more (column novelty; {command('find', campaign.typed, '--like', 'KEY')})"
    ]
