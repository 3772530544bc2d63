"""The classes of a campaign, their keys and marks, as its file has them now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.class_names import require_new_name
from cryoal.campaign.made_classes import bring_back
from cryoal.campaign.settings_file import add_class, read_settings, settings_stamp
from cryoal.junk import junk_class
from cryoal.marks import mark_of
from cryoal.review.keys import class_keys

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.config import Config
    from cryoal.marks import Mark

__all__ = ["ClassList"]


class ClassList:
    """Somebody else may edit ``campaign.toml`` while boxes are labelled; this follows it.

    Attributes
    ----------
    config : Config
        The settings as they were read last.
    keys : dict of str to str
        Class by key.
    """

    def __init__(self, folder: Path, config: Config) -> None:
        self._folder = folder
        self._take(config)

    @property
    def names(self) -> tuple[str, ...]:
        """The classes, in order."""
        return self.config.classes

    @property
    def junk(self) -> str:
        """The class that the key J gives; it need not be there yet."""
        return junk_class(self.names, self.config.review.junk)

    def mark(self, label: str) -> Mark:
        """Shape and colour of a class."""
        return mark_of(label, self.names, self.junk)

    def add(self, name: str) -> bool:
        """Make `name` a class of the campaign; whether it was none before.

        Raises
        ------
        ConfigError
            The name cannot be that of a class.
        """
        is_new = name not in self.names
        if is_new:
            require_new_name(name, self.names)
            self._take(add_class(self._folder, name))
        return is_new

    def restore(self, campaign: Campaign, names: Collection[str]) -> list[str]:
        """Make `names` classes again, of which an answer names one that is none by now."""
        if settings_stamp(self._folder) == self._stamp and set(names) <= set(self.names):
            return []
        return bring_back(campaign, names)

    def has_changed(self) -> bool:
        """Whether the file was written since it was last read; it is read anew then."""
        if settings_stamp(self._folder) == self._stamp:
            return False
        self._take(read_settings(self._folder)[0])
        return True

    def _take(self, config: Config) -> None:
        self.config = config
        self.keys = class_keys(config.classes, config.review.keys)
        self._stamp = settings_stamp(self._folder)
