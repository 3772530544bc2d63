from __future__ import annotations

from pathlib import Path

import pytest

import cryoal.io.picks.names as names_module
from cryoal.errors import PicksError
from cryoal.io.picks.names import clean_name, match_tomogram
from cryoal.io.picks.read import read_picks
from tests.io.picks.files import particles


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("TS_01", "TS_01"),
        ("001", "001"),
        ("TS_01.tomostar", "TS_01"),
        ("JTL_ts_002.mrc.tomostar", "JTL_ts_002"),
        ("warp/reconstruction/01006_10.73Apx.mrc", "01006"),
        ("Reconstruct/job01/tomograms/rec_TS_01.mrc", "TS_01"),
        ("TS_01_full_rec.mrc", "TS_01"),
        ("TS_01.rec.gz", "TS_01"),
        ("C:\\data\\TS_01.MRC", "TS_01"),
        ("Position_2.1", "Position_2.1"),
        ("runs/TS_01.zarr/", "TS_01"),
        ("rec_", "rec_"),
        ("", ""),
    ],
)
def test_a_name_is_rid_of_what_programs_add(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@pytest.mark.parametrize(
    ("file", "names", "found"),
    [
        ("TS_1.mrc", ["TS_10", "TS_1"], "TS_1"),
        ("TS_01_10.00Apx.mrc", ["TS_01.tomostar"], "TS_01.tomostar"),
        ("rec_TS_01.mrc", ["TS_01", "rec_TS_01"], "rec_TS_01"),
        ("001.mrc", ["1", "01", "001"], "001"),
        ("TS_01.mrc", ["deep/TS_01.mrc", "TS_01.tomostar"], "deep/TS_01.mrc"),
        ("TS_01.mrc", ["TS_02", "TS_03"], None),
        ("TS_01.mrc", [], None),
    ],
)
def test_a_file_finds_the_name_that_fits_best(
    file: str, names: list[str], found: str | None
) -> None:
    assert match_tomogram(Path("tomograms") / file, names) == found


def test_two_names_that_fit_equally_well_are_refused() -> None:
    with pytest.raises(PicksError, match=r"found 'a/TS_01.mrc' and 'b/TS_01.mrc'"):
        match_tomogram(Path("TS_01.mrc"), ["a/TS_01.mrc", "b/TS_01.mrc"])


def test_names_are_spelt_once_for_all_files(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    true_clean_name = names_module.clean_name

    def counted(name: str) -> str:
        nonlocal calls
        calls += 1
        return true_clean_name(name)

    monkeypatch.setattr(names_module, "clean_name", counted)
    names = [f"counted_{i:02d}.tomostar" for i in range(50)]
    for name in names:
        file = Path(name.replace(".tomostar", "_10.00Apx.mrc"))
        assert match_tomogram(file, names) == name
    assert calls == 100  # one for each name and one for each file


HEADER = "rlnTomoName rlnTomoParticleName rlnCoordinateX rlnCoordinateY rlnCoordinateZ"


def test_a_key_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    path = particles(tmp_path / "p.star", f"{HEADER}\nTS_1 TS_1/1 1 2 3\nTS_2 TS_1/1 5 6 7")
    with pytest.raises(PicksError, match="found 'TS_1/1' in rows 1 and 2"):
        read_picks(path)


def test_keys_of_sessions_with_equal_names_keep_their_folders(tmp_path: Path) -> None:
    header = HEADER.replace("rlnTomoParticleName ", "")
    path = particles(tmp_path / "p.star", f"{header}\na/TS_1.mrc 1 2 3\nb/TS_1.mrc 5 6 7")
    picks = read_picks(path)
    assert picks.keys("a/TS_1.mrc") == ["a/TS_1/000000"]
    assert picks.keys("b/TS_1.mrc") == ["b/TS_1/000000"]


def test_rows_and_keys_are_those_of_one_tomogram(tmp_path: Path) -> None:
    header = HEADER.replace("rlnTomoParticleName ", "")
    path = particles(tmp_path / "p.star", f"{header}\n002 1 2 3\n1 2 2 3\n002 5 6 7")
    picks = read_picks(path)
    assert picks.names() == ["002", "1"]
    assert picks.rows("002").tolist() == [0, 2]
    assert picks.keys("002") == ["002/000000", "002/000001"]
    with pytest.raises(PicksError, match="expected picks of tomogram '2', found none"):
        picks.rows("2")


def test_a_name_is_the_same_however_its_accents_are_stored() -> None:
    apart, together = "Ka\u0308fer_1.mrc", "K\u00e4fer_1"  # as macOS and as Linux write it
    assert clean_name(apart) == together
    assert match_tomogram(Path(f"/data/{apart}"), [together]) == together
