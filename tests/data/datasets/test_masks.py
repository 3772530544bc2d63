from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from cryoal.data.datasets.camvid import read_camvid
from cryoal.data.datasets.cityscapes import _TRAIN_ID, CLASSES, read_cityscapes
from cryoal.data.datasets.masks import Frames, square
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path


def write_frame(root: Path, part: str, frame: str, ids: np.ndarray) -> None:  # type: ignore[type-arg]
    city = frame.split("_")[0]
    for kind in ("leftImg8bit", "gtFine"):
        (root / kind / part / city).mkdir(parents=True, exist_ok=True)
    image = np.zeros((*ids.shape, 3), np.uint8)
    image[..., 0] = np.arange(ids.shape[1])
    image[..., 1:] = np.arange(ids.shape[0])[:, None, None]
    Image.fromarray(image).save(root / "leftImg8bit" / part / city / f"{frame}_leftImg8bit.png")
    mask = root / "gtFine" / part / city / f"{frame}_gtFine_labelIds.png"
    Image.fromarray(ids).save(mask)


def cityscapes(root: Path) -> Path:
    ids = np.full((10, 20), 7, np.uint8)
    ids[:, 10:] = 26
    ids[0, :] = 4  # static, which does not count
    write_frame(root, "train", "aachen_000000_000019", ids)
    write_frame(root, "val", "lindau_000000_000019", np.full((10, 20), 33, np.uint8))
    return root


def test_cityscapes_gives_the_middle_and_its_train_ids(tmp_path: Path) -> None:
    data = read_cityscapes(cityscapes(tmp_path), 1, 1, side=10)
    assert data.task == "segmentation"
    assert data.targets.shape == (2, 10, 10)
    assert data.targets[0, 0].tolist() == [-1] * 10
    assert data.targets[0, 5].tolist() == [0] * 5 + [13] * 5
    assert set(data.targets[1].ravel().tolist()) == {18}
    assert data.source.images[0, 0, :, 0].tolist() == list(range(5, 15))  # type: ignore[attr-defined]
    assert data.classes[13] == "car"


@pytest.mark.parametrize(("place", "first"), [((0.0, 0.0), 0), ((0.99, 0.99), 10), ((0.0, 0.5), 5)])
def test_another_square_is_cut_from_image_and_mask_alike(
    tmp_path: Path, place: tuple[float, float], first: int
) -> None:
    source = read_cityscapes(cityscapes(tmp_path), 1, 1, side=10).source
    assert isinstance(source, Frames)
    pixels, mask = source.read_square(0, place)
    red = (pixels[0, 0] * source.deviation[0] + source.mean[0]) * 255
    np.testing.assert_allclose(red, np.arange(first, first + 10), atol=1e-4)
    assert mask[5].tolist() == [0] * (10 - first) + [13] * first
    middle, known = source.read_square(0, (0.5, 0.5))
    np.testing.assert_array_equal(middle, source.read_normalised(np.array([0]))[0])
    assert known[5].tolist() == [0] * 5 + [13] * 5


def test_every_offset_of_a_square_is_as_likely() -> None:
    picture = np.arange(7)[:, None] * np.ones((1, 5), int)
    shares = (np.arange(300) + 0.5) / 300
    tops = [square(picture, 5, (share, 0.0))[0, 0] for share in shares]
    assert np.bincount(tops).tolist() == [100, 100, 100]


def test_cityscapes_names_the_frame_without_a_mask(tmp_path: Path) -> None:
    cityscapes(tmp_path)
    next(tmp_path.glob("gtFine/val/*/*.png")).unlink()
    with pytest.raises(FileFormatError, match=r"the mask of a frame at .*lindau_000000_000019_gtF"):
        read_cityscapes(tmp_path, 1, 1, side=10)


def test_cityscapes_too_small_for_the_crop_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"expected at least 688 x 688 pixels"):
        read_cityscapes(cityscapes(tmp_path), 1, 1)


def test_cityscapes_with_frames_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"expected 2,975 frames .* found 1: unpack"):
        read_cityscapes(cityscapes(tmp_path))


def test_the_train_ids_are_the_official_ones(shared_data: Path) -> None:
    frame = shared_data / "cityscapes_one_sample" / "frankfurt_000000_000294_gtFine"
    ids = np.asarray(Image.open(f"{frame}_labelIds.png"))
    official = np.asarray(Image.open(f"{frame}_labelTrainIds.png")).astype(int)
    # The frame was shrunk, its two masks by themselves: at borders they differ in 1 pixel of 400.
    for number in np.unique(ids):
        commonest = np.bincount(official[ids == number]).argmax()
        assert _TRAIN_ID[number] == (-1 if commonest == 255 else commonest)
    assert len(CLASSES) == 19


def glued(pictures: list[np.ndarray], form: str) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    files = []
    for picture in pictures:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, form)
        files.append(file.getvalue())
    offsets = np.cumsum([0, *map(len, files)])
    return np.frombuffer(b"".join(files), np.uint8), offsets


def camvid(folder: Path, worst: int = 11) -> Path:
    arrays = {"class_names": np.array([*"abcdefghijk", "Unlabelled"])}
    for part, n in (("train", 3), ("test", 2)):
        masks = [np.full((12, 16), number, np.uint8) for number in range(n)]
        masks[0][:, 8:] = worst
        images = [np.full((12, 16, 3), 40 * number, np.uint8) for number in range(n)]
        for what, pictures, form in (
            ("image_jpeg", images, "JPEG"),
            ("label_png", masks, "PNG"),
        ):
            name = f"{part}_{what}"
            arrays[name], arrays[f"{name}_offsets"] = glued(pictures, form)
    np.savez(folder / "camvid_480x360.npz", **arrays)  # type: ignore[arg-type]
    return folder


def test_camvid_is_cut_and_its_class_11_does_not_count(tmp_path: Path) -> None:
    data = read_camvid(camvid(tmp_path), 3, 2, side=12)
    assert data.targets[0, 0].tolist() == [0] * 6 + [-1] * 6
    assert data.targets[2].max() == data.targets[2].min() == 2
    assert data.classes == tuple("abcdefghijk")
    assert data.test.tolist() == [3, 4]


def test_camvid_with_another_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"classes 0 to 11 in mask 0 of train .*, found 12"):
        read_camvid(camvid(tmp_path, worst=12), 3, 2, side=12)


def test_camvid_missing_says_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"camvid_480x360.npz, found nothing; get it from"):
        read_camvid(tmp_path)
