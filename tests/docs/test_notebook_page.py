"""The blocks of the page on notebooks run, but for the encoder, which learns one step."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from tests.docs.prepared import phantoms

if TYPE_CHECKING:
    import pytest

PAGE = Path(__file__).parents[2] / "docs" / "notebook.md"


def test_the_page_on_notebooks_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phantoms(tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) >= 6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # a reader of notebooks may leave files
        for block in blocks:
            exec(block.replace('"pool.box=16"', '"pool.box=16", "pretrain.steps=1"'), names)
    assert set(names["table"]) >= {"key", "label", "class", "p_ring", "novelty"}  # type: ignore[call-overload]
    assert len(names["unsure"]) == 8  # type: ignore[arg-type]
    assert (tmp_path / "rings.svg").stat().st_size > 1000
    assert (tmp_path / "rings.star").exists()
