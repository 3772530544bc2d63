from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.errors import SimulationError, StructureError
from cryoal.simulate.recipe import Recipe, StructureConfig, read_recipe
from cryoal.simulate.structures import Molecule, load_molecule
from tests.simulate.material import ATOMS, blob, write_map, write_pdb

if TYPE_CHECKING:
    from pathlib import Path

gemmi = pytest.importorskip("gemmi")


def load(path: Path, *settings: str, assembly: str = "") -> Molecule:
    recipe = read_recipe(None, [path], settings)
    return load_molecule(StructureConfig(str(path), assembly=assembly), recipe)


def test_one_atom_has_the_scattering_of_gemmi_at_every_frequency(tmp_path: Path) -> None:
    found = load(write_pdb(tmp_path / "atom.pdb", [(3.0, -2.0, 7.5)]), "voxel_spacing=5")
    n = found.values.shape[0]
    spectrum = np.fft.fftn(np.fft.ifftshift(found.values.astype(np.float64)))
    k = np.fft.fftfreq(n, found.spacing)[: n // 2]
    k = k[k < 1 / 12]  # beyond 1/10 there is nothing, by intention
    table = gemmi.Element("C").c4322
    scattering = np.array([table.calculate_sf(stol2=(x / 2) ** 2) for x in k])
    expected = scattering / scattering[0] * np.exp(-np.log(2) * (25 * k) ** 2)
    for line in (spectrum[: len(k), 0, 0], spectrum[0, : len(k), 0], spectrum[0, 0, : len(k)]):
        np.testing.assert_allclose(line.real / spectrum[0, 0, 0].real, expected, atol=0.02)
        np.testing.assert_allclose(line.imag / spectrum[0, 0, 0].real, 0, atol=0.02)


def test_axes_are_z_y_x_and_hands_are_kept(tmp_path: Path) -> None:
    found = load(write_pdb(tmp_path / "l.pdb"), "resolution=12", "voxel_spacing=4", "box=64")
    middle = found.values.shape[0] // 2
    peaks = {
        (int(z), int(y), int(x)) for z, y, x in np.argwhere(found.values > 0.5 * found.values.max())
    }
    # ball of the L: from (60, 0, 0) to (0, 25, 0), centre near (30, 12.5, .)
    relative = np.array(sorted(peaks)) - middle
    corner = relative[relative[:, 2].argmin()] * found.spacing
    far = relative[relative[:, 2].argmax()] * found.spacing
    assert far[2] - corner[2] == pytest.approx(60, abs=8)  # the long arm runs along x
    top = relative[relative[:, 1].argmax()] * found.spacing
    assert top[1] - far[1] == pytest.approx(25, abs=8)  # the short one along + y, at small x
    assert top[2] < 0 < far[2]
    up = relative[relative[:, 0].argmax()] * found.spacing
    assert up[0] - far[0] == pytest.approx(15, abs=8)
    assert up[2] < 0


def test_density_is_one_on_average_where_there_is_molecule(tmp_path: Path) -> None:
    found = load(write_pdb(tmp_path / "l.pdb"))
    inside = found.values > 0.2 * found.values.max()
    assert found.values[inside].mean() == pytest.approx(1.0, abs=1e-5)


def test_pdb_mmcif_and_gzip_give_the_same(tmp_path: Path) -> None:
    pdb = write_pdb(tmp_path / "l.pdb")
    gemmi.read_structure(str(pdb)).make_mmcif_document().write_file(str(tmp_path / "l.cif"))
    (tmp_path / "z.pdb.gz").write_bytes(gzip.compress(pdb.read_bytes()))
    one = load(pdb)
    for other in ("l.cif", "z.pdb.gz"):
        np.testing.assert_allclose(load(tmp_path / other).values, one.values, atol=1e-5)


def test_a_map_of_another_spacing_has_the_same_size_in_angstrom(tmp_path: Path) -> None:
    coarse = write_map(tmp_path / "a.mrc", blob((24, 24, 24), (10, 12, 13), 2.0), 10.0)
    fine = write_map(tmp_path / "b.mrc", blob((48, 48, 48), (20, 24, 26), 4.0), 5.0)
    one, other = load(coarse), load(fine)
    assert one.radius == pytest.approx(other.radius, rel=0.1)
    np.testing.assert_allclose(one.values[8:-8, 8:-8, 8:-8].max(), other.values.max(), rtol=0.05)
    middle = one.values.shape[0] // 2
    assert np.unravel_index(one.values.argmax(), one.values.shape) == (middle,) * 3


def test_an_assembly_is_built_when_it_is_asked_for(tmp_path: Path) -> None:
    structure = gemmi.read_structure(str(write_pdb(tmp_path / "l.pdb", ATOMS[:2])))
    assembly = gemmi.Assembly("1")
    generator = gemmi.Assembly.Gen()
    for shift in (0, 50):
        operator = gemmi.Assembly.Operator()
        operator.transform = gemmi.Transform(gemmi.Mat33(), gemmi.Vec3(0, 0, shift))
        generator.operators.append(operator)
    generator.chains = ["A"]
    assembly.generators.append(generator)
    structure.assemblies.append(assembly)
    path = tmp_path / "two.pdb"
    structure.write_pdb(str(path))
    text = path.read_text()
    water = "HETATM    9  O   HOH A 900     200.000   0.000   0.000  1.00  9.00           O\n"
    dry = load(path, assembly="1")
    path.write_text(text.replace("END", water + "END", 1))
    np.testing.assert_array_equal(load(path, assembly="1").values, dry.values)
    assert load(path, assembly="1").radius > load(path).radius + 10
    with pytest.raises(StructureError, match=r"an assembly of 1 in .* found '7'"):
        load(path, assembly="7")


def test_water_is_left_out(tmp_path: Path) -> None:
    path = write_pdb(tmp_path / "l.pdb", ATOMS[:2])
    dry = load(path)
    water = "HETATM    9  O   HOH A 900     200.000   0.000   0.000  1.00  9.00           O\n"
    path.write_text(path.read_text().replace("END\n", water + "END\n"))
    np.testing.assert_array_equal(load(path).values, dry.values)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.pdb", b"REMARK nothing\nEND\n", "expected atoms in {}, found none"),
        ("empty.cif", b"data_x\n_a.b 1\n", "expected atoms in {}, found none"),
        ("odd.cif", b"hello world\n", "expected an atomic model in {}, found "),
        ("odd.mrc", b"hello world" * 200, "found a text that begins with"),
        ("odd.xyz", b"1\n\nC 0 0 0\n", "found a text that begins with"),
    ],
)
def test_a_file_that_is_no_structure_is_refused(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises((StructureError, ValueError)) as caught:
        load(path)
    assert expected.format(path) in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StructureError, match="found nothing at"):
        load(tmp_path / "none.pdb")


def test_a_map_without_density_is_refused(tmp_path: Path) -> None:
    dark = write_map(tmp_path / "dark.mrc", -blob((16, 16, 16), (8, 8, 8)))
    with pytest.raises(StructureError, match="invert a map"):
        load(dark)


def test_a_structure_larger_than_the_box_is_refused_with_the_box_it_needs(tmp_path: Path) -> None:
    path = write_pdb(tmp_path / "l.pdb", [(0, 0, 0), (200, 0, 0)])
    with pytest.raises(SimulationError) as caught:
        load(path, "box=16")
    assert "at most 160 A (a box of 16 voxels)" in str(caught.value)
    needed = str(caught.value).split("set box to ")[1].split()[0]
    assert load(path, f"box={needed}").radius > 100


def test_a_real_map_and_the_model_behind_it_agree(shared_data: Path) -> None:
    folder = shared_data / "structures"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    one = load(folder / "maps_10A" / "3j9i.mrc.gz")
    other = load(folder / "pdb" / "3j9i.pdb.gz")
    assert one.radius == pytest.approx(other.radius, rel=0.02)
    n = min(one.values.shape[0], other.values.shape[0]) // 2
    cubes = []
    for found in (one, other):
        inner = slice(found.values.shape[0] // 2 - n, found.values.shape[0] // 2 + n)
        cubes.append(found.values[inner, inner, inner].ravel())
    assert np.corrcoef(*cubes)[0, 1] > 0.95


def test_an_assembly_of_a_real_mmcif_file_is_built_without_its_water(shared_data: Path) -> None:
    folder = shared_data / "structures"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    path = folder / "cif_biotite" / "1ncb.cif.gz"
    assert load(path, assembly="1").radius > 1.3 * load(path).radius  # a tetramer


def test_recipe_of_one_structure_is_a_recipe() -> None:
    assert Recipe((StructureConfig("x.pdb"),)).counts() == {"x": 40}


def test_atoms_in_another_world_are_refused_before_there_is_a_grid(tmp_path: Path) -> None:
    path = write_pdb(tmp_path / "far.pdb", [(0, 0, 0), (99_999, 0, 0)])
    with pytest.raises(
        StructureError, match=r"expected atoms within 10000 A .*far\.pdb, found 0 to"
    ):
        load_molecule(StructureConfig(str(path)), Recipe((StructureConfig(str(path)),)))


def test_a_map_of_a_light_year_is_refused(tmp_path: Path) -> None:
    path = write_map(tmp_path / "wide.mrc", blob((8, 8, 8), (4, 4, 4)), spacing=1e30)
    with pytest.raises(StructureError, match=r"expected a map of at most 10000 A in .*wide\.mrc"):
        load_molecule(StructureConfig(str(path)), Recipe((StructureConfig(str(path)),)))
