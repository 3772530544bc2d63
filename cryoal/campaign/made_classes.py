"""Classes that somebody made while labelling: they go again where nothing is left of them."""

from __future__ import annotations

import csv
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from cryoal.campaign.settings_file import add_class, read_settings, remove_class

if TYPE_CHECKING:
    from collections.abc import Collection

    from cryoal.campaign.campaign import Campaign

__all__ = ["bring_back", "drop_unused"]


def drop_unused(campaign: Campaign, names: Collection[str]) -> list[str]:
    """Take those of `names` out of ``campaign.toml`` that no answer of anybody names; returns them.

    Answers that were taken back do not count. A class that the last classification knows stays, and
    so does a class of test keys. Somebody who gives the class in this very moment keeps it: whoever
    writes an answer looks at the file afterwards (:func:`bring_back`), and this looks at the
    answers once more.

    Parameters
    ----------
    names
        Classes that were made while labelling; never those that the campaign was made with.

    Raises
    ------
    ConfigError
        The file cannot be read.
    LockError
        Another process has held its lock for 10 s.
    """
    folder = campaign.path
    gone = []
    for name in names:
        if name not in read_settings(folder)[0].classes:
            continue
        remove_class(folder, name, unless=partial(_is_used, campaign, name))
        if _is_used(campaign, name):
            add_class(folder, name)
        elif name not in read_settings(folder)[0].classes:
            gone.append(name)
    return gone


def bring_back(campaign: Campaign, names: Collection[str]) -> list[str]:
    """Make classes of those of `names` that are none, because an answer names them; returns them.

    Names that stand for another one by now (``renamed``) are left alone.
    """
    config, _ = read_settings(campaign.path)
    lost = [n for n in names if n not in config.classes and n not in config.new_names()]
    for name in lost:
        add_class(campaign.path, name)
    return lost


def _is_used(campaign: Campaign, name: str) -> bool:
    """Whether an answer, a test key or the table of predictions names the class."""
    used = {answer.label for answer in campaign.labels.answers() if answer.label is not None}
    used.update(campaign.test_labels().values())
    file = campaign.path / "predictions.csv"
    with suppress(OSError, UnicodeDecodeError, StopIteration, csv.Error):
        with file.open(encoding="utf-8", newline="") as table:
            columns = next(csv.reader(table))
        used.update(name.removeprefix("p_") for name in columns if name.startswith("p_"))
    return name in used
