from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from cryoal.companions.build import build_team
from cryoal.config import Config, make_config
from cryoal.errors import FileFormatError
from cryoal.training.checkpoint import (
    Card,
    load_network,
    load_team,
    read_card,
    save_team,
    start_team,
)
from tests.teams import student_of

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.companions.team import Team


def tiny(*settings: str, classes: tuple[str, ...] = ("wall", "lumen")) -> Config:
    return make_config(
        classes, settings=["model.width=2", "model.stem=stride", "pool.box=8", *settings]
    )


def trained(config: Config, seed: int = 0) -> Team:
    """A team whose running statistics are not those of a new one."""
    team = build_team(config, seed=seed)
    for network in (team.teacher, student_of(team)):
        network(torch.randn(4, 1, 8, 8, 8, generator=torch.Generator().manual_seed(seed)))
        network.eval()
    return team


def assert_same(left: Team, right: Team) -> None:
    for one, other in ((left.teacher, right.teacher), (student_of(left), student_of(right))):
        expected = other.state_dict()
        for name, tensor in one.state_dict().items():
            assert torch.equal(tensor, expected[name]), name


def test_a_pair_comes_back_to_the_bit(tmp_path: Path) -> None:
    config = tiny()
    team = trained(config)
    save_team(tmp_path, team, config)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["student.safetensors", "teacher.safetensors"]
    assert_same(load_team(tmp_path, config), team)


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    config = tiny(classes=("wall", "lumière"))
    save_team(tmp_path, trained(config), config)
    assert read_card(tmp_path / "student.safetensors") == Card(
        role="student",
        backbone="resnet10",
        width=2,
        stem="stride",
        channels=1,
        classes=("wall", "lumière"),
        box=8,
    )
    with safe_open(tmp_path / "teacher.safetensors", framework="np") as file:  # no torch needed
        assert file.metadata()["format"] == "cryoal network 1"
        assert file.get_tensor("net.fc.weight").shape == (2, 16)


def test_one_network_is_built_from_its_file_alone(tmp_path: Path) -> None:
    config = tiny()
    team = trained(config)
    save_team(tmp_path, team, config)
    teacher = load_network(tmp_path / "teacher.safetensors").eval()
    boxes = torch.randn(2, 1, 8, 8, 8)
    with torch.inference_mode():
        torch.testing.assert_close(teacher(boxes).logits, team.teacher(boxes).logits)


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
    save_team(tmp_path, trained(tiny()), tiny())
    with pytest.raises(FileFormatError, match=message):
        load_team(tmp_path, other)


def test_swapped_files_are_noticed(tmp_path: Path) -> None:
    save_team(tmp_path, trained(tiny()), tiny())
    (tmp_path / "teacher.safetensors").rename(tmp_path / "student.safetensors")
    save_team(tmp_path / "again", trained(tiny()), tiny())
    (tmp_path / "again" / "teacher.safetensors").rename(tmp_path / "teacher.safetensors")
    with pytest.raises(FileFormatError, match=r"expected role student in .*, found teacher"):
        load_team(tmp_path, tiny())


def test_a_missing_a_foreign_and_a_truncated_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "teacher.safetensors"
    with pytest.raises(FileFormatError, match=r"found nothing at .*teacher"):
        load_network(path)
    path.write_bytes(b"PK\x03\x04 a pickled checkpoint of torch.save")
    with pytest.raises(FileFormatError, match=r"expected a safetensors file in .*teacher"):
        load_network(path)
    save_file({"x": torch.zeros(2)}, path)
    with pytest.raises(FileFormatError, match=r"format 'cryoal network 1' in .*, found None"):
        load_network(path)
    save_team(tmp_path, trained(tiny()), tiny())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FileFormatError, match=r"expected a safetensors file in .*teacher"):
        load_network(path)


def test_weights_that_are_not_those_of_the_network_are_named(tmp_path: Path) -> None:
    save_team(tmp_path, trained(tiny()), tiny())
    path = tmp_path / "teacher.safetensors"
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
    del metadata["check"]  # as files of before have none
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


def test_a_flipped_bit_is_noticed_wherever_it_is(tmp_path: Path) -> None:
    save_team(tmp_path, trained(tiny()), tiny())
    path = tmp_path / "teacher.safetensors"
    content = path.read_bytes()
    header = int.from_bytes(content[:8], "little")
    before = load_network(path).state_dict()
    places = [*range(0, 8 + header, 97), *range(8 + header, len(content), len(content) // 60)]
    assert len(places) > 100
    for number, place in enumerate(places):
        flipped = bytearray(content)
        flipped[place] ^= 1 << number % 8
        path.write_bytes(flipped)
        try:
            found = load_network(path).state_dict()
        except FileFormatError:
            continue
        # the name of the check, or a space: nothing that is believed
        assert all(torch.equal(found[name], tensor) for name, tensor in before.items())


def test_a_file_without_a_check_is_read(tmp_path: Path) -> None:
    save_team(tmp_path, trained(tiny()), tiny())
    path = tmp_path / "teacher.safetensors"
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
    assert len(metadata.pop("check")) == 8
    tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}  # not the file's
    save_file(tensors, path, metadata=metadata)
    found = load_network(path).state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())


def test_metadata_that_lacks_something_is_named(tmp_path: Path) -> None:
    path = tmp_path / "teacher.safetensors"
    metadata = {"format": "cryoal network 1", "facts": '{"role": "teacher"}'}
    save_file({"x": torch.zeros(2)}, path, metadata=metadata)
    with pytest.raises(FileFormatError, match=r"expected role, backbone, .*, found \['role'\]"):
        read_card(path)


def test_a_cycle_starts_from_scratch_or_from_the_cycle_before(tmp_path: Path) -> None:
    scratch, warm = tiny(), tiny("train.restart=warm")
    before = trained(scratch, seed=7)
    save_team(tmp_path, before, scratch)
    new = build_team(scratch, seed=3)
    assert_same(start_team(scratch, seed=3, previous=tmp_path), new)
    assert_same(start_team(warm, seed=3, previous=None), new)
    assert_same(start_team(warm, seed=3, previous=tmp_path), before)
