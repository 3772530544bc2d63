from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.cli import main

if TYPE_CHECKING:
    import pytest

    from cryoal.campaign import Campaign


def failed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words]) == 2
    return capsys.readouterr().err.strip()


def test_a_tomogram_that_is_not_there_is_named_with_the_nearest(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    message = failed(capsys, "view", str(campaign.path), "--tomogram", "TS_1")
    assert message == "cryoal: no tomogram called 'TS_1'; did you mean 'TS_01'?"


def test_without_a_screen_it_names_the_browser(
    campaign: Campaign, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("cryoal.review.screen.sys.platform", "linux")
    message = failed(capsys, "view", str(campaign.path))
    assert message == (
        "cryoal: expected a screen that napari can draw on, found none (DISPLAY is not set): "
        f"look at it in a browser: cryoal serve {campaign.path}"
    )
