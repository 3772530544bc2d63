"""Every setting, its default and meaning, from source: tables in Markdown.

Run as a program it writes the tables into ``docs/settings.md``, which can then be read without
building anything.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal import config
from cryoal.meanings import Meaning, sections
from cryoal.simulate import recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT = "laptop"  # the preset of `cryoal init`
PAGE = Path(__file__).parents[1] / "settings.md"
MARK = "<!-- made by docs/_ext/tables.py: change cryoal/config.py and run that -->"


def page() -> str:
    """``docs/settings.md`` with the tables of now."""
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    return written + MARK + "\n\n" + "\n".join(setting_lines()).rstrip() + "\n"


def recipe_lines() -> Iterator[str]:
    """A table for each section of a recipe of `cryoal simulate`."""
    whole = sections(recipe.Recipe)
    tables = {
        "": (recipe.Recipe, *whole[""]),
        "structures": (recipe.StructureConfig, *sections(recipe.StructureConfig)[""]),
        **{
            name: (getattr(recipe, f"{name.capitalize()}Config"), *told)
            for name, told in whole.items()
            if name
        },
    }
    for section, (kind, about, settings) in tables.items():
        yield from (about, "")
        yield from ("| setting | default | what it is |", "|---|---|---|")
        defaults = {f.name: f.default for f in fields(kind)}
        for setting in settings:
            if setting.name == "structures":
                continue  # a table of its own
            default = defaults[setting.name]
            shown = "none" if default is MISSING else f"`{json.dumps(default)}`"
            name = f"{section}.{setting.name}" if section else setting.name
            yield _row(f"`{name}`", shown, _meaning(setting))
        yield ""


def setting_lines() -> Iterator[str]:
    """A heading and a table for each section of the config."""
    presets = {
        name: config.to_tree(config.make_config(["a", "b"], name))
        for name in [DEFAULT, *(n for n in config.preset_names() if n != DEFAULT)]
    }
    for section, (about, settings) in sections(config.Config).items():
        yield from (f"## {f'[{section}]' if section else 'The campaign'}", "")
        yield from (about, "")
        yield from ("| setting | default | other presets | what it is |", "|---|---|---|---|")
        for setting in settings:
            field = setting.name
            values = {p: (t[section] if section else t)[field] for p, t in presets.items()}
            default, *others = _defaults(values) if field != "classes" else ["none"]
            name = f"{section}.{field}" if section else field
            yield _row(f"`{name}`", default, ", ".join(others), _meaning(setting))
        yield ""


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _meaning(setting: Meaning) -> str:
    one_of = f"One of {', '.join(setting.choices)}. " if setting.choices else ""
    return f"{one_of}{setting.text}"


def _defaults(values: dict[str, Any]) -> list[str]:
    """The default as TOML has it, then each preset that differs from it."""
    default = values[DEFAULT]
    others = [f"{p} `{json.dumps(v)}`" for p, v in values.items() if v != default]
    return [f"`{json.dumps(default)}`", *others]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
