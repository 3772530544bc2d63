"""``-o`` and ``--html`` onto something that is there already, as a user types them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cryoal.cli import main
from tests.campaign.report.samples import write_cycle

if TYPE_CHECKING:
    from cryoal.campaign import Campaign


@pytest.fixture
def here(campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A campaign with a query, beside the current folder."""
    write_cycle(campaign, 0, [(key, "ring") for key in campaign.pool.keys[:8]])
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return "../campaign"


@pytest.mark.parametrize(
    "words",
    [
        ("export", "--to", "csv", "-o"),
        ("export", "--to", "relion5", "-o"),
        ("classify", "-o"),
        ("report", "-o"),
        ("review", "--html"),
    ],
)
def test_every_command_keeps_what_is_there(
    here: str, campaign: Campaign, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    mine = Path("mine.csv")
    mine.write_text("mine")
    record = campaign.pool.tomograms[0]
    inside = [
        Path(here, name)
        for name in ("campaign.toml", "labels/ben.jsonl", "cycle_000/query.csv", "predictions.csv")
    ]
    command, *option = words
    for path, force in [
        *((p, f) for p in (*inside, record.path) for f in ([], ["--force"])),
        (mine, []),
        (Path(), []),
    ]:
        before = path.read_bytes() if path.is_file() else None
        capsys.readouterr()
        assert main([command, here, *option, str(path), *force]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("cryoal: expected")
        assert (path.read_bytes() if path.is_file() else None) == before


@pytest.mark.parametrize("words", [("report",), ("review", "--html", "report.html")])
def test_a_command_can_be_given_again(here: str, words: tuple[str, ...]) -> None:
    command, *options = words
    page = Path("report.html")
    for _ in range(2):
        assert main([command, here, *options]) == 0
    page.write_text(page.read_text() + "<!-- noted by hand -->")
    assert main([command, here, *options]) == 2
    assert main([command, here, *options, "--force"]) == 0
    assert "noted by hand" not in page.read_text()


@pytest.mark.parametrize("words", [("simulate",), ("demo",), ("init", "--classes", "a,b")])
def test_no_folder_is_made_in_a_campaign(
    here: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    command, *options = words
    assert main([command, f"{here}/new", *options]) == 2
    assert "outside of campaigns" in capsys.readouterr().err
    assert not Path(here, "new").exists()
