from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from cryoal.data.datasets.cifar import cifar10, read_cifar10, read_cifar100
from cryoal.data.datasets.plain_pickle import read_plain_pickle
from cryoal.errors import ConfigError, FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

NAMES = [f"class{i}" for i in range(10)]


def some(n: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images ``(n, 32, 32, 3)`` and labels."""
    rng = np.random.default_rng(seed)
    images = rng.integers(256, size=(n, 32, 32, 3), dtype=np.uint8)
    return images, rng.integers(10, size=n, dtype=np.uint8)


def rows(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """All red, then all green, then all blue pixels, as both versions have them."""
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


def write_binary(folder: Path) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    inside = folder / "cifar-10-batches-bin"
    inside.mkdir()
    (inside / "batches.meta.txt").write_text("\n".join(NAMES) + "\n\n")
    parts = [some(2, seed) for seed in range(6)]
    for name, (images, labels) in zip([*map(str, range(1, 6)), "test"], parts, strict=True):
        file = "test_batch.bin" if name == "test" else f"data_batch_{name}.bin"
        records = np.concatenate([labels[:, None], rows(images)], axis=1)
        (inside / file).write_bytes(records.tobytes())
    return parts


def dump(path: Path, value: Any) -> None:
    path.write_bytes(pickle.dumps(value, protocol=2))


def test_cifar10_binary_is_red_green_blue_after_one_byte_of_label(tmp_path: Path) -> None:
    parts = write_binary(tmp_path)
    data = read_cifar10(tmp_path, 10, 2)
    np.testing.assert_array_equal(data.source.images[2:4], parts[1][0])  # type: ignore[attr-defined]
    np.testing.assert_array_equal(data.targets, np.concatenate([p[1] for p in parts]))
    assert data.classes == tuple(NAMES)
    assert data.train.tolist() == list(range(10))
    assert data.test.tolist() == [10, 11]
    assert data.shape == (3, 32, 32)
    first = data.source.read_normalised(np.array([0]))[0]
    by_hand = (parts[0][0][0, 5, 7, 2] / 255 - 0.4465) / 0.2010
    assert first[2, 5, 7] == pytest.approx(by_hand, abs=1e-6)


def test_cifar10_python_gives_what_the_binary_version_gives(tmp_path: Path) -> None:
    parts = write_binary(tmp_path)
    inside = tmp_path / "py" / "cifar-10-batches-py"
    inside.mkdir(parents=True)
    dump(inside / "batches.meta", {b"num_vis": 3072, b"label_names": [n.encode() for n in NAMES]})
    for i, (images, labels) in enumerate(parts, start=1):
        file = inside / (f"data_batch_{i}" if i < 6 else "test_batch")
        batch = {b"batch_label": b"x", b"labels": labels.tolist(), b"data": rows(images)}
        dump(file, batch | {b"filenames": [b"a.png", b"b.png"]})
    python, binary = read_cifar10(tmp_path / "py", 10, 2), read_cifar10(tmp_path, 10, 2)
    np.testing.assert_array_equal(python.source.images, binary.source.images)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(python.targets, binary.targets)
    assert python.classes == binary.classes


def test_cifar100_is_read_by_its_fine_classes(tmp_path: Path) -> None:
    inside = tmp_path / "cifar-100-binary"
    inside.mkdir()
    names = "\n".join(f"fine{i}" for i in range(100))
    (inside / "fine_label_names.txt").write_text(names)
    images, _ = some(3, 0)
    coarse_and_fine = np.array([[1, 70], [2, 99], [3, 0]], np.uint8)
    for part in ("train", "test"):
        records = np.concatenate([coarse_and_fine, rows(images)], axis=1)
        (inside / f"{part}.bin").write_bytes(records.tobytes())
    python = tmp_path / "cifar-100-python"
    python.mkdir()
    data = read_cifar100(inside, 3, 3)
    assert data.targets.tolist() == [70, 99, 0] * 2
    assert data.classes[70] == "fine70"
    dump(python / "meta", {b"fine_label_names": [n.encode() for n in names.split()]})
    for part in ("train", "test"):
        dump(
            python / part,
            {b"fine_labels": [70, 99, 0], b"coarse_labels": [1, 2, 3]} | {b"data": rows(images)},
        )
    np.testing.assert_array_equal(read_cifar100(python, 3, 3).targets, data.targets)


def test_mosaics_are_read_tile_by_tile_along_rows(tmp_path: Path) -> None:
    tiles = np.arange(2500) % 200
    grey = np.kron(tiles.reshape(50, 50), np.ones((32, 32))).astype(np.uint8)
    for part in ("train", "test"):
        Image.fromarray(np.repeat(grey[..., None], 3, axis=2)).save(
            tmp_path / f"{part}_00.jpg", quality=95
        )
    labels = (np.arange(2500) % 10).astype(np.uint8)
    np.savez(
        tmp_path / "labels.npz", classes=np.array(NAMES), train_label=labels, test_label=labels
    )
    data = read_cifar10(tmp_path, 2500, 2500)
    means = data.source.images[:2500].mean(axis=(1, 2, 3))  # type: ignore[attr-defined]
    assert np.abs(means - tiles).max() < 2
    assert data.targets[61] == 1


class Runs:
    """What a hostile pickle looks like: reading it calls a function."""

    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os.system, ("touch /tmp/cryoal-was-run",)


def test_a_pickle_that_names_a_function_is_refused_and_not_run(tmp_path: Path) -> None:
    dump(tmp_path / "bad", {b"data": Runs()})
    with pytest.raises(FileFormatError, match=r"posix.system, which is not read"):
        read_plain_pickle(tmp_path / "bad")


@pytest.mark.parametrize("array", [np.zeros(2), np.array([object()])])
def test_a_pickle_holds_arrays_of_bytes_alone(tmp_path: Path, array: NDArray[Any]) -> None:
    dump(tmp_path / "bad", {b"data": array})
    with pytest.raises(FileFormatError, match=r"expected a pickle of plain values in .*bad, found"):
        read_plain_pickle(tmp_path / "bad")


def test_a_damaged_pickle_is_one_line(tmp_path: Path) -> None:
    whole = pickle.dumps({b"labels": list(range(100))}, protocol=2)
    (tmp_path / "cut").write_bytes(whole[:50])
    with pytest.raises(FileFormatError, match=r"cut, found"):
        read_plain_pickle(tmp_path / "cut")


def test_a_missing_folder_says_where_to_get_the_data(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"found nothing; get it from https://www.cs.toronto"):
        cifar10(tmp_path / "not-there", None, None)


def test_a_missing_batch_is_named(tmp_path: Path) -> None:
    write_binary(tmp_path)
    (tmp_path / "cifar-10-batches-bin" / "data_batch_3.bin").unlink()
    with pytest.raises(FileFormatError, match=r"expected a batch of images at .*data_batch_3.bin"):
        read_cifar10(tmp_path, 10, 2)


def test_a_cut_batch_is_named_with_its_size(tmp_path: Path) -> None:
    write_binary(tmp_path)
    file = tmp_path / "cifar-10-batches-bin" / "test_batch.bin"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(FileFormatError, match=r"records of 3073 bytes in .*test_batch.bin, found"):
        read_cifar10(tmp_path, 10, 2)


def test_a_set_with_images_missing_is_refused(tmp_path: Path) -> None:
    write_binary(tmp_path)
    with pytest.raises(FileFormatError, match=r"expected 50,000 training images in .*, found 10:"):
        cifar10(tmp_path, None, None)


def test_a_label_that_is_no_class_is_refused(tmp_path: Path) -> None:
    write_binary(tmp_path)
    file = tmp_path / "cifar-10-batches-bin" / "test_batch.bin"
    file.write_bytes(b"\x0b" + file.read_bytes()[1:])
    with pytest.raises(FileFormatError, match=r"expected labels 0 to 9 in .*, found 11"):
        read_cifar10(tmp_path, 10, 2)


def test_a_truth_beside_files_that_tell_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected no data.truth for cifar10, whose own files"):
        cifar10(tmp_path, tmp_path / "truth.csv", None)
