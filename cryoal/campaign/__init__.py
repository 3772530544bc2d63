"""A campaign is a directory, a cycle is one function."""

from cryoal.campaign.campaign import Campaign

__all__ = ["Campaign"]
