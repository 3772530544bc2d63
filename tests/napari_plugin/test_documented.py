"""docs/napari.md names what the manifest has, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from npe2 import PluginManifest

if TYPE_CHECKING:
    from npe2.manifest.contributions import ContributionPoints

TEXT = (Path(__file__).parents[2] / "docs" / "napari.md").read_text(encoding="utf-8")
MENUS = {
    "napari/file/io_utilities": "File > IO Utilities",
    "napari/layers/annotate": "Layers > Annotate",
    "napari/layers/classify": "Layers > Classify",
}


@pytest.fixture
def contributions() -> ContributionPoints:
    return PluginManifest.from_distribution("cryoal").contributions


def test_every_widget_stands_in_the_manual_by_its_name_and_no_other(
    contributions: ContributionPoints,
) -> None:
    named = re.findall(r"^\| \*(.+?) \(cryoal\)\* \|", TEXT, re.MULTILINE)
    assert named == [widget.display_name for widget in contributions.widgets or ()]


def test_samples_and_menu_entries_stand_in_the_manual(contributions: ContributionPoints) -> None:
    samples = [sample.display_name for sample in contributions.sample_data or ()]
    assert samples
    for name in samples:
        assert f"*{name}*" in TEXT
    titles = {command.id: command.title for command in contributions.commands or ()}
    entries = {
        f"*{MENUS[menu]} > {titles[item.command]} (cryoal)*"
        for menu, items in (contributions.menus or {}).items()
        for item in items
    }
    assert set(re.findall(r"\*(?:File|Layers) > [^*]+ \(cryoal\)\*", TEXT)) == entries


def test_a_widget_is_called_in_the_palette_as_in_the_menu(
    contributions: ContributionPoints,
) -> None:
    titles = {command.id: command.title for command in contributions.commands or ()}
    for widget in contributions.widgets or ():
        assert titles[widget.command] == widget.display_name
