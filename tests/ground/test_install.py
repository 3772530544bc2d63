"""An installed clone is found from wherever a script lies."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]


def test_a_script_beside_the_clone_imports_the_package_and_not_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`git clone .../cryoal` makes a folder of the package's name, which is no package itself.

    An import hook of an editable installation comes after the path and is never asked; a path that
    it adds wins, because a package comes before a folder that might be one.
    """
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert not build.get("dev-mode-exact")
    added = [str((ROOT / name).resolve()) for name in build["dev-mode-dirs"]]
    (tmp_path / "cryoal" / "docs").mkdir(parents=True)
    script = tmp_path / "script.py"
    # at the end, as a .pth file does
    script.write_text(
        f"import sys; sys.path += {added}\nimport cryoal.errors; print(cryoal.errors)"
    )
    monkeypatch.delenv("PYTHONPATH", raising=False)
    told = subprocess.run(
        [sys.executable, "-S", str(script)], capture_output=True, text=True, env=os.environ
    )
    assert str(ROOT / "cryoal" / "errors.py") in told.stdout, told.stderr
