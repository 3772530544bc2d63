"""Every setting, its default and meaning, from source: tables in Markdown.

Dataclasses do not keep the strings below their fields, so ``cryoal/config.py`` and
``cryoal/simulate/recipe.py`` are parsed. Run as a program it writes the tables into
``docs/settings.md``, which can then be read without building anything.
"""

from __future__ import annotations

import ast
import inspect
import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal import config
from cryoal.simulate import recipe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

DEFAULT = "laptop"  # the preset of `cryoal init`
PAGE = Path(__file__).parents[1] / "settings.md"
MARK = "<!-- made by docs/_ext/tables.py: change cryoal/config.py and run that -->"


def page() -> str:
    """``docs/settings.md`` with the tables of now."""
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    return written + MARK + "\n\n" + "\n".join(setting_lines()).rstrip() + "\n"


def _classes(module: ModuleType) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(module))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def recipe_lines() -> Iterator[str]:
    """A table for each section of a recipe of `cryoal simulate`."""
    classes = _classes(recipe)
    sections = {"": "Recipe", "structures": "StructureConfig"} | {
        name: kind for name, kind, _ in _fields(classes["Recipe"]) if kind in classes
    }
    for section, name in sections.items():
        yield from (ast.get_docstring(classes[name]) or "", "")
        yield from ("| setting | default | what it is |", "|---|---|---|")
        kind_of = {f.name: f.default for f in fields(getattr(recipe, name))}
        for field, kind, meaning in _fields(classes[name]):
            if kind in classes or field == "structures":
                continue  # a table of its own
            default = kind_of[field]
            shown = "none" if default is MISSING else f"`{json.dumps(default)}`"
            cells = (f"`{section}.{field}`".replace("`.", "`"), shown, meaning)
            yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
        yield ""


def setting_lines() -> Iterator[str]:
    """A heading and a table for each section of the config."""
    classes = _classes(config)
    presets = {
        name: config.to_tree(config.make_config(["a", "b"], name))
        for name in [DEFAULT, *(n for n in config.preset_names() if n != DEFAULT)]
    }
    sections = {"": "Config"} | {
        name: kind for name, kind, _ in _fields(classes["Config"]) if kind in classes
    }
    for section, name in sections.items():
        yield from (f"## {f'[{section}]' if section else 'The campaign'}", "")
        yield from (ast.get_docstring(classes[name]) or "", "")
        yield from ("| setting | default | other presets | what it is |", "|---|---|---|---|")
        for field, kind, meaning in _fields(classes[name]):
            if kind in classes:
                continue  # a section of its own
            values = {p: (t[section] if section else t)[field] for p, t in presets.items()}
            default, *others = _defaults(values) if field != "classes" else ["none"]
            setting = f"{section}.{field}" if section else field
            cells = (f"`{setting}`", default, ", ".join(others), meaning)
            yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
        yield ""


def _defaults(values: dict[str, Any]) -> list[str]:
    """The default as TOML has it, then each preset that differs from it."""
    default = values[DEFAULT]
    others = [f"{p} `{json.dumps(v)}`" for p, v in values.items() if v != default]
    return [f"`{json.dumps(default)}`", *others]


def _fields(node: ast.ClassDef) -> list[tuple[str, str, str]]:
    """Name, type and meaning of each field of a dataclass, as text."""
    found: list[tuple[str, str, str]] = []
    for before, after in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(before, ast.AnnAssign) or not isinstance(before.target, ast.Name):
            continue
        kind, meaning = ast.unparse(before.annotation), ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            meaning = " ".join(str(after.value.value).split()).replace("``", "`")
        if kind.startswith("Literal["):
            choices = ast.literal_eval(kind.removeprefix("Literal"))
            meaning = f"One of {', '.join(choices)}. {meaning}"
        found.append((before.target.id, kind, meaning))
    return found


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
