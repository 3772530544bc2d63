"""The text of ``campaign.toml``: every setting, with what it is as a comment above it."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from cryoal.config import Config, to_toml
from cryoal.meanings import sections

if TYPE_CHECKING:
    from cryoal.meanings import Meaning

__all__ = ["settings_text"]

WIDTH = 99
HEAD = (
    "Every setting of this campaign. `cryoal list settings` tells the defaults. What is changed "
    "here holds from the next command on; comments may be changed or taken away."
)


def settings_text(config: Config, head: str) -> str:
    """`head`, then `config` as TOML; comments are what :mod:`cryoal.config` says of its fields."""
    told = sections(Config)
    lines, section = [*_comment(HEAD), head, ""], ""
    known = _by_name(told.get(section))
    for line in to_toml(config).splitlines():
        if heading := re.fullmatch(r"\[([a-z_]+)\]", line):
            section = heading[1]
            known = _by_name(told.get(section))
            lines += _comment(told[section][0] if section in told else "")
        # a line that goes on with a list is indented
        elif (setting := re.match(r"([a-z_]+) = ", line)) and setting[1] in known:
            lines += _comment(_said(known[setting[1]]))
        lines.append(line)
    return "\n".join(lines) + "\n"


def _by_name(told: tuple[str, tuple[Meaning, ...]] | None) -> dict[str, Meaning]:
    return {} if told is None else {meaning.name: meaning for meaning in told[1]}


def _said(meaning: Meaning) -> str:
    choices = f"One of {', '.join(meaning.choices)}. " if meaning.choices else ""
    return f"{choices}{meaning.text}"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH - 2, break_on_hyphens=False)]
