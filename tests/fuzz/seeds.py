"""A small sound file of each kind that cryoal reads, and the function that reads it."""

from __future__ import annotations

import bz2
import csv
import gzip
import json
import shutil
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mrcfile
import numpy as np
import tifffile
import zarr
from PIL import Image
from typing_extensions import override

from cryoal.io.picks.imod_model import Model, ModelObject, model_bytes
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.star_columns import CENTRED, ORIGIN_ANGSTROM, SUBTOMOGRAM_ANGLES
from cryoal.io.picks.told_names import told_names
from cryoal.io.star import write_star
from cryoal.io.volumes.open import open_volume
from tests.data.datasets.test_cifar import dump, write_binary
from tests.fuzz.pick_seeds import written_picks
from tests.io.picks.files import Blank, columns, particles
from tests.io.volumes.test_em import write_em
from tests.io.volumes.test_eman2 import write_hdf
from tests.simulate.material import blob, write_map, write_pdb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Subject", "subjects"]

DATA = (np.arange(6 * 8 * 10).reshape(6, 8, 10) % 97).astype(np.int16)


@dataclass(frozen=True)
class Subject:
    """One kind of file.

    Parameters
    ----------
    name
        Of the kind.
    path
        What is read: a file or a folder.
    files
        Those that are changed, one at a time.
    read
        Gives what is compared, to see whether a change was noticed.
    """

    name: str
    path: Path
    files: tuple[Path, ...]
    read: Callable[[Path], object]


def subjects(folder: Path, *, campaign: bool = True) -> Iterator[Subject]:
    """Every kind, its files made in `folder`."""
    yield from _volumes(folder)
    yield from _zarrs(folder)
    yield from _picks(folder)
    yield from _lists(folder)
    yield from _settings(folder)
    yield from _structures(folder)
    yield from _datasets(folder)
    if campaign:
        from tests.fuzz.campaign_seeds import campaign_subjects

        yield from campaign_subjects(folder)


def _crc(values: NDArray[Any]) -> int:
    return zlib.crc32(np.ascontiguousarray(values).tobytes())


# tomograms


def _volume(path: Path) -> object:
    from cryoal.data.statistics import robust_statistics

    with open_volume(path) as volume:
        if np.prod(volume.shape) > 10**5:  # a sound header over nothing
            volume.read((0, 0, 0), (1, 1, 1))
            return volume.shape
        return (
            volume.shape,
            volume.voxel_spacing,
            _crc(volume.read((0, 0, 0), volume.shape)),
            (robust_statistics(volume)),
        )


def _volumes(folder: Path) -> Iterator[Subject]:
    for dtype in ("int8", "int16", "uint16", "float16", "float32"):
        path = folder / f"{dtype}.mrc"
        with mrcfile.new(path, data=DATA.astype(dtype)) as file:
            file.voxel_size = 10.0
            file.set_volume()
            if dtype == "int16":
                file.set_extended_header(np.frombuffer(bytes(1_024), "V1"))
        yield Subject("mrc", path, (path,), _volume)
    path = write_em(folder / "t.em", DATA)
    yield Subject("em", path, (path,), _volume)
    path = write_hdf(folder / "t.hdf", [DATA], **{f"apix_{axis}": 10.0 for axis in "xyz"})
    yield Subject("eman2", path, (path,), _volume)
    for name, options in (("plain", {}), ("zlib", {"compression": "zlib"})):
        path = folder / f"{name}.tif"
        about = {"spacing": 10.0, "unit": "A", "axes": "ZYX"}
        across = (0.1, 0.1)
        tifffile.imwrite(path, DATA, imagej=True, resolution=across, metadata=about, **options)
        yield Subject(f"tiff {name}", path, (path,), _volume)
    content = (folder / "int16.mrc").read_bytes()
    for ending, packed in (("gz", gzip.compress(content)), ("bz2", bz2.compress(content))):
        path = folder / f"packed.mrc.{ending}"
        path.write_bytes(packed)
        yield Subject(f"mrc.{ending}", path, (path,), _volume)


def _zarrs(folder: Path) -> Iterator[Subject]:
    from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec

    kinds: list[tuple[str, Any, dict[str, Any]]] = [
        ("v3 zstd", 3, {"compressors": ZstdCodec()}),
        ("v3 blosc", 3, {"compressors": BloscCodec(cname="zstd", shuffle="shuffle")}),
        ("v3 gzip", 3, {"compressors": GzipCodec()}),
        ("v3 plain", 3, {"compressors": None}),
        ("v3 shards", 3, {"shards": (4, 8, 12), "compressors": ZstdCodec(checksum=True)}),
        ("v2 blosc", 2, {}),
        ("v2 plain", 2, {"compressors": None}),
    ]
    for name, version, options in kinds:
        path = folder / f"{name.replace(' ', '_')}.zarr"
        group = zarr.open_group(path, mode="w", zarr_format=version)
        levels = []
        for level in (0, 1):
            small = DATA[:: level + 1, :: level + 1, :: level + 1]
            array = group.create_array(
                str(level), shape=small.shape, chunks=(4, 4, 4), dtype="int16", **options
            )
            array[...] = small
            scale = [{"type": "scale", "scale": [5.0 * (level + 1)] * 3}]
            levels.append({"path": str(level), "coordinateTransformations": scale})
        axes = [{"name": n, "type": "space", "unit": "angstrom"} for n in "zyx"]
        image = {"axes": axes, "datasets": levels, "name": "x", "version": "0.4"}
        ome = (
            {"ome": {"version": "0.5", "multiscales": [image]}}
            if version == 3
            else {"multiscales": [image]}
        )
        group.attrs.update(ome)
        files = sorted(p for p in path.rglob("*") if p.is_file())
        about = [p for p in files if p.name.startswith((".z", "zarr"))]
        top = [p for p in about if p.parent == path or p.parent.name == "0"]
        chunks = [p for p in files if p not in about]
        yield Subject(f"zarr {name}", path, tuple(top * 3 + chunks[:4]), _volume)
        if name == "v3 zstd":
            packed = Path(shutil.make_archive(str(path), "zip", path))
            yield Subject("zarr zip", packed, (packed,), _volume)


# picks


class Zeros(Blank):
    """A volume in which there is nothing."""

    @override
    def read(self, start_zyx: Sequence[int], stop_zyx: Sequence[int]) -> NDArray[Any]:
        return np.zeros(np.subtract(stop_zyx, start_zyx), self.dtype)


def _located(path: Path, **options: Any) -> object:
    from cryoal.data.sift import require_inside
    from cryoal.data.sources import placed
    from cryoal.data.tomogram import Tomogram

    picks = read_picks(path, **options)
    found = []
    home = next(folder for folder in path.parents if (folder / "int8.mrc").exists())
    blank = Zeros(path=home / "int8.mrc")
    for name in picks.names()[:3]:
        source = placed(Tomogram(name, blank.path, blank), name, picks)
        require_inside(source, path)
        found.append((source.keys, source.located.position_zyx_angstrom.tolist()))
    return picks.format, found


def _picks(folder: Path) -> Iterator[Subject]:
    head = "rlnTomoName rlnCoordinateX rlnCoordinateY rlnCoordinateZ"
    rows = "\n".join(f"TS_0{i % 2 + 1} {10 + i} {20 + i} {5 + i}.5" for i in range(6))
    optics = "rlnOpticsGroup rlnTomoTiltSeriesPixelSize rlnImagePixelSize\n1 2.5 10.0"
    tomograms = folder / "tomograms.star"
    size = "rlnTomoName rlnTomoTiltSeriesPixelSize rlnTomoSizeX rlnTomoSizeY rlnTomoSizeZ"
    both = "\n".join(f"TS_0{i} 2.5 800 400 200" for i in (1, 2))
    write_star(tomograms, {"global": columns(f"{size}\n{both}")})

    def of_group(text: str, label: str, value: str = "1") -> str:
        first, *rest = text.splitlines()
        return "\n".join([f"{first} {label}", *(f"{row} {value}" for row in rest)])

    plain = f"{head}\n{rows}"
    paths = {
        "relion3.0": particles(
            folder / "relion30.star",
            of_group(
                of_group(
                    plain.replace("rlnTomoName", "rlnMicrographName"),
                    "rlnDetectorPixelSize",
                    "10.0",
                ),
                "rlnMagnification",
                "10000",
            ),
        ),
        "relion3.1": particles(
            folder / "relion31.star",
            of_group(
                of_group(plain.replace("rlnTomoName", "rlnMicrographName"), "rlnOpticsGroup"),
                "rlnOriginXAngst",
                "1.0",
            ),
            optics="rlnOpticsGroup rlnImagePixelSize\n1 10.0",
        ),
        "relion4": particles(
            folder / "relion4.star",
            of_group(plain, "rlnOpticsGroup").replace("rlnTomoName", "rlnTomoName"),
            optics=optics,
        ),
        "warp": particles(
            folder / "warp.star",
            of_group(
                plain.replace("TS_01", "TS_01.tomostar").replace("TS_02", "TS_02.tomostar"),
                "rlnPixelSize",
                "10.0",
            ),
        ),
        "fractions": particles(
            folder / "fractions.star",
            f"{head}\n" + "\n".join(f"TS_01.tomostar 0.{i} 0.5 0.4" for i in range(1, 6)),
        ),
    }
    centred = " ".join(["rlnTomoName", *CENTRED])
    angles = " ".join(["", *ORIGIN_ANGSTROM, *SUBTOMOGRAM_ANGLES, "rlnOpticsGroup"])
    body = "\n".join(f"TS_01 {10 * i} -{20 * i} 5.5 1 2 3 10 20 30 1" for i in range(5))
    paths["relion5"] = particles(
        folder / "relion5.star", f"{centred}{angles}\n{body}", optics=optics
    )
    for name, path in paths.items():
        yield Subject(f"star {name}", path, (path,), _located)
    from functools import partial

    again = partial(_located, paths["relion5"].parent / "relion5.star")

    def listed(path: Path) -> object:
        return again(tomograms=path)

    yield Subject("tomograms.star", tomograms, (tomograms,), listed)

    names = folder / "names.csv"
    names.write_text("tomogram,file\nTS_01,rec/a.mrc\nTS_02,rec/b.mrc\n")
    yield Subject("names of tomograms", names, (names,), lambda path: told_names([str(path)]))
    optimisation = folder / "optimisation_set.star"
    write_star(
        optimisation,
        {"": columns("rlnTomoParticlesFile rlnTomoTomogramsFile\nparticles.star tomograms.star")},
    )
    yield Subject("optimisation set", optimisation, (optimisation,), _located)
    stopgap = folder / "stopgap.star"
    fields = "tomo_num halfset orig_x orig_y orig_z x_shift y_shift z_shift phi psi the class"
    motl = "\n".join(f"3 A 4{i} 2{i} 1{i} 0.25 0.5 -1 10 20 30 {i}" for i in range(5))
    write_star(stopgap, {"stopgap_motivelist": columns(f"{fields}\n{motl}")})
    yield Subject("stopgap", stopgap, (stopgap,), _located)
    imported = folder / "import.star"
    (folder / "TS_01.txt").write_text("40 20 10\n41 21 11\n")
    table = columns("rlnTomoName rlnTomoImportParticleFile\nTS_01 TS_01.txt")
    write_star(imported, {"": table})
    yield Subject("files to import", imported, (imported, folder / "TS_01.txt"), _located)
    for name, text in {
        "plain.csv": "tomogram,x,y,z\n" + "\n".join(f"TS_01,{i},2{i},3{i}" for i in range(5)),
        "angstrom.tsv": "key\ttomogram\tx_angstrom\ty_angstrom\tz_angstrom\n"
        + "\n".join(f"k{i}\tTS_01\t{i}0.5\t2{i}\t3{i}" for i in range(5)),
        "czii.csv": "id,experiment,particle_type,x,y,z\n"
        + "\n".join(f"{i},TS_6_4,apo,{i}1.5,20,30" for i in range(5)),
        "label.csv": "key,label\nTS_01/01,ring\nTS_01/02,rod\nTS_01/03,\nTS_01/04,?\n",
    }.items():
        path = folder / name
        path.write_text(text)
        yield Subject(
            "csv picks" if "label" not in name else "csv labels",
            path,
            (path,),
            _labels if "label" in name else _located,
        )

    for name, path, file in written_picks(folder):
        yield Subject(f"picks {name}", path, (file,), _located)


def _lists(folder: Path) -> Iterator[Subject]:
    """Numbers without a header, in text and in bytes."""
    places = [(10.5 + i, 20.5 + i, 15.5) for i in range(6)]
    head = "1 1 1 0.25 0 0 10 20 30 0.5 0 0 1 -60 60 -60 60 0 0 1 2 3 0"
    texts = {
        "dynamo.tbl": "".join(f"{head} {x} {y} {z} 0 0 0\n" for x, y, z in places),
        "tomotwin.coords": "".join(f"{x} {y} {z}\n" for x, y, z in places),
        "deepet.coords": "".join(
            f"1\t{x:.0f}\t{y:.0f}\t{z + i:.0f}\n" for i, (x, y, z) in enumerate(places)
        ),
        "plain.txt": "".join(f"{x}, {y}, {z}\n" for x, y, z in places),
        "dynamo.doc": "1 /data/TS_01.rec\n2 /data/TS_02.rec\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    values = np.zeros((6, 20), "<f4")
    values[:, 7:10], values[:, 4] = places, 3
    header = struct.pack("<4B3i", 6, 0, 0, 5, 20, 6, 1).ljust(512, b"\0")
    (folder / "motl.em").write_bytes(header + values.tobytes())
    points = np.array(places, np.float32)
    model = Model(
        (80, 60, 40), [ModelObject("a", False, [points]), ModelObject("b", True, [points])]
    )
    (folder / "imod.mod").write_bytes(model_bytes(model))
    sizes = " 8 8 8 0.9"
    write_star(
        folder / "boxes.cbox",
        {
            "cryolo": columns(
                "CoordinateX CoordinateY CoordinateZ Width Height Depth Confidence\n"
                + "\n".join(f"{x} {y} {z}{sizes}" for x, y, z in places)
            )
        },
    )
    for name in (*texts, "motl.em", "imod.mod", "boxes.cbox"):
        path = folder / name
        read = folder / "dynamo.tbl" if path.suffix == ".doc" else path
        yield Subject(f"picks {path.name}", read, (path,), _located)


def _labels(path: Path) -> object:
    from cryoal.data.label_file import read_labels

    return read_labels(path, ["ring", "rod"])


# settings


def _settings(folder: Path) -> Iterator[Subject]:
    from cryoal.campaign.settings_file import add_class, create_settings, read_settings
    from cryoal.config import make_config
    from cryoal.simulate.recipe import read_recipe
    from cryoal.study.config import read_study
    from tests.study.images import STUDY

    home = folder / "settings"
    home.mkdir()
    create_settings(home, make_config(["a", "b"], settings=['renamed=["old = a"]']))

    def settings(path: Path) -> object:
        config, identity = read_settings(path)
        kept = (path / "campaign.toml").read_bytes()
        add_class(path, "new class")
        (path / "campaign.toml").write_bytes(kept)
        return config, identity

    yield Subject("campaign.toml", home, (home / "campaign.toml",), settings)
    study = folder / "study.toml"
    study.write_text(
        STUDY + '\n[[variants]]\nname = "v"\nstrategy = "margin"\nsettings = ["seed=1"]\n'
    )

    def configs(path: Path) -> object:
        found = read_study(path)
        return found, [found.config(["a", "b"], 0, v, 8) for v in found.all_variants()]

    yield Subject("study.toml", study, (study,), configs)
    recipe = folder / "recipe.toml"
    recipe.write_text(
        'kind = "tomograms"\nbox = 16\nseed = 3\nvoxel_spacing = 10.0\n'
        '[[structures]]\npath = "a.pdb"\n[[structures]]\npath = "b.mrc"\nname = "b"\ncount = 4\n'
        "[imaging]\ntilt_range = 60.0\n"
        "[noise]\nsnr = 0.1\n[tomograms]\nshape = [32, 64, 64]\ngold = 2\n"
    )
    yield Subject("recipe.toml", recipe, (recipe,), read_recipe)


# structures


def _structures(folder: Path) -> Iterator[Subject]:
    import gemmi

    from cryoal.simulate.recipe import Recipe, StructureConfig
    from cryoal.simulate.structures import load_molecule

    def molecule(path: Path) -> object:
        structure = StructureConfig(str(path))
        recipe = Recipe((structure,), box=32)
        made = load_molecule(structure, recipe)
        return made.values.shape, _crc(made.values), made.radius

    pdb = write_pdb(folder / "atoms.pdb")
    cif = folder / "atoms.cif"
    gemmi.read_structure(str(pdb)).make_mmcif_document().write_file(str(cif))
    packed = folder / "atoms.pdb.gz"
    packed.write_bytes(gzip.compress(pdb.read_bytes()))
    density = write_map(folder / "density.mrc", blob((12, 12, 12), (6, 6, 6)))
    for path in (pdb, cif, packed, density):
        yield Subject("structure", path, (path,), molecule)


# data sets of cryoal compare


def _dataset(data: Any) -> object:
    pixels = data.source.read_normalised(np.arange(min(4, len(data.source))))
    return data.classes, data.targets.tolist(), data.box, pixels.shape, _crc(pixels)


def _datasets(folder: Path) -> Iterator[Subject]:
    from scipy.io import savemat

    from cryoal.data.datasets.camvid import read_camvid
    from cryoal.data.datasets.cifar import read_cifar10, read_cifar100
    from cryoal.data.datasets.cityscapes import read_cityscapes
    from cryoal.data.datasets.image_folders import read_imagenet
    from cryoal.data.datasets.subtomograms import read_10c_real
    from cryoal.data.datasets.svhn import read_svhn
    from cryoal.study.dataset import images_dataset
    from tests.data.datasets.test_masks import cityscapes
    from tests.study.images import write_images

    rng = np.random.default_rng(0)

    def files(path: Path) -> tuple[Path, ...]:
        return tuple(sorted(p for p in path.rglob("*") if p.is_file()))

    def home(name: str) -> Path:
        made = folder / name
        made.mkdir()
        return made

    images = folder / "images.npz"
    write_images(images, n=12)
    yield Subject(
        "images.npz", images, (images,), lambda p: _dataset(images_dataset(p, None, None))
    )

    binary = home("cifar10")
    write_binary(binary)
    yield Subject("cifar", binary, files(binary), lambda p: _dataset(read_cifar10(p, 10, 2)))
    python = home("cifar100")
    batch = {
        b"data": rng.integers(256, size=(3, 3_072), dtype=np.uint8),
        b"fine_labels": [0, 5, 99],
    }
    dump(python / "train", batch)
    dump(python / "test", batch)
    dump(python / "meta", {b"fine_label_names": [b"c%d" % i for i in range(100)]})
    yield Subject("cifar", python, files(python), lambda p: _dataset(read_cifar100(p, 3, 3)))
    mosaics = home("mosaics")
    pixels = np.full((1_600, 1_600, 3), 127, np.uint8)
    for part in ("train", "test"):
        Image.fromarray(pixels).save(mosaics / f"{part}_00.jpg")
    labels = rng.integers(10, size=2_500)
    np.savez(mosaics / "labels.npz", classes=np.array([f"c{i}" for i in range(10)]),
             train_label=labels, test_label=labels)  # fmt: skip
    yield Subject(
        "cifar", mosaics, (*[mosaics / "labels.npz"] * 5, mosaics / "train_00.jpg"),
        lambda p: _dataset(read_cifar10(p, 2_500, 2_500)),
    )  # fmt: skip
    mat = home("svhn")
    for part in ("train", "test"):
        digits = rng.integers(256, size=(32, 32, 3, 3), dtype=np.uint8)
        savemat(mat / f"{part}_32x32.mat", {"X": digits, "y": np.array([[10], [1], [9]], np.uint8)})
    yield Subject("svhn", mat, files(mat), lambda p: _dataset(read_svhn(p, 3, 3)))
    net = home("imagenet")
    for part in ("train", "val"):
        for name in ("n01", "n02"):
            (net / part / name).mkdir(parents=True)
            small = Image.fromarray(rng.integers(256, size=(24, 32, 3), dtype=np.uint8))
            small.save(net / part / name / f"{part}_{name}.JPEG")
    yield Subject("images", net, files(net), lambda p: _dataset(read_imagenet(p, 2, 2, 2)))
    streets = cityscapes(home("cityscapes"))
    yield Subject(
        "images", streets, files(streets), lambda p: _dataset(read_cityscapes(p, 1, 1, 10))
    )
    camvid = folder / "camvid_480x360.npz"
    _write_camvid(camvid)
    yield Subject("camvid", camvid, (camvid,), lambda p: _dataset(read_camvid(p, 2, 2, 10)))
    boxes = home("10c")
    for part in ("train", "test"):
        for name in ("a", "b"):
            (boxes / part / name).mkdir(parents=True)
            write_map(boxes / part / name / f"{part}{name}.mrc", blob((8, 8, 8), (4, 4, 4)))
    yield Subject("boxes", boxes, files(boxes), lambda p: _dataset(read_10c_real(p, 2, 2, 2)))


def _write_camvid(path: Path) -> None:
    import io

    arrays: dict[str, Any] = {"class_names": np.array([f"c{i}" for i in range(12)])}
    for part in ("train", "test"):
        for what, mode in (("image_jpeg", "RGB"), ("label_png", "L")):
            glued, offsets = b"", [0]
            for number in range(2):
                buffer = io.BytesIO()
                shape = (12, 16, 3) if mode == "RGB" else (12, 16)
                Image.fromarray(np.full(shape, number, np.uint8)).save(
                    buffer, "JPEG" if mode == "RGB" else "PNG"
                )
                glued += buffer.getvalue()
                offsets.append(len(glued))
            arrays[f"{part}_{what}"] = np.frombuffer(glued, np.uint8)
            arrays[f"{part}_{what}_offsets"] = np.array(offsets)
    np.savez(path, **arrays)


def read_truth_csv(path: Path) -> dict[str, str]:
    """The class of every key."""
    with path.open(newline="") as file:
        return {row["key"]: row["label"] for row in csv.DictReader(file)}


def write_facts(path: Path, facts: object) -> Path:
    """`facts` as JSON."""
    path.write_text(json.dumps(facts))
    return path
