"""Names under a folder, and those that lead out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.browser.under import OutsideError, Under

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def under(tmp_path: Path) -> Under:
    folder = tmp_path / "folder"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.mrc").write_text("a")
    (tmp_path / "secret.mrc").write_text("secret")
    (tmp_path / "folder-2").mkdir()
    (folder / "out.mrc").symlink_to(tmp_path / "secret.mrc")
    (folder / "outside").symlink_to(tmp_path)
    (folder / "beside").symlink_to(tmp_path / "folder-2")
    (folder / "inside.mrc").symlink_to(folder / "data" / "a.mrc")
    (folder / "circle").symlink_to(folder / "circle")
    return Under(folder)


@pytest.mark.parametrize(
    "name",
    [
        *("..", "../secret.mrc", "data/../../secret.mrc", "data/..", "/etc/passwd", "//etc/passwd"),
        *("out.mrc", "outside/secret.mrc", "outside/new.star", "beside", "beside/x", "circle"),
        *("a\0b", "data\\..\\a", "x" * 5000, f"data/{'x' * 300}", "data/a.mrc/x"),
    ],
)
def test_a_path_that_leaves_the_folder_is_refused_in_a_line(under: Under, name: str) -> None:
    for ask in (under.there, under.new):
        with pytest.raises(OutsideError) as said:
            ask(name)
        assert str(said.value).startswith("expected a path in ")
        assert "\n" not in str(said.value)


def test_what_is_in_the_folder_is_found_through_links_that_stay_in_it(under: Under) -> None:
    file = under.folder / "data" / "a.mrc"
    assert under.there("data/a.mrc") == under.there("./data//a.mrc") == file
    assert under.there("inside.mrc") == file
    assert under.name(file) == "data/a.mrc"
    assert under.new("data/b.star") == under.folder / "data" / "b.star"
    with pytest.raises(OutsideError, match=r"found nothing called 'data/b\.mrc'"):
        under.there("data/b.mrc")
    with pytest.raises(OutsideError, match=r"expected a folder for 'nowhere/b\.star'"):
        under.new("nowhere/b.star")
    with pytest.raises(OutsideError, match="expected a name in"):
        under.new(".")


def test_a_list_passes_over_links_that_lead_out(under: Under) -> None:
    (under.folder / ".hidden").write_text("")
    assert [entry.name for entry in under.entries(under.folder)] == ["data", "inside.mrc"]


def test_a_folder_that_became_a_link_since_it_was_looked_at_is_refused(
    under: Under, tmp_path: Path
) -> None:
    found = under.there("data/a.mrc")
    found.parent.rename(under.folder / "moved")
    (under.folder / "data").symlink_to(tmp_path)
    with pytest.raises(OutsideError, match="found a link on the way"):
        under.still(found)
