from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import starfile

from cryoal.errors import PicksError, UnknownNameError
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import WRITERS, ParticlePart, write_particles
from cryoal.io.star import read_star
from cryoal.io.volumes.open import open_volume
from tests.io.picks.files import Blank, particles
from tests.io.picks.test_formats import (
    OPTICS,
    RELION3,
    RELION4,
    TOMOGRAMS,
    XYZ,
    XYZ_CENTRED,
    XYZ_ORIGIN,
    XYZ_SHIFT,
    _loop,
    unpacked,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryoal.io.picks.picks import Picks
    from cryoal.io.volumes.base import Volume


def part(
    picks: Picks,
    volume: Volume | None = None,
    extra: Mapping[str, Sequence[str]] | None = None,
    *,
    pixel: float | None = None,
) -> ParticlePart:
    """All picks of a file, tomograms in the file's order, as an export would hand them over.

    `pixel` is that of the unbinned tilt series, where nothing else says it.
    """
    order: list[int] = []
    keys, coordinate, position, geometry = [], [], [], {}
    for name in picks.names():
        geometry[name] = picks.geometry(name, volume or Blank())
        if geometry[name].unbinned_spacing is None:
            geometry[name] = replace(geometry[name], unbinned_spacing=pixel)
        found = picks.locate(name, geometry[name])
        order += picks.rows(name).tolist()
        keys += picks.keys(name)
        coordinate.append(found.coordinate_zyx_angstrom)
        position.append(found.position_zyx_angstrom)
    return ParticlePart(
        columns={label: [column[i] for i in order] for label, column in picks.columns.items()},
        blocks=picks.blocks,
        format=picks.format,
        keys=keys,
        tomogram=[picks.tomogram[i] for i in order],
        coordinate_zyx_angstrom=np.concatenate(coordinate),
        position_zyx_angstrom=np.concatenate(position),
        geometry=geometry,
        extra=extra or {},
        switches=picks.switches,
    )


def test_every_writer_can_be_loaded() -> None:
    assert all(callable(WRITERS.load(name)) for name in WRITERS.names())


SOURCES = {
    "relion5": (
        f"rlnTomoName {XYZ_CENTRED} rlnNote rlnOpticsGroup\n001 1.5000 -2 3e1 'a 1",
        {"optics": OPTICS},
    ),
    "relion4": (RELION4, {"optics": OPTICS}),
    "relion3": (RELION3, {}),
    "warp": (f"{XYZ} rlnMicrographName\n0.250 0.5 0.75 TS_01.tomostar", {}),
}


@pytest.mark.parametrize("to", ["relion5", "relion4", "csv"])
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("with_tomograms", [False, True])
def test_every_format_reads_back_to_the_same_position(
    tmp_path: Path, source: str, to: str, with_tomograms: bool
) -> None:
    text, blocks = SOURCES[source]
    tomograms = None
    if with_tomograms:
        tomograms = tmp_path / "t.star"
        tomograms.write_text("data_global\nloop_\n" + _loop(TOMOGRAMS + "001 2.5 800 400 202\n"))
    picks = read_picks(
        particles(tmp_path / "p.star", text, **blocks), format_name=source, tomograms=tomograms
    )
    before = part(picks, pixel=2.5)
    path = tmp_path / ("out.csv" if to == "csv" else "out.star")
    write_particles(path, to, [before])
    again = read_picks(path, tomograms=tomograms)
    assert again.format == to
    after = part(again, pixel=2.5)
    assert after.keys == before.keys
    assert [*map(clean_name, after.tomogram)] == [*map(clean_name, before.tomogram)]
    np.testing.assert_allclose(after.position_zyx_angstrom, before.position_zyx_angstrom, atol=1e-3)


SUBTOMOGRAM = "rlnTomoSubtomogramRot rlnTomoSubtomogramTilt rlnTomoSubtomogramPsi"
MOVED = {  # coordinates, shifts, then what tells the format; {} are the numbers, from 0 to 1
    "relion5": (f"{XYZ_CENTRED} {XYZ_SHIFT} {SUBTOMOGRAM} rlnTomoName", "{} {} {} TS_01"),
    "relion4": (
        f"{XYZ} {XYZ_SHIFT} {SUBTOMOGRAM} rlnTomoName rlnOpticsGroup",
        "{} {} {} TS_01 1",
    ),
    "relion3": (
        f"{XYZ} {XYZ_ORIGIN} {SUBTOMOGRAM} rlnMicrographName",
        "{} {} {} /far/away/TS_01_10.00Apx.mrc",
    ),
    "relion3.1": (f"{XYZ} {XYZ_SHIFT} {XYZ_ORIGIN} rlnMicrographName", "{} {} 9 9 9 a/TS_01.mrc"),
    "warp": (
        f"{XYZ} {XYZ_ORIGIN} {SUBTOMOGRAM} rlnMicrographName rlnPixelSize",
        "{} {} {} TS_01.tomostar 5.0",
    ),
    "csv": (
        f"x y z {XYZ_SHIFT} {XYZ_ORIGIN} {XYZ_CENTRED} {XYZ} {SUBTOMOGRAM} tomogram",
        "{} {} 4 5 6 7 8 9 1 2 3 {} TS_01",
    ),
}


@pytest.mark.parametrize("second", ["relion5", "relion4", "csv"])
@pytest.mark.parametrize("first", ["relion5", "relion4", "csv"])
@pytest.mark.parametrize("source", MOVED)
def test_shifted_and_turned_particles_stay_where_they_are_through_two_exports(
    tmp_path: Path, source: str, first: str, second: str
) -> None:
    header, row = MOVED[source]
    rng = np.random.default_rng(0)
    rows = [
        row.format(
            *(
                " ".join(f"{value:.5f}" for value in rng.uniform(low, high, 3))
                for low, high in ((2, 90), (-20, 20), (-180, 180))
            )
        )
        for _ in range(20)
    ]
    path = tmp_path / ("p.csv" if source == "csv" else "p.star")
    if source == "csv":
        path.write_text("\n".join(",".join(line.split()) for line in (header, *rows)))
    else:
        blocks = {"optics": OPTICS} if source == "relion4" else {}
        particles(path, "\n".join((header, *rows)), **blocks)
    before = part(read_picks(path), pixel=2.5)
    assert before.format == source.removesuffix(".1")
    now = before
    for step, to in enumerate((first, second)):
        path = tmp_path / f"{step}.{'csv' if to == 'csv' else 'star'}"
        write_particles(path, to, [now])
        now = part(read_picks(path), pixel=2.5)
        assert now.format == to
        np.testing.assert_allclose(
            now.position_zyx_angstrom, before.position_zyx_angstrom, atol=1e-3
        )


def test_a_csv_brings_no_shift_and_no_other_coordinates_into_a_star(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "tomogram,x,y,z,rlnOriginXAngst,rlnOriginYAngst,rlnOriginZAngst,rlnOriginX,"
        "rlnCenteredCoordinateXAngst\nTS_01,1,2,3,4.5,,6,7,8\n"
    )
    write_particles(
        tmp_path / "out.star", "relion4", [part(read_picks(tmp_path / "p.csv"), pixel=2.5)]
    )
    table = read_star(tmp_path / "out.star")["particles"]
    assert "rlnCenteredCoordinateXAngst" not in table  # RELION 5 would take it before the others
    for label in (*XYZ_SHIFT.split(), "rlnOriginX"):
        assert float(table[label][0]) == 0


def test_the_own_format_keeps_every_character(tmp_path: Path) -> None:
    text, blocks = SOURCES["relion5"]
    source = particles(tmp_path / "p.star", text, **blocks, extra="a b\n01 2.50")
    extra = {"cryoalClass": ["wall"], "cryoalProbability": ["0.9"]}
    picks = read_picks(source)
    write_particles(tmp_path / "out.star", "relion5", [part(picks, extra=extra)])
    before, after = read_star(source), read_star(tmp_path / "out.star")
    written = after.pop("particles")
    # RELION 3.1 finds no particles without the pixel of the images
    pixel = {"rlnImagePixelSize": before["optics"]["rlnTomoTiltSeriesPixelSize"]}
    assert after == {"optics": before["optics"] | pixel, "extra": before["extra"]}
    assert written.pop("rlnTomoParticleName") == ["001/000000"]
    assert written == before["particles"] | extra
    assert list(written) == [*before["particles"], *extra]


def test_foreign_coordinates_are_replaced_where_they_stood(tmp_path: Path) -> None:
    header = f"rlnTomoName rlnTomoParticleName {XYZ} rlnAngleRot rlnOpticsGroup"
    picks = read_picks(
        particles(tmp_path / "p.star", f"{header}\nTS_01 TS_01/7 40 20 8 12.50 1", optics=OPTICS)
    )
    write_particles(tmp_path / "out.star", "relion5", [part(picks)])
    table = read_star(tmp_path / "out.star")["particles"]
    assert list(table) == header.replace(XYZ, XYZ_CENTRED).split()
    # 40, 20, 8 pixels of 2.5 A less half of 2000 x 1000 x 500 A
    centred = [table[label] for label in XYZ_CENTRED.split()]
    assert centred == [["-900.000000"], ["-450.000000"], ["-230.000000"]]
    assert table["rlnAngleRot"] == ["12.50"]


def test_shifts_in_pixels_become_angstrom(tmp_path: Path) -> None:
    picks = read_picks(particles(tmp_path / "p.star", RELION3))
    write_particles(tmp_path / "out.star", "relion4", [part(picks, pixel=2.5)])
    blocks = read_star(tmp_path / "out.star")
    assert blocks["optics"]["rlnTomoTiltSeriesPixelSize"] == ["2.500000"]
    table = blocks["particles"]
    assert "rlnOriginX" not in table
    shifts = [table[f"rlnOrigin{axis}Angst"] for axis in "XYZ"]
    assert shifts == [["5.000000"], ["0.000000"], ["-10.000000"]]
    assert (table["rlnMicrographName"], table["rlnTomoName"]) == (["Tomograms/001.mrc"], ["001"])


def test_relion5_without_a_voltage_leaves_its_optics_to_the_tomograms_star(tmp_path: Path) -> None:
    picks = read_picks(particles(tmp_path / "p.star", RELION3))
    write_particles(tmp_path / "out.star", "relion5", [part(picks)])
    blocks = read_star(tmp_path / "out.star")
    assert list(blocks) == ["particles"]
    assert "rlnOpticsGroup" not in blocks["particles"]


def test_optics_are_built_from_what_the_particles_say(tmp_path: Path, shared_data: Path) -> None:
    source = unpacked(shared_data / "coordinates" / "formats" / "relion_3.0.star.gz", tmp_path)
    picks = read_picks(source)
    volume = Blank((500, 500, 1000), 10.73)
    write_particles(tmp_path / "out.star", "relion5", [part(picks, volume, pixel=1.341)])
    assert read_star(tmp_path / "out.star")["optics"] == {
        "rlnOpticsGroup": ["1"],
        "rlnOpticsGroupName": ["opticsGroup1"],
        "rlnTomoTiltSeriesPixelSize": ["1.341000"],
        "rlnVoltage": ["300.000"],
        "rlnSphericalAberration": ["2.700"],
        "rlnImagePixelSize": ["5.36400"],
    }


def test_merged_files_renumber_their_optics_and_fill_what_they_lack(tmp_path: Path) -> None:
    names = ("rlnOpticsGroup", "rlnOpticsGroupName", "rlnTomoTiltSeriesPixelSize", "rlnVoltage")
    optics = " ".join(names)
    centred = f"rlnTomoName {XYZ_CENTRED} rlnOpticsGroup"
    first = read_picks(
        particles(
            tmp_path / "1.star", f"{centred} rlnA\n001 1 2 3 7 x", optics=f"{optics}\n7 g 2.5 300"
        )
    )
    second = read_picks(
        particles(
            tmp_path / "2.star",
            f"{centred} rlnAngleRot\n002 4 5 6 1 30\n003 4 5 6 2 30",
            optics=f"{optics}\n1 g 2.5 300\n2 g 1.7 300",
        )
    )
    (tmp_path / "3.csv").write_text("tomogram,x,y,z,my note\n004,1,2,3,\n")
    third = read_picks(tmp_path / "3.csv")
    out = tmp_path / "out.star"
    write_particles(out, "relion5", [part(first), part(second), part(third, pixel=1.3)])
    blocks = read_star(out)
    assert blocks["optics"] == {
        "rlnOpticsGroup": ["1", "2", "3"],
        "rlnOpticsGroupName": ["g", "g_2", "opticsGroup1"],
        "rlnTomoTiltSeriesPixelSize": ["2.5", "1.7", "1.300000"],
        "rlnVoltage": ["300", "300", "300"],
        "rlnImagePixelSize": ["2.5", "1.7", "1.300000"],
    }
    table = blocks["particles"]
    assert table["rlnOpticsGroup"] == ["1", "1", "2", "3"]
    assert table["rlnTomoName"] == ["001", "002", "003", "004"]
    assert table["rlnA"] == ["x", "None", "None", "None"]
    assert table["rlnAngleRot"] == ["0", "30", "30", "0"]
    assert table["my_note"] == ["None", "None", "None", ""]
    positions = [part(picks).position_zyx_angstrom for picks in (first, second, third)]
    again = part(read_picks(out)).position_zyx_angstrom
    np.testing.assert_allclose(again, np.concatenate(positions), atol=1e-3)


def test_what_numbers_a_file_lacks_are_0_and_what_words_none(tmp_path: Path) -> None:
    text = f"rlnTomoName {XYZ_CENTRED} {{}}\n00{{}} 1 2 3 {{}}"
    given = (
        ("rlnLogLikeliContribution rlnImageName rlnMixed", 1, "2.5e3 a.mrc 7"),
        ("rlnMixed", 2, "x"),
    )
    parts = [
        part(read_picks(particles(tmp_path / f"{number}.star", text.format(labels, number, row))))
        for labels, number, row in given
    ]
    (tmp_path / "3.csv").write_text("tomogram,x,y,z,rlnLogLikeliContribution,note\n3,1,2,3,,\n")
    parts.append(part(read_picks(tmp_path / "3.csv")))
    write_particles(tmp_path / "out.star", "relion5", parts)
    table = read_star(tmp_path / "out.star")["particles"]
    assert table["rlnLogLikeliContribution"] == ["2.5e3", "0", "0"]
    assert table["rlnImageName"] == ["a.mrc", "None", "None"]
    assert table["rlnMixed"] == ["7", "x", "None"]
    assert table["note"] == ["None", "None", ""]


def test_optics_that_a_file_lacks_and_others_dispute_are_refused(tmp_path: Path) -> None:
    centred = f"rlnTomoName {XYZ_CENTRED} rlnVoltage"
    parts = [
        part(read_picks(particles(tmp_path / f"{kv}.star", f"{centred}\n{kv} 1 2 3 {kv}")), pixel=2)
        for kv in (300, 200)
    ]
    (tmp_path / "3.csv").write_text("tomogram,x,y,z\n004,1,2,3\n")
    lone = part(read_picks(tmp_path / "3.csv"), pixel=2)
    with pytest.raises(
        PicksError, match=r"expected rlnVoltage for optics group .* found 300 and 200 in the others"
    ):
        write_particles(tmp_path / "out.star", "relion5", [*parts, lone])
    write_particles(tmp_path / "out.star", "relion5", [parts[0], lone])
    assert set(read_star(tmp_path / "out.star")["optics"]["rlnVoltage"]) == {"300"}


def test_a_path_becomes_a_name_unless_two_become_one(tmp_path: Path) -> None:
    header = f"rlnMicrographName rlnTomoParticleName {XYZ}"
    path = particles(tmp_path / "p.star", f"{header}\n/STORAGE/x/01006_10.73Apx.mrc 01006/1 4 2 8")
    write_particles(tmp_path / "out.star", "relion5", [part(read_picks(path))])
    assert read_star(tmp_path / "out.star")["particles"]["rlnTomoName"] == ["01006"]
    particles(path, f"{header}\na/TS_1.mrc a/1 4 2 8\nb/TS_1.mrc b/1 4 2 8")
    with pytest.raises(PicksError, match=r"found 'TS_1' for 'a/TS_1.mrc' and 'b/TS_1.mrc'"):
        write_particles(tmp_path / "two.star", "relion5", [part(read_picks(path))])


def test_groups_that_came_without_optics_are_kept_where_they_can_serve(tmp_path: Path) -> None:
    header = f"rlnMicrographName {XYZ} rlnVoltage rlnOpticsGroup"
    path = tmp_path / "p.star"
    for groups, written, table in (
        ("4 2 4", ["4", "2", "4"], ["2", "4"]),
        ("2 2 4", ["1", "2", "1"], ["1", "2"]),  # group 2 would have two voltages
        ("4 a 4", ["1", "2", "1"], ["1", "2"]),
    ):
        rows = [
            f"a.mrc 4 2 8 {voltage} {group}"
            for voltage, group in zip((300, 200, 300), groups.split(), strict=True)
        ]
        particles(path, "\n".join([header, *rows]))
        write_particles(tmp_path / "out.star", "relion4", [part(read_picks(path), pixel=1)])
        blocks = read_star(tmp_path / "out.star")
        assert blocks["particles"]["rlnOpticsGroup"] == written
        assert blocks["optics"]["rlnOpticsGroup"] == table
        voltage = dict(zip(table, blocks["optics"]["rlnVoltage"], strict=True))
        assert [voltage[group] for group in written] == ["300", "200", "300"]


def test_a_group_without_optics_is_no_0_beside_a_file_without_groups(tmp_path: Path) -> None:
    text = f"rlnTomoName {XYZ_CENTRED}"
    files = [
        particles(tmp_path / "1.star", f"{text} rlnOpticsGroup\n001 1 2 3 1"),
        particles(tmp_path / "2.star", f"{text}\n002 1 2 3"),
    ]
    out = tmp_path / "out.star"
    write_particles(out, "relion5", [part(read_picks(file), pixel=2.5) for file in files])
    assert read_star(out)["particles"]["rlnOpticsGroup"] == ["1", "1"]
    write_particles(out, "relion5", [part(read_picks(file)) for file in files])
    assert "rlnOpticsGroup" not in read_star(out)["particles"]  # RELION's tomograms STAR says it


def test_parts_that_one_file_cannot_hold_are_refused(tmp_path: Path) -> None:
    text = f"rlnTomoName {XYZ_CENTRED}\n00{{}} 1 2 3"
    parts = [
        part(
            read_picks(
                particles(
                    tmp_path / f"{i}.star",
                    text.format(i),
                    general=f"rlnTomoSubTomosAre2DStacks\n{i}",
                )
            )
        )
        for i in (0, 1)
    ]
    with pytest.raises(
        PicksError, match=r"expected one rlnTomoSubTomosAre2DStacks .* found 0 and 1"
    ):
        write_particles(tmp_path / "out.star", "relion5", parts)
    assert not (tmp_path / "out.star").exists()


def test_csv_says_where_particles_are_and_keeps_the_rest(tmp_path: Path) -> None:
    picks = read_picks(particles(tmp_path / "p.star", RELION4, optics=OPTICS))
    (tmp_path / "q.csv").write_text(
        "particle,tomogram,x_angstrom,y_angstrom,z_angstrom\n7,a,1,2,3.50\n"
    )
    other = read_picks(tmp_path / "q.csv")
    parts = [part(picks, extra={"class": ["wall"]}), part(other)]
    write_particles(tmp_path / "out.csv", "csv", parts)
    with (tmp_path / "out.csv").open() as file:
        first, second = csv.DictReader(file)
    assert list(first)[:5] == ["key", "tomogram", "x_angstrom", "y_angstrom", "z_angstrom"]
    assert first["key"] == "TS_01/000000"
    # 40, 20, 8 pixels of 2.5 A less the shift of 1, 2, 3 A
    assert [first[f"{a}_angstrom"] for a in "xyz"] == ["99.0000", "48.0000", "17.0000"]
    assert [first[label] for label in XYZ.split()] == ["40", "20", "8"]
    assert (first["class"], second["class"], second["rlnCoordinateX"]) == ("wall", "", "")
    assert (second["key"], second["particle"], second["z_angstrom"]) == ("7", "7", "3.50")


def test_nothing_to_write_and_unknown_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PicksError, match=r"expected particles to write to .*, found none"):
        write_particles(tmp_path / "out.star", "relion5", [])
    with pytest.raises(UnknownNameError, match="no export format called 'relion6'; did you mean"):
        write_particles(tmp_path / "out.star", "relion6", [])
    assert list(tmp_path.iterdir()) == []


def test_the_real_microtubule_goes_out_and_in_again(tmp_path: Path, shared_data: Path) -> None:
    folder = shared_data / "microtubule"
    source = folder / "13pf_candidates_relion5.star"
    with open_volume(folder / "13pf_MT.mrc") as volume:
        before = part(read_picks(source), volume)
        for to in ("relion5", "relion4"):
            write_particles(tmp_path / f"{to}.star", to, [before])
            again = read_picks(tmp_path / f"{to}.star")
            assert again.format == to
            np.testing.assert_allclose(
                part(again, volume).position_zyx_angstrom, before.position_zyx_angstrom, atol=1e-3
            )
    written, came = read_star(tmp_path / "relion5.star"), read_star(source)
    assert written["optics"].pop("rlnImagePixelSize") == ["10.520000"]
    assert written == came
    frame = starfile.read(tmp_path / "relion4.star")["particles"]
    assert len(frame) == 1300
    # 57.799, 109.580, 10.902 voxels in the truth; a pixel of the tilt series is a voxel here
    np.testing.assert_allclose(
        frame.loc[0, XYZ.split()].astype(float), [57.799, 109.580, 10.902], atol=5.1e-4
    )


def test_real_warp_series_go_out_as_relion(tmp_path: Path, shared_data: Path) -> None:
    folder = shared_data / "coordinates" / "formats"
    source = unpacked(folder / "relion5__clean__warp2_particles_matching.star.gz", tmp_path)
    tomograms = unpacked(folder / "relion5__clean__warp2_matching_tomograms.star.gz", tmp_path)
    volume = Blank((79, 474, 347))
    before = part(read_picks(source, tomograms=tomograms), volume)
    for to in ("relion5", "relion4"):
        path = tmp_path / f"{to}.star"
        write_particles(path, to, [before])
        again = read_picks(path, tomograms=tomograms)
        assert again.format == to
        np.testing.assert_allclose(
            part(again, volume).position_zyx_angstrom, before.position_zyx_angstrom, atol=1e-3
        )
        blocks = read_star(path)
        assert blocks["optics"] == read_star(source)["optics"]
        assert blocks["particles"]["rlnTomoVisibleFrames"][0].startswith("[1,1,1")


def test_a_star_of_particles_without_a_tomogram_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("x,y,z\n1,2,3\n")
    picks = read_picks(tmp_path / "p.csv")
    with pytest.raises(
        PicksError, match="expected the name of a tomogram, found none for '/000000'"
    ):
        write_particles(tmp_path / "out.star", "relion5", [part(picks)])
    write_particles(tmp_path / "out.star", "relion5", [part(picks.called("TS_01"))])
    assert read_picks(tmp_path / "out.star").keys("TS_01") == ["TS_01/000000"]


def test_a_csv_says_positions_keys_and_poses_that_its_columns_do_not(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("key,tomogram,x_angstrom,y_angstrom,z_angstrom\na,T,1,2,3.50\n")
    for told, x in ((None, "1"), (5.0, "5.0000")):
        picks = read_picks(tmp_path / "p.csv", coordinate_spacing=told)
        before = replace(part(picks), keys=["second/a"])
        write_particles(tmp_path / "out.csv", "csv", [before])
        (row,) = csv.DictReader((tmp_path / "out.csv").read_text().splitlines())
        assert (row["key"], row["x_angstrom"]) == ("second/a", x)
    table = " ".join(["1", "1", "1", "0", "0", "0", "0", "90", "0", *["0"] * 14, "5.5", "6", "7"])
    (tmp_path / "p.tbl").write_text(f"{table}\n")
    before = part(read_picks(tmp_path / "p.tbl").called("T"))
    write_particles(tmp_path / "out.csv", "csv", [before])
    again = part(read_picks(tmp_path / "out.csv"))
    assert again.rotation is not None
    np.testing.assert_allclose(again.rotation, before.rotation, atol=1e-6)
    np.testing.assert_allclose(again.rotation[0] @ [0, 0, 1], [0, 1, 0], atol=1e-6)


def test_names_that_tell_sets_of_picks_apart_go_out(tmp_path: Path) -> None:
    text = f"rlnTomoName rlnTomoParticleName {XYZ_CENTRED}\nTS_1 TS_1/1 1 2 3"
    before = part(read_picks(particles(tmp_path / "p.star", text)))
    parts = [before, replace(before, keys=["second/TS_1/1"])]
    write_particles(tmp_path / "out.star", "relion5", parts)
    assert read_picks(tmp_path / "out.star").keys("TS_1") == ["TS_1/1", "second/TS_1/1"]
