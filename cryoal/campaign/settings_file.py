"""``campaign.toml``: the layout's version, the campaign's id, and every setting."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from cryoal.campaign.settings_text import settings_text
from cryoal.config import from_tree
from cryoal.errors import CampaignVersionError, ConfigError, NotACampaignError
from cryoal.foreign import foreign
from cryoal.locks import locked
from cryoal.records import read_toml, write_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryoal.config import Config

__all__ = [
    "FORMAT",
    "NAME",
    "add_class",
    "create_settings",
    "read_settings",
    "remove_class",
    "settings_stamp",
]

FORMAT = 1
"""Version of the layout of the directory; a newer one is refused."""

NAME = "campaign.toml"


def create_settings(folder: Path, config: Config) -> str:
    """Write every setting of a new campaign; returns the id that it was given.

    The id is random. It tells the journals of two campaigns apart that have the same keys.
    """
    identity = secrets.token_hex(8)
    text = settings_text(config, f'format = {FORMAT}\nid = "{identity}"')
    write_text(folder / NAME, text)
    return identity


def read_settings(folder: Path) -> tuple[Config, str | None]:
    """The settings in `folder`, and the campaign's id (None: made before there were ids).

    Raises
    ------
    NotACampaignError
        No ``campaign.toml``, or one that is damaged.
    CampaignVersionError
        Written by a newer cryoal.
    ConfigError
        A setting is unknown, of the wrong type or out of range; names the file.
    """
    file = folder / NAME
    if not file.is_file():
        raise NotACampaignError(
            f"expected a campaign directory (made by cryoal init), found no {file}"
        )
    tree = read_toml(file, NotACampaignError)
    version, identity = tree.pop("format", None), tree.pop("id", None)
    if not isinstance(version, int):
        raise NotACampaignError(f"expected a whole number as format in {file}, found {version}")
    if version > FORMAT:
        raise CampaignVersionError(
            f"expected format {FORMAT} or older in {file}, found {version}: "
            "this campaign was written by a newer cryoal; update cryoal"
        )
    if identity is not None and not isinstance(identity, str):
        raise NotACampaignError(f"expected text as id in {file}, found {identity}")
    try:
        return from_tree(tree), identity
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from error


def settings_stamp(folder: Path) -> tuple[int, ...]:
    """What is another after ``campaign.toml`` was written; for those who keep what they read."""
    found = (folder / NAME).stat()
    return found.st_mtime_ns, found.st_ino, found.st_size


def set_box(folder: Path, box: int) -> None:
    """Write another ``pool.box``; comments and order of the file stay."""
    import tomlkit

    file = folder / NAME
    with locked(folder / f".{NAME}.lock"):
        with foreign(file, "TOML", ConfigError):
            document = tomlkit.parse(file.read_text(encoding="utf-8"))
            document.setdefault("pool", tomlkit.table())["box"] = box
        write_text(file, tomlkit.dumps(document))


def add_class(folder: Path, name: str) -> Config:
    """Append `name` to the classes; comments and order of the file stay. The settings as they are.

    A class that is there already is no error: another annotator may have been faster.

    Raises
    ------
    ConfigError
        The name cannot be that of a class; the file is as it was.
    LockError
        Another process has held the lock for 10 s, or the disk knows no locks.
    """
    with locked(folder / f".{NAME}.lock"):
        config, _ = read_settings(folder)
        return config if name in config.classes else _with_classes(folder, added=name)


def remove_class(folder: Path, name: str, *, unless: Callable[[], bool]) -> Config:
    """Take `name` out of the classes; comments and order of the file stay. The settings then.

    Nothing is written where it is no class, one of the last two, or the new name of another one.

    Parameters
    ----------
    unless
        Asked while nobody else can write the file: whether the class has to stay.

    Raises
    ------
    LockError
        Another process has held the lock for 10 s, or the disk knows no locks.
    """
    with locked(folder / f".{NAME}.lock"):
        config, _ = read_settings(folder)
        stays = len(config.classes) <= 2 or name in config.new_names().values()
        if name not in config.classes or stays or unless():
            return config
        return _with_classes(folder, removed=name)


def _with_classes(folder: Path, *, added: str | None = None, removed: str | None = None) -> Config:
    import tomlkit

    file = folder / NAME
    with foreign(file, "TOML", ConfigError):
        document = tomlkit.parse(file.read_text(encoding="utf-8"))
    classes = document["classes"]
    assert isinstance(classes, tomlkit.items.Array)
    if added is not None:
        classes.append(added)
    if removed is not None:
        classes.remove(removed)
    tree = document.unwrap()
    del tree["format"]
    tree.pop("id", None)
    changed = from_tree(tree)  # refused here, before anything is written
    write_text(file, tomlkit.dumps(document))
    return changed
