"""What a facility installs from is one list each, and is what the tests run with."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def listed() -> list[str]:
    lines = (ROOT / "debian-packages.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_make_and_the_container_read_one_list_of_packages() -> None:
    told = subprocess.run(
        ["make", "-pn", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    (found,) = re.findall(r"^SCREEN := (.*)$", told, re.MULTILINE)
    assert found.split() == listed()
    assert "chromium" in listed()
    assert "debian-packages.txt" in (ROOT / "apptainer.def").read_text()


def test_conda_and_the_container_take_the_tested_versions_and_extras_that_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name in ("environment.yml", "apptainer.def"):
        text = (ROOT / name).read_text()
        assert "-c constraints.txt" in text
        (extras,) = re.findall(r"\.\[([a-z,]+)\]", text)
        assert set(extras.split(",")) <= set(project["optional-dependencies"])
        (python,) = re.findall(r"python[=:](3\.\d+)", text)
        assert f"Programming Language :: Python :: {python}" in project["classifiers"]
