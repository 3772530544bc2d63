"""The commands of the how-tos run word for word, but for the encoder, which learns one step."""

from __future__ import annotations

import csv
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cryoal.cli import main
from tests.docs.prepared import PREPARED

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parents[2] / "docs" / "howto"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
TRIED = re.compile(r"<!-- tried: (\w+) -->")


def pages() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.md"))


def commands(text: str) -> list[str]:
    return [line for block in BLOCK.findall(text) for line in block.splitlines() if line]


def words_of(line: str) -> list[str]:
    return [
        str(path)
        for word in shlex.split(line)
        for path in (sorted(Path().glob(word)) if "*" in word else [word])
    ]


def fill_in(table: Path, truth: Mapping[str, str], classes: list[str]) -> None:
    """What the expert does between a query and label; a class that is not there is none."""
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for row in rows:
            label = truth[row["key"]]
            writer.writerow({**row, "label": label if label in classes else "unsure"})


def classes_of(campaign: str) -> list[str]:
    text = (Path(campaign) / "campaign.toml").read_text()
    found = re.search(r"^classes = (\[.*?\])", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return re.findall(r'"([^"]*)"', found[1])


def tried() -> list[str]:
    """Pages whose files can be made here."""
    texts = {page: (FOLDER / f"{page}.md").read_text() for page in pages()}
    return [page for page, text in texts.items() if {*TRIED.findall(text)} & {*PREPARED}]


@pytest.mark.parametrize("page", tried())
def test_the_commands_of_a_how_to_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (FOLDER / f"{page}.md").read_text()
    truth = PREPARED[TRIED.findall(text)[0]](tmp_path)
    example = next((key for key, label in truth.items() if label == "ring"), "")
    monkeypatch.chdir(tmp_path)
    for line in commands(text):
        words = words_of(line.replace(" RING", f" {example}"))
        if words[0] != "cryoal":
            subprocess.run(line, shell=True, check=True)
            continue
        if words[1] == "init":
            words += ["--set", "pretrain.steps=1"]
        if words[1] == "label":
            fill_in(Path(words[3]), truth, classes_of(words[2]))
        assert main(words[1:]) == 0, line


def test_every_page_with_commands_says_what_they_were_tried_on() -> None:
    for page in pages():
        text = (FOLDER / f"{page}.md").read_text()
        if BLOCK.search(text):
            (found,) = TRIED.findall(text)
            assert found in (*PREPARED, "microtubule", "none"), page


def test_every_page_is_in_the_list() -> None:
    listed = re.findall(r"^([a-z-]+)$", (FOLDER / "index.md").read_text(), re.MULTILINE)
    assert sorted([*listed, "index"]) == pages()
