from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from cryoal.config import Config, make_config
from cryoal.errors import FileFormatError
from cryoal.models.pairs import Pair, build_pair
from cryoal.training.checkpoint import (
    Card,
    load_network,
    load_pair,
    read_card,
    save_pair,
    start_pair,
)

if TYPE_CHECKING:
    from pathlib import Path


def tiny(*settings: str, classes: tuple[str, ...] = ("wall", "lumen")) -> Config:
    return make_config(
        classes, settings=["model.width=2", "model.stem=stride", "pool.box=8", *settings]
    )


def trained(config: Config, seed: int = 0) -> Pair:
    """A pair whose running statistics are not those of a new one."""
    pair = build_pair(config.model, len(config.classes), seed)
    for network in (pair.teacher, pair.student):
        network(torch.randn(4, 1, 8, 8, 8, generator=torch.Generator().manual_seed(seed)))
        network.eval()
    return pair


def assert_same(left: Pair, right: Pair) -> None:
    for one, other in ((left.teacher, right.teacher), (left.student, right.student)):
        expected = other.state_dict()
        for name, tensor in one.state_dict().items():
            assert torch.equal(tensor, expected[name]), name


def test_a_pair_comes_back_to_the_bit(tmp_path: Path) -> None:
    config = tiny()
    pair = trained(config)
    save_pair(tmp_path, pair, config)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["student.safetensors", "teacher.safetensors"]
    assert_same(load_pair(tmp_path, config), pair)


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    config = tiny(classes=("wall", "lumière"))
    save_pair(tmp_path, trained(config), config)
    assert read_card(tmp_path / "student.safetensors") == Card(
        role="student",
        backbone="resnet10",
        width=2,
        stem="stride",
        classes=("wall", "lumière"),
        box=8,
    )
    with safe_open(tmp_path / "teacher.safetensors", framework="np") as file:  # no torch needed
        assert file.metadata()["format"] == "cryoal network 1"
        assert file.get_tensor("net.fc.weight").shape == (2, 16)


def test_one_network_is_built_from_its_file_alone(tmp_path: Path) -> None:
    config = tiny()
    pair = trained(config)
    save_pair(tmp_path, pair, config)
    teacher = load_network(tmp_path / "teacher.safetensors").eval()
    boxes = torch.randn(2, 1, 8, 8, 8)
    with torch.inference_mode():
        torch.testing.assert_close(teacher(boxes).logits, pair.teacher(boxes).logits)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (tiny("model.width=4"), "expected width 4 in .*teacher.safetensors, found 2"),
        (tiny("model.stem=pool"), "expected stem pool in .*, found stride"),
        (tiny("pool.box=10"), "expected box 10 in .*, found 8"),
        (tiny("model.teacher=resnet10"), "expected backbone resnet10 in .*, found resnet18"),
        (tiny(classes=("lumen", "wall")), "expected classes lumen,wall in .*, found wall,lumen"),
    ],
)
def test_a_pair_of_another_campaign_is_refused(tmp_path: Path, other: Config, message: str) -> None:
    save_pair(tmp_path, trained(tiny()), tiny())
    with pytest.raises(FileFormatError, match=message):
        load_pair(tmp_path, other)


def test_swapped_files_are_noticed(tmp_path: Path) -> None:
    save_pair(tmp_path, trained(tiny()), tiny())
    (tmp_path / "teacher.safetensors").rename(tmp_path / "student.safetensors")
    save_pair(tmp_path / "again", trained(tiny()), tiny())
    (tmp_path / "again" / "teacher.safetensors").rename(tmp_path / "teacher.safetensors")
    with pytest.raises(FileFormatError, match=r"expected role student in .*, found teacher"):
        load_pair(tmp_path, tiny())


def test_a_missing_a_foreign_and_a_truncated_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "teacher.safetensors"
    with pytest.raises(FileFormatError, match=r"found nothing at .*teacher"):
        load_network(path)
    path.write_bytes(b"PK\x03\x04 a pickled checkpoint of torch.save")
    with pytest.raises(FileFormatError, match=r"expected a safetensors file at .*teacher"):
        load_network(path)
    save_file({"x": torch.zeros(2)}, path)
    with pytest.raises(FileFormatError, match=r"format 'cryoal network 1' in .*, found None"):
        load_network(path)
    save_pair(tmp_path, trained(tiny()), tiny())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FileFormatError, match=r"expected a safetensors file at .*teacher"):
        load_network(path)


def test_weights_that_are_not_those_of_the_network_are_named(tmp_path: Path) -> None:
    save_pair(tmp_path, trained(tiny()), tiny())
    path = tmp_path / "teacher.safetensors"
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    tensors["net.fc.weight"] = torch.zeros(3, 16)
    save_file(tensors, path, metadata=metadata)
    with pytest.raises(
        FileFormatError, match=r"net.fc.weight \(2, 16\) torch.float32 in .*, found \(3, 16\)"
    ):
        load_network(path)
    del tensors["net.fc.weight"]
    save_file(tensors, path, metadata=metadata)
    with pytest.raises(FileFormatError, match=r"expected net.fc.weight .*, found nothing"):
        load_network(path)


def test_metadata_that_lacks_something_is_named(tmp_path: Path) -> None:
    path = tmp_path / "teacher.safetensors"
    metadata = {"format": "cryoal network 1", "facts": '{"role": "teacher"}'}
    save_file({"x": torch.zeros(2)}, path, metadata=metadata)
    with pytest.raises(FileFormatError, match=r"expected role, backbone, .*, found \['role'\]"):
        read_card(path)


def test_a_cycle_starts_from_scratch_or_from_the_cycle_before(tmp_path: Path) -> None:
    scratch, warm = tiny(), tiny("train.restart=warm")
    before = trained(scratch, seed=7)
    save_pair(tmp_path, before, scratch)
    new = build_pair(scratch.model, 2, 3)
    assert_same(start_pair(scratch, seed=3, previous=tmp_path), new)
    assert_same(start_pair(warm, seed=3, previous=None), new)
    assert_same(start_pair(warm, seed=3, previous=tmp_path), before)
