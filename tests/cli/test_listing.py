"""``cryoal list``, as quick as it can be."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from cryoal.cli import main

if TYPE_CHECKING:
    import pytest

WITHOUT = """
import sys
from cryoal.cli import main
assert main(["list", "strategies"]) == 0
print("loaded:", *({"torch", "scipy", "sklearn", "monai"} & set(sys.modules)))
"""


def test_strategies_are_listed_without_loading_what_takes_seconds() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True
    )
    *lines, loaded = done.stdout.splitlines()
    assert loaded == "loaded:"
    assert any(line.startswith("knowledge-transfer ") for line in lines)


def test_settings_are_listed_with_default_choices_and_meaning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["list", "settings", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["model.stem"]["choices"] == ["pool", "cifar", "stride", "imagenet"]
    assert found["train.epochs"] == {
        "default": 40,  # the preset laptop's, which init takes
        "presets": {"paper-real": 5, "paper-simulated": 100},
        "choices": [],
        "meaning": "Times that every labelled box is seen.",
    }
    assert found["classes"]["default"] is None
    assert main(["list", "settings"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(found)
    assert any(line.split()[:2] == ["pool.box", "32"] for line in lines)


def test_a_list_that_is_none_is_said_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "setings"]) == 2
    assert capsys.readouterr().err == (
        "cryoal: no list called 'setings'; did you mean 'settings'?\n"
    )
