"""A campaign in a notebook."""

from __future__ import annotations

import io
import shutil
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from cryoal.campaign import Campaign
from cryoal.campaign.predictions import classify, read_predictions
from cryoal.config import make_config
from cryoal.errors import CampaignError, OutputError, UnknownKeyError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def classified(
    original: Path, truth: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Campaign:
    """24 labels, heads, classified; not to be written to."""
    path = tmp_path_factory.mktemp("notebook") / "ribo"
    shutil.copytree(original, path)
    file = path / "campaign.toml"
    text = file.read_text().replace('use = "pair"', 'use = "auto"')
    file.write_text(text.replace('method = "vicreg"', 'method = "none"'))
    campaign = Campaign.open(path)
    keys = campaign.pool.keys.tolist()[:24]
    campaign.record("ana", [(key, truth[key]) for key in keys])
    classify(campaign)
    return campaign


def test_a_campaign_is_opened_from_a_string(original: Path) -> None:
    assert Campaign.open(str(original)).path == original.resolve()


def test_a_campaign_is_made_from_a_string(tmp_path: Path) -> None:
    made = Campaign.create(str(tmp_path / "new"), make_config(["a", "b"]))
    assert repr(made) == f"<Campaign '{tmp_path / 'new'}': a, b; no boxes yet; 0 labels; 0 cycles>"


def test_it_says_what_is_in_it(classified: Campaign) -> None:
    said = repr(classified)
    assert f"{len(classified.pool)} boxes of 8^3 from 2 tomograms; 24 labels; 0 cycles" in said
    assert "\n" not in said


def test_one_that_is_damaged_says_so_and_does_not_raise(original: Path, tmp_path: Path) -> None:
    shutil.copytree(original, tmp_path / "copy")
    (tmp_path / "copy" / "pool.zarr" / "part_0000" / "zarr.json").write_text("{")
    assert "damaged: expected" in repr(Campaign.open(tmp_path / "copy"))


def test_the_table_has_a_row_for_each_box_in_pool_order(
    classified: Campaign, truth: dict[str, str]
) -> None:
    table = classified.table()
    pool, told = classified.pool, read_predictions(classified)
    assert {len(column) for column in table.values()} == {len(pool)}
    assert table["key"].tolist() == pool.keys.tolist()
    np.testing.assert_array_equal(table["z_angstrom"], pool.position_zyx_angstrom[:, 0])
    assert [truth[key] for key in table["key"][:24]] == table["label"][:24].tolist()
    assert set(table["label"][24:]) == {""}
    assert table["class"].tolist() == [name or "" for name in told.label]
    names = [f"p_{name}" for name in classified.config.classes]
    np.testing.assert_allclose(sum(table[name] for name in names), 1.0, atol=1e-5)


def test_before_a_classification_there_is_what_the_pool_knows(original: Path) -> None:
    assert list(Campaign.open(original).table())[-2:] == ["score", "label"]


def test_the_frame_is_the_table_by_key(classified: Campaign) -> None:
    frame = classified.frame()
    assert frame.index.name == "key"
    assert frame["class"].tolist() == classified.table()["class"].tolist()
    assert frame.loc[frame.index[0], "tomogram"] == "TS_01"


def test_without_pandas_the_line_says_what_gives_columns(
    classified: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(CampaignError, match=r"pip install pandas, or take table\(\)"):
        classified.frame()
    assert len(classified.table()["key"])


def test_a_picture_of_a_class_and_of_keys_can_be_seen_and_saved(
    classified: Campaign, tmp_path: Path
) -> None:
    name = classified.config.classes[0]
    seen = classified.picture(name, 6)
    assert name in repr(seen)
    image = Image.open(io.BytesIO(seen._repr_png_()))
    assert min(image.size) > 50
    keys = classified.pool.keys.tolist()[:3]
    classified.picture(keys).save(str(tmp_path / "three.svg"))
    text = (tmp_path / "three.svg").read_text()
    assert all(key in text for key in keys)
    with pytest.raises(OutputError, match="expected a new file"):
        classified.picture(keys).save(tmp_path / "three.svg")


def test_a_picture_of_nothing_is_refused(classified: Campaign) -> None:
    with pytest.raises(UnknownNameError, match="no class called 'rung'; did you mean 'ring'"):
        classified.picture("rung")
    with pytest.raises(UnknownKeyError, match="first 'TS_01/99999'"):
        classified.picture(["TS_01/99999"])
    with pytest.raises(CampaignError, match="expected keys"):
        classified.picture([])
