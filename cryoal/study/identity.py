"""Whether a cell on disk is of the settings at hand, also where its version knew fewer of them."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from cryoal.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryoal.records import Json

__all__ = ["are_same_settings", "as_once_told", "settings_told"]

READ = ("pool", "model", "train", "augment")
"""The sections of a configuration that a cell's result depends on."""


def settings_told(config: Config) -> dict[str, Json]:
    """The settings that a cell's result depends on, by their names, as ``cell.json`` keeps them."""
    told: dict[str, Json] = {"seed": config.seed, "device": config.device}
    for section in READ:
        for name, value in asdict(getattr(config, section)).items():
            told[f"{section}.{name}"] = list(value) if isinstance(value, tuple) else value
    return told


def are_same_settings(kept: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a cell's settings are those of `now`.

    A setting that one of the two does not know, because it came later or is gone, must have its
    default in the other.
    """
    default = settings_told(Config(classes=("a", "b")))
    return all(
        kept.get(name, default.get(name)) == now.get(name, default.get(name))
        for name in {*kept, *now}
    )


_FIELDS = {
    "pool": "box min_inside",
    "model": "teacher student width stem channels dropout",
    "train": "epochs batch_size learning_rate decay_at decay optimizer momentum weight_decay"
    " transfer_weight transfer restart batch_norm precision class_weights",
    "augment": "rotations mirror shift recrop",
    "pretrain": "method steps batch_size learning_rate shift contrast noise blur rate start",
    "query": "strategy first subset_factor",
    "classifier": "use folds",
    "review": "keys junk repeats thickness",
}
_FIRST = {**_FIELDS, "query": "strategy subset_factor"}
del _FIRST["pretrain"], _FIRST["classifier"]


def as_once_told(config: Config) -> list[str]:
    """`config` as it stood in the identity of cells before ``cell.json`` kept settings by name.

    Twice in its course: before there were descriptors, when queries asked by knowledge-transfer
    where nothing was said, and after. Settings that came later are left out.
    """
    query = config.query
    if query == type(query)():
        query = replace(query, strategy="knowledge-transfer")
    return [_repr(replace(config, query=query), _FIRST), _repr(config, _FIELDS)]


def _repr(config: Config, fields: Mapping[str, str]) -> str:
    plain = ("classes", "seed", "device", "renamed")
    told = [f"{name}={getattr(config, name)!r}" for name in plain]
    told += [f"{name}={_section(config, name, known.split())}" for name, known in fields.items()]
    return f"Config({', '.join(told)})"


def _section(config: Config, name: str, known: Sequence[str]) -> str:
    section = getattr(config, name)
    told = ", ".join(f"{field}={getattr(section, field)!r}" for field in known)
    return f"{type(section).__name__}({told})"
