"""``cryoal status``: where a campaign stands."""

from __future__ import annotations

from cryoal.cli.arguments import AsJson, Directory

__all__ = ["status"]


def status(directory: Directory, as_json: AsJson = False) -> None:
    """Say where the campaign stands and what to do next."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.status import describe
    from cryoal.cli.terminal import print_json

    state = describe(Campaign.open(directory))
    if as_json:
        print_json(state.as_json())
        return
    for line in state.lines():
        print(line)
