from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.errors import CryoALError
from cryoal.study.config import read_study
from cryoal.study.dataset import DATASETS, open_dataset
from tests.study.images import STUDY

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", sorted(set(DATASETS.builtins) - {"campaign", "images"}))
def test_every_published_set_says_where_to_get_it(kind: str, tmp_path: Path) -> None:
    with pytest.raises(CryoALError, match=r"found nothing; get it from ") as error:
        open_dataset(kind, tmp_path / "not-there", None, None)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"train.epochs=3"',
            '"train.epoch=3"',
            "unknown setting train.epoch; did you mean 'epochs'",
        ),
        ("seeds = [0, 1]", 'seeds = [0, 1]\npreset = "labtop"', "no preset called 'labtop'"),
        ("start = 12", "start = 1", "expected start >= 2, found 1"),
    ],
)
def test_a_wrong_setting_names_the_file_of_the_study(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    file = tmp_path / "study.toml"
    file.write_text(STUDY.replace(old, new))
    with pytest.raises(CryoALError, match=rf"study\.toml: {message}"):
        read_study(file)
