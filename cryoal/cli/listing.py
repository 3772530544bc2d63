"""``cryoal list``: what can be named in a command or a setting."""

from __future__ import annotations

from enum import StrEnum

from cryoal.cli.arguments import AsJson

__all__ = ["listing"]


class Kind(StrEnum):
    """What can be listed."""

    strategies = "strategies"
    backbones = "backbones"
    formats = "formats"
    presets = "presets"


def listing(kind: Kind, as_json: AsJson = False) -> None:
    """List strategies, backbones, formats or presets. Each with what it is."""
    from cryoal.cli.terminal import print_json

    entries = _presets() if kind is Kind.presets else _entries(kind)
    if as_json:
        print_json(entries)
        return
    width = max(map(len, entries))
    for name, what in entries.items():
        print(f"{name:<{width}}  {what}")


def _entries(kind: Kind) -> dict[str, str]:
    from cryoal.io.picks import PICKS, WRITERS
    from cryoal.models import BACKBONES
    from cryoal.strategies import STRATEGIES

    tables = {Kind.strategies: STRATEGIES, Kind.backbones: BACKBONES, Kind.formats: PICKS}
    table = tables[kind]
    found = {name: _first_line(table.load(name)) for name in table.names()}
    if kind is Kind.formats:
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
