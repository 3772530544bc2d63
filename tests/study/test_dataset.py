from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.errors import CryoALError
from cryoal.study.dataset import DATASETS, open_dataset

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", sorted(set(DATASETS.builtins) - {"campaign", "images"}))
def test_every_published_set_says_where_to_get_it(kind: str, tmp_path: Path) -> None:
    with pytest.raises(CryoALError, match=r"found nothing; get it from ") as error:
        open_dataset(kind, tmp_path / "not-there", None, None)
    assert "\n" not in str(error.value)
