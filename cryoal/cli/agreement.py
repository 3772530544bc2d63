"""``cryoal agreement``: how far annotators agree."""

from __future__ import annotations

from cryoal.cli.arguments import AsJson, Directory

__all__ = ["agreement"]


def agreement(directory: Directory, as_json: AsJson = False) -> None:
    """Say how far annotators agree, with themselves too. Lists the disputed boxes."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.cli.terminal import print_json
    from cryoal.review.agreement import agreement as compare

    found = compare(Campaign.open(directory))
    if as_json:
        print_json(found.as_json())
        return
    for line in found.lines(directory):
        print(line)
