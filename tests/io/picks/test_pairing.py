from __future__ import annotations

from pathlib import Path

import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.names import distinct_names, is_generic, shorter_names
from cryoal.io.picks.pairing import Pair, pair_up
from cryoal.io.picks.told_names import told_names


def paired(files: list[str], names: list[str], **told: dict[str, Path]) -> dict[str, str]:
    found = pair_up([Path(file) for file in files], names, **told)
    return {str(pair.path): pair.name for pair in found.pairs}


@pytest.mark.parametrize(
    "file",
    [
        "TS_1_Vol.mrc",
        "TS_1_EVN_Vol.mrc",
        "TS_1_corrected.mrc",
        "TS_1_denoised.zarr",
        "TS_1_bin4.mrc",
        "TS_1_10.00Apx_denoised.mrc",
        "rec_TS_1_half1.mrc",
        "rec_TS_1.mrc",
        "TS_1_full_rec_SIRT.rec.gz",
        "TS_1.tomostar",
        "ts_1.MRC",
    ],
)
def test_words_that_programs_add_do_not_hide_the_name(file: str) -> None:
    assert paired([file], ["TS_10", "TS_1", "TS_100"]) == {file: "TS_1"}


@pytest.mark.parametrize("file", ["TS_1_2.mrc", "TS_1_12a.mrc", "TS_1b.mrc", "TS_1_mine.mrc"])
def test_what_may_be_another_tomogram_is_not_taken_for_this_one(file: str) -> None:
    with pytest.raises(
        PicksError, match=rf"expected picks of {file}, .* --name TS_1={file} says that they belong"
    ):
        paired([file], ["TS_1"])


def test_a_suffix_that_fits_two_names_fits_none() -> None:
    names = ["TS_1_bin2", "TS_1_bin4", "TS_2"]
    found = pair_up([Path("TS_1_Vol.mrc"), Path("TS_2.mrc")], names)
    assert [pair.name for pair in found.pairs] == ["TS_2"]
    assert found.without_picks == (Path("TS_1_Vol.mrc"),)
    assert paired(["TS_1_bin4_Vol.mrc"], names) == {"TS_1_bin4_Vol.mrc": "TS_1_bin4"}


def test_folders_name_tomograms_whose_files_are_called_alike() -> None:
    files = ["data/TS_1/anything.zarr", "data/TS_2/anything.zarr"]
    assert paired(files, ["TS_1", "TS_2"]) == {files[0]: "TS_1", files[1]: "TS_2"}
    copick = "copick/ExperimentRuns/TS_1/VoxelSpacing10.000/denoised.zarr"
    assert paired([copick], ["TS_2", "TS_1"]) == {copick: "TS_1"}
    with pytest.raises(PicksError, match=r"found those of 'TS_1'"):  # a name of its own
        paired(["data/TS_1/TS_2.mrc"], ["TS_1"])


def test_sessions_with_equal_names_are_told_apart_by_their_folders() -> None:
    names = ["s1/TS_1", "s2/TS_1"]
    assert paired(["/x/s2/TS_1.mrc", "/x/s1/TS_1.mrc"], names) == {
        "/x/s2/TS_1.mrc": "s2/TS_1",
        "/x/s1/TS_1.mrc": "s1/TS_1",
    }
    with pytest.raises(PicksError, match=r"'s1/TS_1' and 's2/TS_1': say which \(--name s1/TS_1="):
        paired(["s3/TS_1.mrc"], names)


def test_what_the_user_says_holds_before_every_rule() -> None:
    told = {"TS_1": Path("TS_2.mrc"), "TS_2": Path("TS_1.mrc")}
    assert paired(["TS_1.mrc"], ["TS_1", "TS_2"], told=told) == {
        "TS_1.mrc": "TS_2",
        "TS_2.mrc": "TS_1",
    }
    with pytest.raises(PicksError, match=r"a name of the picks, found 'TS_12'; did you mean"):
        paired([], ["TS_1", "TS_2"], told={"TS_12": Path("a.mrc")})
    with pytest.raises(PicksError, match=r"one name for a.mrc, found 'TS_1' and 'TS_2'"):
        paired([], ["TS_1", "TS_2"], told={"TS_1": Path("a.mrc"), "TS_2": Path("a.mrc")})


def test_relion_s_table_names_the_files_where_none_are_given() -> None:
    listed = {"TS_1": Path("job7/rec_a.mrc"), "TS_2": Path("job7/rec_b.mrc")}
    assert paired([], ["TS_2"], listed=listed) == {"job7/rec_b.mrc": "TS_2"}
    assert paired(["job7/rec_a.mrc"], ["TS_1", "TS_2"], listed=listed) == {"job7/rec_a.mrc": "TS_1"}
    told = {"TS_2": Path("mine.mrc")}
    assert paired([], ["TS_1", "TS_2"], listed=listed, told=told) == {
        "mine.mrc": "TS_2",
        "job7/rec_a.mrc": "TS_1",
    }


def test_the_surer_rule_has_the_name_and_equal_ones_are_asked_about() -> None:
    found = pair_up([Path("TS_1_Vol.mrc"), Path("TS_1.mrc")], ["TS_1"])
    assert found.pairs == (Pair(Path("TS_1.mrc"), "TS_1", "its file name"),)
    assert found.without_picks == (Path("TS_1_Vol.mrc"),)
    with pytest.raises(PicksError, match=r"one tomogram for 'TS_1', found .* \(--name TS_1=FILE"):
        pair_up([Path("TS_1_Vol.mrc"), Path("TS_1_bin4.mrc")], ["TS_1"])
    assert paired(["TS_1.mrc", "TS_1.mrc"], ["TS_1"]) == {"TS_1.mrc": "TS_1"}


def test_the_rule_is_said_but_that_of_equal_names() -> None:
    files = [Path(f) for f in ("TS_1.mrc", "TS_2_Vol.mrc", "TS_3_Vol.mrc", "a/TS_4/rec.mrc")]
    found = pair_up(files, ["TS_1", "TS_2", "TS_3", "TS_4"])
    assert found.said() == [
        "a/TS_4/rec.mrc goes by 'TS_4' (its folder TS_4)",
        "TS_2_Vol.mrc goes by 'TS_2' (without _Vol), and 1 more in the same way",
    ]


def test_words_are_taken_off_one_by_one() -> None:
    assert shorter_names("TS_1_bin4_denoised") == ["TS_1_bin4", "TS_1"]
    assert shorter_names("TS_1") == []
    assert shorter_names("bin4_rec") == []
    assert [is_generic(name) for name in ("full_rec", "denoised", "tomo_1")] == [True, True, False]


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["TS_1.tomostar", "TS_2.tomostar"], ["TS_1", "TS_2"]),
        (["s1/x/TS_1", "s2/x/TS_1", "s2/x/TS_2"], ["s1/x/TS_1", "s2/x/TS_1", "TS_2"]),
        (["TS_1", "a/TS_1"], ["TS_1", "a/TS_1"]),
        (["TS_1", "TS_1.tomostar"], ["TS_1", "TS_1.tomostar"]),
    ],
)
def test_short_names_differ_and_keep_folders_only_for_that(
    names: list[str], short: list[str]
) -> None:
    assert list(distinct_names(names).values()) == short


def test_names_are_told_one_by_one_or_in_a_table(tmp_path: Path) -> None:
    table = tmp_path / "names.csv"
    table.write_text("file,tomogram\nrec/a.mrc,TS_1\n/abs/b.mrc,TS_2\n")
    assert told_names(["TS_3=c=d.mrc", str(table)]) == {
        "TS_3": Path("c=d.mrc"),
        "TS_1": tmp_path / "rec/a.mrc",
        "TS_2": Path("/abs/b.mrc"),
    }
    with pytest.raises(PicksError, match=r"expected one file for 'TS_1', found a\.mrc and b\.mrc"):
        told_names(["TS_1=a.mrc", "TS_1=b.mrc"])
    with pytest.raises(PicksError, match="expected --name NAME=FILE, found '=a"):
        told_names(["=a.mrc"])
    with pytest.raises(PicksError, match="a table of names and files, found TS_1"):
        told_names(["TS_1"])
    table.write_text("name,path\nTS_1,a.mrc\n")
    with pytest.raises(PicksError, match=r"expected columns tomogram and file, found name, path"):
        told_names([str(table)])
