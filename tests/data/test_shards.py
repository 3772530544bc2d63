from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tensorstore as ts
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from cryoal.data import shards
from cryoal.data.shard_writer import ShardWriter
from cryoal.data.shards import BoxShards, boxes_per_shard
from cryoal.errors import DamagedBoxError, PoolError

if TYPE_CHECKING:
    from pathlib import Path

N, BOX, PER_SHARD = 23, 4, 5  # four whole shards and one of three boxes


def write(path: Path, boxes: np.ndarray, *, checked: bool = True) -> Path:
    writer = ShardWriter(path, len(boxes), boxes.shape[-1], boxes.dtype, checked=checked)
    for box in boxes:
        writer.append(box)
    writer.finish()
    return path


def random_boxes(dtype: str) -> np.ndarray:
    boxes = np.random.default_rng(0).integers(0, 100, (N, BOX, BOX, BOX)).astype(dtype)
    boxes[7] = 0  # a box of nothing but the fill value must be stored too
    return boxes


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "MAX_PER_SHARD", PER_SHARD)


@pytest.fixture(scope="module", params=[True, False], ids=["checked", "version 1"])
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[BoxShards, np.ndarray]:
    boxes = random_boxes("int16")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "MAX_PER_SHARD", PER_SHARD)
        folder = tmp_path_factory.mktemp("shards")
        path = write(folder / "boxes", boxes, checked=request.param)
    return BoxShards(path), boxes


def read(found: BoxShards, rows: list[int]) -> np.ndarray:
    out = np.empty((len(rows), BOX, BOX, BOX), found.dtype)
    found.read_into(out, np.arange(len(rows)), np.array(rows))
    return out


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "uint16", "float16", "float32", "float64"]
)
@pytest.mark.usefixtures("small_shards")
def test_every_dtype_of_a_tomogram_comes_back(tmp_path: Path, dtype: str) -> None:
    boxes = random_boxes(dtype)
    found = BoxShards(write(tmp_path / "boxes", boxes))
    assert found.dtype == boxes.dtype
    assert np.array_equal(read(found, list(range(N))), boxes)


@given(rows=st.lists(st.integers(0, N - 1), min_size=1, max_size=60))
def test_any_rows_in_any_order_with_repeats(
    written: tuple[BoxShards, np.ndarray], rows: list[int]
) -> None:
    found, boxes = written
    assert np.array_equal(read(found, rows), boxes[rows])


@given(data=st.data())
@settings(max_examples=50)
def test_slots_say_where_each_box_goes(
    written: tuple[BoxShards, np.ndarray], data: st.DataObject
) -> None:
    found, boxes = written
    slots = np.array(data.draw(st.lists(st.integers(0, 29), min_size=1, unique=True)))
    rows = np.array(
        data.draw(st.lists(st.integers(0, N - 1), min_size=len(slots), max_size=len(slots)))
    )
    out = np.full((30, BOX, BOX, BOX), -1, np.int16)
    found.read_into(out, slots, rows)
    expected = np.full_like(out, -1)
    expected[slots] = boxes[rows]
    assert np.array_equal(out, expected)


def test_more_shards_than_are_opened_at_once(
    written: tuple[BoxShards, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, boxes = written
    monkeypatch.setattr(shards, "OPEN_SHARDS", 2)
    rows = [22, 0, 9, 14, 15, 3]
    assert np.array_equal(read(found, rows), boxes[rows])


def test_reads_that_stop_short_go_on(
    written: tuple[BoxShards, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, boxes = written
    whole = os.preadv
    sizes = iter([1, 127, 3, 130, 200] * 100)  # bytes: within boxes, within checks, at their ends

    def short(file: int, views: list[memoryview], position: int) -> int:
        piece = os.pread(file, min(next(sizes), sum(map(len, views))), position)
        left = piece
        for view in views:
            view[: len(left)] = left[: len(view)]
            left = left[len(view) :]
        return len(piece)

    monkeypatch.setattr(os, "preadv", short)
    assert np.array_equal(read(found, list(range(N))), boxes)
    assert whole is not short


def test_more_boxes_at_once_than_one_call_takes(
    written: tuple[BoxShards, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, boxes = written
    monkeypatch.setattr(shards, "MAX_BUFFERS", 3)
    assert np.array_equal(read(found, list(range(N))), boxes)


@pytest.mark.parametrize("at", [0, 127, 128, 131])  # first and last byte of the box, of its check
@pytest.mark.parametrize("rows", [[11], [0, 10, 11, 12, 22], [22, 11, 0]])
@pytest.mark.usefixtures("small_shards")
def test_a_flipped_bit_is_noticed_wherever_it_is(tmp_path: Path, at: int, rows: list[int]) -> None:
    path = write(tmp_path / "boxes", random_boxes("int16"))
    shard = path / "c.2.0.0.0"
    content = bytearray(shard.read_bytes())
    content[132 + at] ^= 16  # box 11 is the second of its shard; 4^3 of 2 bytes and 4 of check
    shard.write_bytes(content)
    found = BoxShards(path)
    with pytest.raises(
        DamagedBoxError, match=r"expected box 11 as it was .*/c\.2\.0\.0\.0$"
    ) as caught:
        read(found, rows)
    assert (caught.value.row, caught.value.path) == (11, shard)
    assert read(found, [row for row in range(N) if row != 11]).shape == (N - 1, 4, 4, 4)


@pytest.mark.usefixtures("small_shards")
def test_zarr_python_and_tensorstore_read_the_same_boxes(tmp_path: Path) -> None:
    boxes = random_boxes("float16")
    path = write(tmp_path / "boxes", boxes)
    by_zarr = zarr.open_array(path, mode="r")
    assert by_zarr.shards == (PER_SHARD, BOX, BOX, BOX)
    assert by_zarr.chunks == (1, BOX, BOX, BOX)
    assert np.array_equal(by_zarr[:], boxes)
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{path}/"}}
    assert np.array_equal(ts.open(spec).result().read().result(), boxes)


def test_shards_have_sixteen_megabytes_and_never_more_than_1024_boxes() -> None:
    assert boxes_per_shard(32**3 * 2) == 256
    assert boxes_per_shard(16**3 * 1) == 1024
    assert boxes_per_shard(256**3 * 4) == 1


@pytest.mark.usefixtures("small_shards")
def test_missing_shard_is_noticed_on_opening(tmp_path: Path) -> None:
    path = write(tmp_path / "boxes", random_boxes("int8"))
    (path / "c.3.0.0.0").unlink()
    with pytest.raises(PoolError, match=r"expected shard c\.3\.0\.0\.0, found none"):
        BoxShards(path)


@pytest.mark.parametrize("length", [0, 100, 349, 423, 425])
@pytest.mark.usefixtures("small_shards")
def test_shard_of_the_wrong_length_is_refused_when_read(tmp_path: Path, length: int) -> None:
    path = write(tmp_path / "boxes", random_boxes("int8"))
    shard = path / "c.1.0.0.0"
    content = shard.read_bytes()
    assert len(content) == 5 * (64 + 4) + 5 * 16 + 4
    shard.write_bytes((content + b"x")[:length])
    found = BoxShards(path)
    assert read(found, [0, 22]).shape == (2, 4, 4, 4)  # other shards are well
    with pytest.raises(PoolError, match=r"expected 5 boxes of 64 bytes .*/c\.1\.0\.0\.0$"):
        read(found, [6])


@pytest.mark.parametrize(
    "change",
    [
        {"codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]},
        {"shape": [23, 4, 4]},
        {"codecs": None},
    ],
)
@pytest.mark.usefixtures("small_shards")
def test_other_layout_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = write(tmp_path / "boxes", random_boxes("int8"))
    metadata = json.loads((path / "zarr.json").read_text())
    (path / "zarr.json").write_text(json.dumps(metadata | change))
    with pytest.raises(PoolError, match=r"expected .* boxes"):
        BoxShards(path)


def test_shards_with_boxes_in_another_order_are_refused(tmp_path: Path) -> None:
    # zarr-python compresses here, as a tool that rewrote the pool might
    zarr.create_array(
        tmp_path / "boxes",
        shape=(8, 4, 4, 4),
        shards=(8, 4, 4, 4),
        chunks=(1, 4, 4, 4),
        dtype="int8",
    )[:] = 1
    with pytest.raises(PoolError, match="expected shards of single uncompressed boxes"):
        BoxShards(tmp_path / "boxes")


def test_writing_where_a_file_is_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "boxes").write_text("")
    with pytest.raises(PoolError, match=r"expected to write .*boxes, found [^\n]*$"):
        ShardWriter(tmp_path / "boxes", 1, 4, np.dtype("int8"))
