from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.errors import FileFormatError, PicksError
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import write_particles
from cryoal.io.xml_tree import read_xml
from tests.io.picks.test_tables import part, position, written

if TYPE_CHECKING:
    from pathlib import Path

OBJECTS = """<objlist>
  <object tomo_idx="0" class_label="11" x="1" y="2.5" z="3" phi="90" psi="0" the="0"/>
  <object tomo_idx="1" class_label="5" x="4" y="5" z="6" phi="0" psi="0" the="90"/>
</objlist>
"""
PARTICLES = """<ParticleList>
  <Particle Filename="a.em">
    <Rotation Z1="90" Z2="0" X="0" Paradigm="ZXZ"/>
    <Shift X="1" Y="0" Z="-1"/>
    <PickPosition X="1" Y="2" Z="3.5" Origin="tomos/TS_1.em"/>
    <Score Type="FLCFScore" Value="0.25"/><Class Name="None"/>
  </Particle>
  <Particle Filename="b.em">
    <Rotation Z1="0" Z2="0" X="90" Paradigm="ZXZ"/>
    <Shift X="0" Y="0" Z="0"/>
    <PickPosition X="4" Y="5" Z="6" Origin="tomos/TS_1.em"/>
    <Score Type="FLCFScore" Value="0.5"/><Class Name="3"/>
  </Particle>
</ParticleList>
"""
ABOUT_Z = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]  # x goes to y
ABOUT_X = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]  # y goes to z


def test_objects_of_deepfinder_are_voxels_and_tomograms_are_numbers(tmp_path: Path) -> None:
    picks = read_picks(written(tmp_path / "o.xml", OBJECTS))
    assert (picks.format, picks.names()) == ("deepfinder", ["0", "1"])
    assert position(picks, "0") == [[30, 25, 10]]
    assert picks.columns["class_label"] == ["11", "5"]
    assert picks.rotation is not None
    np.testing.assert_allclose(picks.rotation, [ABOUT_Z, ABOUT_X], atol=1e-12)


def test_a_list_of_deepfinder_may_name_no_tomogram_and_have_no_angles(tmp_path: Path) -> None:
    text = OBJECTS.replace(' tomo_idx="1"', "").replace(' tomo_idx="0"', "")
    text = text.replace(' the="90"', "")
    picks = read_picks(written(tmp_path / "o.xml", text))
    assert picks.names() == [""]
    assert picks.rotation is None  # one of them has no angle
    assert position(read_picks(tmp_path / "o.xml", coordinate_spacing=2.0))[0] == [6, 5, 2]


def test_objects_go_out_with_the_names_of_their_tomograms(tmp_path: Path) -> None:
    picks = read_picks(written(tmp_path / "o.xml", OBJECTS))
    told = {"cryoalClass": ["wall", "None"], "rlnClassNumber": ["2", "0"]}
    said = write_particles(tmp_path / "out.xml", "deepfinder", [part(picks, told)])
    assert said == [
        "class_label: 0 no class, 2 wall",
        "tomo_idx: 0 to 1, as the attribute tomogram",
    ]
    again = read_picks(tmp_path / "out.xml")
    assert (again.names(), position(again, "1")) == (["0", "1"], [[60, 50, 40]])
    assert again.columns["class_label"] == ["2", "0"]
    np.testing.assert_allclose(again.rotation, picks.rotation, atol=1e-5)


def test_particles_of_pytom_are_voxels_plus_their_shift(tmp_path: Path) -> None:
    picks = read_picks(written(tmp_path / "p.xml", PARTICLES))
    assert (picks.format, picks.names()) == ("pytom", ["tomos/TS_1.em"])
    found = position(picks)
    assert found == [[25, 20, 20], [60, 50, 40]]  # z 3.5 - 1, x 1 + 1, in voxels of 10 A
    assert picks.rotation is not None
    np.testing.assert_allclose(picks.rotation, [ABOUT_Z, ABOUT_X], atol=1e-12)
    assert picks.convention.score_column(picks.columns) == "pytom_score"
    assert picks.convention.class_column(picks.columns) == "pytom_class"
    said = write_particles(tmp_path / "out.xml", "pytom", [part(picks)])
    assert said == ["Class: 1 3, 2 None"]
    again = read_picks(tmp_path / "out.xml")
    assert position(again) == found
    assert again.columns["pytom_score"] == ["0.25", "0.5"]
    np.testing.assert_allclose(again.rotation, picks.rotation, atol=1e-5)


def test_another_paradigm_of_pytom_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "p.xml", PARTICLES.replace("ZXZ", "ZYZ", 1))
    with pytest.raises(PicksError, match="expected Rotation with the Paradigm ZXZ, found 'ZYZ'"):
        read_picks(path)


def test_xml_in_gzip_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.xml.gz").write_bytes(gzip.compress(PARTICLES.encode()))
    assert len(read_picks(tmp_path / "p.xml.gz")) == 2


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE objlist [<!ENTITY a "aaaa">]>',
        '<!DOCTYPE objlist SYSTEM "file:///etc/passwd">',
        "<!DOCTYPE objlist>",
    ],
)
def test_a_document_type_is_refused_before_an_entity_can_be_used(
    tmp_path: Path, declared: str
) -> None:
    path = written(tmp_path / "o.xml", declared + OBJECTS)
    with pytest.raises(
        PicksError,
        match=r"^expected XML without a document type, found <!DOCTYPE objlist> in .*o\.xml: take",
    ):
        read_picks(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OBJECTS[:-12], r"expected XML, found it broken in .*o\.xml: "),
        ("<objlist></objlist>", "expected an objlist with objects"),
        ("<a><objlist/></a>", "expected an objlist with objects"),
        ("<ParticleList/>", "expected a ParticleList with particles"),
        (OBJECTS.replace('x="1"', 'x="one"'), "expected a number in column x, row 1, found 'one'"),
        (OBJECTS.replace(' x="1"', ""), "expected a number in column x, row 1, found ''"),
        ("<objlist>" + "<a>" * 100 + "</a>" * 100 + "</objlist>", "nested more than 64 deep"),
    ],
)
def test_broken_lists_are_refused_by_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path / "o.xml", text)
    with pytest.raises(PicksError, match=message):
        position(read_picks(path))


def test_an_encoding_that_none_knows_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="expected XML, found it broken"):
        read_xml(b'<?xml version="1.0" encoding="nonsense"?><a/>', tmp_path)
