from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.class_names import class_notes, require_new_name
from cryoal.cli import main
from cryoal.config import make_config
from cryoal.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

UNSEEN = [
    ("é", "e\u0301"),  # composed, and a letter with an accent behind it
    ("fi", "\ufb01"),  # a ligature
    ("K", "\u212a"),  # Kelvin's
    ("a b", "a\u00a0b"),
    ("ab", "a\u200bb"),
]


@pytest.mark.parametrize(("one", "other"), UNSEEN)
def test_two_classes_that_look_the_same_are_refused_at_init(
    tmp_path: Path, one: str, other: str
) -> None:
    with pytest.raises(ConfigError, match=r"what cannot be seen alone|printable names"):
        Campaign.create(tmp_path / "x", make_config([one, other]))
    assert not (tmp_path / "x").exists()


def test_a_campaign_that_has_such_classes_goes_on(campaign: Campaign) -> None:
    file = campaign.path / "campaign.toml"
    file.write_text(file.read_text().replace('"ring"', '"é"').replace('"rod"', '"e\u0301"'))
    assert Campaign.open(campaign.path).config.classes == ("é", "e\u0301", "background")


def test_capitals_formulas_and_signs_of_star_files_are_told_at_init(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    classes = "ring,Ring,=1+1,+end,-end,@x,a#b,it's,RING"
    assert main(["init", str(tmp_path / "x"), "--classes", classes]) == 0
    told = capsys.readouterr().err
    for about in (
        "note: the classes 'ring' and 'Ring' differ by capitals alone",
        "note: the classes 'ring' and 'RING' differ by capitals alone",
        *(f"note: a spreadsheet takes '{name}' for a formula" for name in ("=1+1", "+end", "-end")),
        "note: a spreadsheet takes '@x' for a formula",
        "note: the class 'a#b' has # in it, which some programs misread in STAR files",
        "note: the class \"it's\" has ' in it",
    ):
        assert about in told
    assert class_notes(["ring", "rod", "no class", "α-tubulin"]) == []


@pytest.mark.parametrize("name", ["Ring", "RING", "ring\u00a0", "r\u200bing", "ｒｉｎｇ"])
def test_a_class_made_up_in_a_review_can_be_told_from_the_others(name: str) -> None:
    with pytest.raises(ConfigError, match="can be told from 'ring'"):
        require_new_name(name, ("rod", "ring"))
    require_new_name("ring", ("rod", "ring"))
    require_new_name("rings", ("rod", "ring"))


@pytest.mark.parametrize("name", ["unsure", "Unsure", "abstain", "?", "x" * 65])
def test_an_answer_that_is_none_and_what_fits_on_no_button_are_no_classes(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(ConfigError, match="expected"):
        require_new_name(name, ("rod", "ring"))
    with pytest.raises(ConfigError, match="expected"):
        Campaign.create(tmp_path / "x", make_config(["rod", name]))
    assert not (tmp_path / "x").exists()
