"""``docs/settings.md`` can be read as it is, and is true."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_settings_holds_every_setting_as_it_is_now() -> None:
    made: str = runpy.run_path(str(DOCS / "_ext" / "tables.py"))["page"]()
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == made, (
        "run: python docs/_ext/tables.py"
    )
    assert "| `pool.box` | `32` |" in made
