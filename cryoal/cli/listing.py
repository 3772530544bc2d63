"""``cryoal list``: what can be named in a command or a setting."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from cryoal.cli.arguments import AsJson

__all__ = ["listing"]

KINDS = ("strategies", "backbones", "formats", "presets", "settings")


def listing(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help=f"One of {', '.join(KINDS)}.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """List strategies, formats, settings and so on. Each with what it is."""
    from cryoal.cli.terminal import print_json
    from cryoal.errors import UnknownNameError
    from cryoal.registry import nearest

    if kind not in KINDS:
        raise UnknownNameError(f"no list called {kind!r}{nearest(kind, KINDS)}")
    if kind == "settings":
        _list_settings(as_json)
        return
    entries = _presets() if kind == "presets" else _entries(kind)
    if as_json:
        print_json(entries)
        return
    width = max(map(len, entries))
    for name, what in entries.items():
        print(f"{name:<{width}}  {what}")


def _list_settings(as_json: bool) -> None:
    """Name, value of a new campaign, and what it is: a line each, for eyes and grep."""
    from cryoal.cli.terminal import print_json

    settings = _settings()
    if as_json:
        print_json(settings)
        return
    told = {
        name: (
            "" if facts["default"] is None else json.dumps(facts["default"]),
            (f"One of {', '.join(facts['choices'])}. " if facts["choices"] else "")
            + str(facts["meaning"]),
        )
        for name, facts in settings.items()
    }
    width, values = max(map(len, told)), max(len(value) for value, _ in told.values())
    for name, (value, what) in told.items():
        print(f"{name:<{width}}  {value:<{values}}  {what}")


def _settings() -> dict[str, dict[str, Any]]:
    """By ``section.key``: default (that of the preset ``laptop``), presets, choices, meaning."""
    from cryoal.config import Config, make_config, preset_names, to_tree
    from cryoal.meanings import sections

    trees = {name: to_tree(make_config(["a", "b"], name)) for name in preset_names()}
    found: dict[str, dict[str, Any]] = {}
    for section, (_, settings) in sections(Config).items():
        for setting in settings:
            values = {
                preset: (tree[section] if section else tree)[setting.name]
                for preset, tree in trees.items()
            }
            if setting.name == "classes":  # has no default
                values = dict.fromkeys(values)
            default = values.pop("laptop")
            found[f"{section}.{setting.name}" if section else setting.name] = {
                "default": default,
                "presets": {name: value for name, value in values.items() if value != default},
                "choices": list(setting.choices),
                "meaning": setting.text,
            }
    return found


def _entries(kind: str) -> dict[str, str]:
    from cryoal.io.picks import PICKS, WRITERS
    from cryoal.models import BACKBONES
    from cryoal.strategies import STRATEGIES

    tables = {"strategies": STRATEGIES, "backbones": BACKBONES, "formats": PICKS}
    table = tables[kind]
    found = {name: _first_line(table.load(name)) for name in table.names()}
    if kind == "formats":
        out = WRITERS.names()
        return {
            name: what if name in out else f"{what} (read only)" for name, what in found.items()
        }
    return found


def _presets() -> dict[str, str]:
    from cryoal.config import preset_names, preset_text

    return {name: preset_text(name).split("\n", 1)[0].lstrip("# ") for name in preset_names()}


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().split("\n", 1)[0].replace("``", "")
