"""``cryoal doctor DIR``: numbers of boxes, and the encoder that learnt from them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign.campaign import Campaign
from cryoal.campaign.checkup import check_up
from cryoal.campaign.described import current_columns
from cryoal.models.build import build_network
from cryoal.pretrain.pretrained import Pretrained, write_pretrained
from cryoal.records import read_json, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.records import Json


@pytest.fixture(scope="module")
def whole(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign with numbers of its 36 boxes, what an encoder says of them among these."""
    path = tmp_path_factory.mktemp("numbers") / "campaign"
    shutil.copytree(original, path)
    file = path / "campaign.toml"
    file.write_text(file.read_text().replace('use = "pair"', 'use = "heads"'))
    campaign = Campaign.open(path)
    model = campaign.config.model
    encoder = build_network(model.student, width=model.width, stem=model.stem, n_classes=2, seed=0)
    about: dict[str, Json] = {
        "method": "vicreg",
        "side": 8,
        "box": 8,
        "boxes": 36,
        "identity": "ab",
    }
    about |= {"backbone": model.student, "width": model.width, "stem": model.stem}
    told = about | {"embedding_version": 1, "moves": [[1, 1, 1]]}
    (path / "pretrained").mkdir()
    write_pretrained(path / "pretrained", Pretrained(encoder.eval(), told))
    current_columns(campaign)
    return path


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "campaign")
    return tmp_path / "campaign"


def flip(path: Path, at: int) -> None:
    changed = bytearray(path.read_bytes())
    changed[at] ^= 4
    path.write_bytes(changed)


def test_numbers_as_they_were_written_are_whole(whole: Path) -> None:
    found = check_up(whole)
    assert (found.damaged, found.notes) == ([], [])
    assert (whole / "descriptors" / "pretrained.f32").exists()


def test_flipped_bits_in_any_of_these_files_are_named(copied: Path) -> None:
    files = [p for f in ("descriptors", "pretrained") for p in sorted((copied / f).iterdir())]
    silent = []
    for file in files:
        before = file.read_bytes()
        flip(file, len(before) // 2)
        lines = check_up(copied).damaged
        if len(lines) != 1 or str(file) not in lines[0] or "delete" not in lines[0]:
            silent.append((file.name, lines))
        file.write_bytes(before)
    assert silent == []
    assert len(files) > 15


def test_damaged_rows_are_counted_and_the_next_command_makes_them_again(copied: Path) -> None:
    file = copied / "descriptors" / "shells.f32"
    width = file.stat().st_size // 36
    for row in (3, 5):
        flip(file, row * width)
    (line,) = check_up(copied).damaged
    assert line.startswith(f"2 of 36 rows in {file} are not as they were written, first that of ")
    assert "box 3 of the pool" in line
    columns = current_columns(Campaign.open(copied))
    columns.read("shells", np.arange(36))
    assert check_up(copied).damaged == []


def test_rows_that_are_still_to_be_made_are_a_note(copied: Path) -> None:
    file = copied / "descriptors" / "zones.f32"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2 + 3])
    (copied / "descriptors" / "shells.json").unlink()
    found = check_up(copied)
    assert found.damaged == []
    first, second = found.notes
    assert first.endswith("shells.f32 has no JSON file beside it and is made anew")
    assert second.endswith(
        "zones.f32 has rows of 18 of 36 boxes: the others are made when asked for"
    )


def test_an_encoder_of_another_pretraining_than_its_facts_is_named(copied: Path) -> None:
    file = copied / "pretrained" / "made_from.json"
    write_json(file, read_json(file) | {"identity": "cd"})
    (line,) = check_up(copied).damaged
    assert line.startswith("expected encoder.safetensors and made_from.json of one pretraining in ")
    assert line.endswith("can be deleted: it is made again when asked for")
