from __future__ import annotations

import csv
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.export import export
from cryoal.campaign.export_columns import columns_of_picks
from cryoal.campaign.loop import simulate
from cryoal.campaign.predictions import are_current, classify, last_classes, read_predictions
from cryoal.campaign.settings_file import add_class
from cryoal.cli import main
from cryoal.data.extract import extract
from cryoal.errors import CampaignError, FileFormatError, UnknownNameError
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import WRITERS, makes_folder
from cryoal.io.star import read_star, write_star
from cryoal.records import digest_of_file, read_json, write_json
from tests.io.picks.every_format import ROUNDS, read_parts, suffix

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.testing.phantoms import PhantomFiles


@pytest.fixture
def classified(campaign: Campaign, phantoms: PhantomFiles) -> Campaign:
    """A campaign of which 15 boxes are labelled and all are classified."""
    simulate(campaign, phantoms.truth, cycles=1, m=15)
    classify(campaign)
    return campaign


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_box_gets_a_class_its_probabilities_and_the_disagreement(
    classified: Campaign,
) -> None:
    rows = table(classified.path / "predictions.csv")
    classes = classified.config.classes
    expected = ["key", "class", "decided_by", "classifier", *(f"p_{c}" for c in classes)]
    assert list(rows[0]) == [*expected, "agreement", "entropy", "novelty", "disagreement"]
    labels = classified.training_labels()
    assert [row["key"] for row in rows] == classified.pool.keys.tolist()
    for row in rows:
        p = [float(row[f"p_{name}"]) for name in classes]
        assert sum(p) == pytest.approx(1, abs=1e-5)
        guess, by = classes[int(np.argmax(p))], "classifier"
        key = row["key"]
        assert (row["class"], row["decided_by"]) == (
            (labels[key], "expert") if key in labels else (guess, by)
        )
        assert float(row["disagreement"]) >= 0
        entropy = -sum(x * np.log(x) for x in p if x > 0)
        assert float(row["entropy"]) == pytest.approx(entropy, abs=1e-4)
        assert (row["agreement"], row["novelty"]) == ("", "")  # one teacher has nobody beside it


def test_what_the_pair_looked_in_is_kept_beside_the_table(classified: Campaign) -> None:
    told = read_json(classified.path / "predictions.json")["scoring"]
    n = len(classified.pool)
    assert told["name"] == "float32"
    assert told["why"] in (  # whichever processor this is
        f"{n} boxes are too few to ask for more",
        "the processor has no bfloat16",
    )


def test_a_table_without_the_newer_columns_is_read_and_goes_out_as_before(
    classified: Campaign, tmp_path: Path
) -> None:
    path = classified.path / "predictions.csv"
    now = read_predictions(classified)
    newer = ("agreement", "entropy", "novelty")
    older = [{n: c for n, c in row.items() if n not in newer} for row in table(path)]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, older[0])
        writer.writeheader()
        writer.writerows(older)
    facts = read_json(path.with_suffix(".json"))
    write_json(path.with_suffix(".json"), {**facts, "table": digest_of_file(path)})
    found = read_predictions(classified)
    assert (found.agreement, found.entropy, found.novelty) == (None, None, None)
    assert (found.keys, found.label, found.decided_by) == (now.keys, now.label, now.decided_by)
    np.testing.assert_array_equal(found.probability, now.probability)
    assert found.disagreement is not None
    np.testing.assert_array_equal(found.disagreement, np.asarray(now.disagreement))
    export(classified, "relion5", tmp_path / "out.star")
    assert "cryoalEntropy" not in read_star(tmp_path / "out.star")["particles"]
    assert table(path) == older  # it was current, so nothing was made anew


def test_the_copy_is_the_table(classified: Campaign, tmp_path: Path) -> None:
    summary = classify(classified, output=tmp_path / "mine.csv")
    assert (tmp_path / "mine.csv").read_text() == (classified.path / "predictions.csv").read_text()
    assert sum(summary.counts.values()) == summary.n == len(classified.pool)
    decided = {"expert": 15, "classifier": 21, "undecided": 0, "disputed": 0, "novel": 0}
    assert (summary.decided_by, summary.classifier) == (decided, "teacher")


def test_boxes_of_no_class_are_counted_apart(
    classified: Campaign, truth: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    unsure, unlike = [k for k in classified.pool.keys if k not in classified.training_labels()][:2]
    classified.record("ann", [(unsure, None), (unlike, "ring")])
    classified.record("bob", [(unlike, "rod")])
    assert main(["classify", str(classified.path)]) == 0
    assert capsys.readouterr().out.endswith("  no class: 2 (1 undecided, 1 disputed)\n")
    summary = classify(classified).as_json()
    assert isinstance(summary, dict)
    decided = {"expert": 15, "classifier": 19, "undecided": 1, "disputed": 1, "novel": 0}
    assert summary["decided_by"] == decided
    rows = {row["key"]: row for row in table(classified.path / "predictions.csv")}
    assert [(rows[k]["class"], rows[k]["decided_by"]) for k in (unsure, unlike)] == [
        ("", "undecided"),
        ("", "disputed"),
    ]


def test_predictions_know_when_they_are_out_of_date(
    classified: Campaign, truth: dict[str, str]
) -> None:
    assert are_current(classified)
    unlabelled = next(k for k in classified.pool.keys if k not in classified.training_labels())
    classified.record("ann", [(unlabelled, truth[unlabelled])])
    assert not are_current(classified)


def test_there_is_nothing_to_export_before_anything_is_labelled(
    campaign: Campaign, tmp_path: Path
) -> None:
    with pytest.raises(CampaignError, match="at least two classes to train on, found 0 labels"):
        export(campaign, "relion5", tmp_path / "out.star")
    with pytest.raises(CampaignError, match="found none; run cryoal classify"):
        read_predictions(campaign)
    assert not (tmp_path / "out.star").exists()


def test_an_export_is_never_out_of_date(
    classified: Campaign, truth: dict[str, str], tmp_path: Path
) -> None:
    key = next(str(k) for k in classified.pool.keys if k not in classified.training_labels())
    classified.record("ann", [(key, truth[key])])
    export(classified, "csv", tmp_path / "out.csv")
    assert are_current(classified)
    (row,) = (row for row in table(tmp_path / "out.csv") if row["key"] == key)
    assert (row["cryoalClass"], row["cryoalDecidedBy"]) == (truth[key], "expert")


def test_relion5_comes_out_as_it_went_in_with_our_columns_added(
    classified: Campaign, phantoms: PhantomFiles, truth: dict[str, str], tmp_path: Path
) -> None:
    n = export(classified, "relion5", tmp_path / "out.star")
    before, after = read_star(phantoms.picks), read_star(tmp_path / "out.star")
    assert n == 36
    pixel = {"rlnImagePixelSize": ["2.500000"]}  # RELION 3.1 wants it
    assert after["optics"] == before["optics"] | pixel
    ours = ["rlnClassNumber", "cryoalClass", "cryoalProbability", "cryoalEntropy"]
    ours += ["cryoalDisagreement", "cryoalDecidedBy"]
    assert list(after["particles"]) == [*before["particles"], *ours]
    for name, cells in before["particles"].items():
        assert after["particles"][name] == cells
    particles, labels = after["particles"], classified.training_labels()
    for key, name, number, by, p in zip(
        particles["rlnTomoParticleName"],
        particles["cryoalClass"],
        particles["rlnClassNumber"],
        particles["cryoalDecidedBy"],
        particles["cryoalProbability"],
        strict=True,
    ):
        assert classified.config.classes[int(number) - 1] == name
        assert by == ("expert" if key in labels else "classifier")
        if key in labels:
            assert (name, float(p)) == (truth[key], 1.0)


def test_a_format_of_several_files_goes_to_a_folder_again_and_again(
    classified: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(classified.path), "--to", "dynamo", "-o"]
    out = tmp_path / "table"
    for _ in range(2):
        assert main([*words, str(out)]) == 0
    files = sorted(file.name for file in out.iterdir())
    assert files == ["classes.txt", "particles.doc", "particles.tbl"]
    tomograms = classified.pool.tomograms[0].path.parent
    for path in (out / "particles.tbl", tmp_path, tomograms, classified.path):
        assert main([*words, str(path), "--force"]) == 2
        line = capsys.readouterr().err.splitlines()[-1]
        assert line.startswith("cryoal: expected")
    assert len(read_picks(out / "particles.tbl")) == 36


def test_a_class_number_of_relion_moves_to_another_column_and_export_says_so(
    campaign: Campaign,
    phantoms: PhantomFiles,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:

    blocks = read_star(phantoms.picks)
    numbers = [str(7 + i % 3) for i in range(36)]
    blocks["particles"]["rlnClassNumber"] = numbers
    write_star(tmp_path / "numbered.star", blocks)
    shutil.rmtree(campaign.pool_path)
    extract(campaign.pool_path, phantoms.tomograms, read_picks(tmp_path / "numbered.star"), box=8)
    simulate(campaign, phantoms.truth, cycles=1, m=15)
    classify(campaign)
    words = ["export", str(campaign.path), "--to", "relion5", "-o", str(tmp_path / "out.star")]
    assert main(words) == 0
    particles = read_star(tmp_path / "out.star")["particles"]
    assert particles["cryoalSourceClassNumber"] == numbers
    classes = campaign.config.classes
    ours = [str(1 + classes.index(name)) for name in particles["cryoalClass"]]
    assert particles["rlnClassNumber"] == ours
    said = "rlnClassNumber is the class; what RELION had there is in cryoalSourceClassNumber"
    assert said in capsys.readouterr().err
    export(campaign, "csv", tmp_path / "out.csv")
    assert [row["rlnClassNumber"] for row in table(tmp_path / "out.csv")] == numbers


def test_the_filters_keep_what_they_say(classified: Campaign, tmp_path: Path) -> None:
    export(classified, "csv", tmp_path / "all.csv")
    everything = table(tmp_path / "all.csv")
    wanted = [
        row
        for row in everything
        if row["cryoalClass"] == "rod" and float(row["cryoalProbability"]) >= 0.5
    ]
    n = export(classified, "csv", tmp_path / "some.csv", only_class="rod", min_probability=0.5)
    assert table(tmp_path / "some.csv") == wanted
    assert n == len(wanted) > 0


def test_predictions_of_other_settings_are_made_again(classified: Campaign, tmp_path: Path) -> None:
    import dataclasses

    reordered = ("rod", "ring", "background")
    classified.config = dataclasses.replace(classified.config, classes=reordered)
    assert not are_current(classified)
    export(classified, "csv", tmp_path / "out.csv")
    columns = list(table(classified.path / "predictions.csv")[0])
    assert columns[4:7] == ["p_rod", "p_ring", "p_background"]


def test_bad_wishes_are_refused(classified: Campaign, tmp_path: Path) -> None:
    out = tmp_path / "out.star"
    with pytest.raises(UnknownNameError, match="no export format called 'relion6'"):
        export(classified, "relion6", out)
    with pytest.raises(UnknownNameError, match="no class called 'rods'; did you mean 'rod'"):
        export(classified, "csv", out, only_class="rods")
    assert not out.exists()


def test_a_table_that_was_edited_is_named(classified: Campaign) -> None:
    path = classified.path / "predictions.csv"
    path.write_text(path.read_text().replace("p_rod", "rods", 1))
    for read in (read_predictions, last_classes):
        with pytest.raises(
            FileFormatError,
            match=r"predictions\.csv as it was .*; cryoal classify .* makes it anew",
        ):
            read(classified)
    (classified.path / "predictions.json").unlink()
    with pytest.raises(FileFormatError, match=r"expected columns .* in .*predictions\.csv"):
        read_predictions(classified)


def test_a_damaged_record_of_the_table_makes_it_anew(classified: Campaign, tmp_path: Path) -> None:
    path = classified.path / "predictions.json"
    whole = path.read_text()
    for damaged in (whole[:50], whole.replace('"n_boxes": 36', '"n_boxes": 37')):
        assert damaged != whole
        path.write_text(damaged)
        assert not are_current(classified)
        assert export(classified, "csv", tmp_path / f"{len(damaged)}.csv") == 36
        assert are_current(classified)


@pytest.mark.parametrize("edit", ["cut", "doubled", "semicolons"])
def test_an_edited_table_is_made_again_and_drops_no_particle(
    classified: Campaign, tmp_path: Path, edit: str
) -> None:
    path = classified.path / "predictions.csv"
    lines = path.read_text().splitlines()
    edited = {
        "cut": lines[:20],
        "doubled": [*lines, lines[-1]],
        "semicolons": [line.replace(",", ";") for line in lines],
    }
    path.write_text("\n".join(edited[edit]) + "\n")
    assert export(classified, "relion5", tmp_path / "out.star") == len(classified.pool)


def test_one_column_of_class_numbers_never_mixes_two_meanings(
    campaign: Campaign, phantoms: PhantomFiles, tmp_path: Path
) -> None:

    blocks = read_star(phantoms.picks)
    names = [f"{key}b" for key in blocks["particles"]["rlnTomoParticleName"]]
    blocks["particles"]["rlnTomoParticleName"] = names
    blocks["particles"]["rlnClassNumber"] = ["7"] * 36
    x = blocks["particles"]["rlnCenteredCoordinateXAngst"]
    blocks["particles"]["rlnCenteredCoordinateXAngst"] = [f"{float(text) + 20:.3f}" for text in x]
    write_star(tmp_path / "more.star", blocks)
    extract(campaign.pool_path, phantoms.tomograms, read_picks(tmp_path / "more.star"), box=8)
    simulate(campaign, phantoms.truth, cycles=1, m=72)
    export(campaign, "relion5", tmp_path / "out.star")
    particles = read_star(tmp_path / "out.star")["particles"]
    assert set(particles["rlnClassNumber"]) <= {"0", "1", "2", "3"}
    assert set(particles["cryoalSourceClassNumber"]) == {"7", "0"}  # 0: those picks said nothing


def test_class_numbers_of_an_export_are_known_for_ours_when_they_come_back() -> None:
    ours: dict[str, list[str]] = {"rlnClassNumber": ["3", "1"], "cryoalClass": ["rod", "ring"]}
    classes = ["rod", "None", "wall", "rod"]
    came = {"note": [*"abcd"], "cryoalClass": classes, "rlnClassNumber": ["2", "0", "1", "2"]}
    assert list(columns_of_picks(came, ours)) == ["note", "cryoalClass", "rlnClassNumber"]
    assert list(columns_of_picks(came, {})) == ["note"]  # a CSV has no number of ours
    # RELION classified it since, and kept our column of names
    relion = {**came, "rlnClassNumber": ["2", "1", "1", "1"], "cryoalSourceClassNumber": [*"9999"]}
    kept = columns_of_picks(relion, ours)
    assert list(kept) == ["note", "cryoalClass", "cryoalSourceClassNumber"]
    assert kept["cryoalSourceClassNumber"] == ["2", "1", "1", "1"]


def test_labels_that_come_in_meanwhile_make_the_predictions_out_of_date(
    classified: Campaign, truth: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryoal.campaign import classifier

    late = next(str(k) for k in classified.pool.keys if k not in classified.training_labels())
    train = classifier.current_team

    def slowly(*args: object, **kwargs: object) -> object:
        trained = train(*args, **kwargs)  # type: ignore[arg-type]
        classified.record("ann", [(late, truth[late])])
        return trained

    monkeypatch.setattr(classifier, "current_team", slowly)
    assert classify(classified).n_labelled == 15
    assert not are_current(classified)


def test_the_last_classes_outlive_a_new_class_and_a_new_name(classified: Campaign) -> None:
    rows = table(classified.path / "predictions.csv")
    before = last_classes(classified)
    assert before == {
        r["key"]: (r["class"], 1.0 if r["decided_by"] == "expert" else float(r[f"p_{r['class']}"]))
        for r in rows
    }
    add_class(classified.path, "spiral")
    assert last_classes(type(classified).open(classified.path)) == before
    file = classified.path / "campaign.toml"
    text = file.read_text().replace('"ring"', '"torus"', 1)
    file.write_text(text.replace("renamed = []", 'renamed = ["ring = torus"]'))
    after = last_classes(type(classified).open(classified.path))
    said = {name for name, _ in before.values()}
    assert {name for name, _ in after.values()} == {"torus" if n == "ring" else n for n in said}


def test_the_last_classes_of_another_table_are_refused(campaign: Campaign) -> None:
    assert last_classes(campaign) == {}
    path = campaign.path / "predictions.csv"
    for content in ("key,class\nTS_01/1,ring\n", "key,class,p_ring\nTS_01/1,ring,high\n"):
        path.write_text(content)
        with pytest.raises(FileFormatError, match=r"a class and its probability in .* line 2"):
            last_classes(campaign)
    path.write_text("a,b\n")
    with pytest.raises(FileFormatError, match=r"expected the columns key and class in"):
        last_classes(campaign)


def test_what_the_user_says_of_the_tilt_series_goes_out(
    campaign: Campaign, phantoms: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        (f"{key},{name}", *(f"{v:.3f}" for v in campaign.pool.position_zyx_angstrom[i, ::-1]))
        for i, (key, name) in enumerate(
            zip(
                campaign.pool.keys,
                (campaign.pool.tomogram_names[t] for t in campaign.pool.tomogram),
                strict=True,
            )
        )
    ]
    lines = ["key,tomogram,x_angstrom,y_angstrom,z_angstrom", *map(",".join, rows)]
    (tmp_path / "p.csv").write_text("\n".join(lines))
    shutil.rmtree(campaign.pool_path)
    extract(campaign.pool_path, phantoms.tomograms, read_picks(tmp_path / "p.csv"), box=8)
    campaign = Campaign.open(campaign.path)
    simulate(campaign, phantoms.truth, cycles=1, m=15)
    classify(campaign)
    out = tmp_path / "out.star"
    words = ["export", str(campaign.path), "--to", "relion4", "-o", str(out)]
    assert main(words) == 2
    assert "expected the pixel of the unbinned tilt series" in capsys.readouterr().err
    assert not out.exists()
    assert main([*words, "--pixel-size", "2.5", "--voltage", "300", "--cs", "2.7"]) == 0
    optics = read_star(out)["optics"]
    assert (optics["rlnVoltage"], optics["rlnTomoTiltSeriesPixelSize"]) == (
        ["300.000000"],
        ["2.500000"],
    )
    first = float(read_star(out)["particles"]["rlnCoordinateX"][0])
    assert first == pytest.approx(float(rows[0][1]) / 2.5, abs=1e-6)
    assert main([*words, "--pixel-size", "0"]) == 2
    assert "expected a number above 0 for --pixel-size, found 0" in capsys.readouterr().err

    star = read_star(phantoms.tomograms_star)["global"]
    assert main([*words, "--tomograms", str(phantoms.tomograms_star)]) == 0
    assert read_star(out)["optics"]["rlnTomoTiltSeriesPixelSize"] == ["2.500000"]
    assert "no rlnVoltage and no rlnSphericalAberration in data_opt" in capsys.readouterr().err
    contradiction = ["--tomograms", str(phantoms.tomograms_star), "--pixel-size", "5"]
    assert main([*words, *contradiction]) == 2
    assert "expected 2.5 A for a pixel of the tilt series" in capsys.readouterr().err
    words = ["export", str(campaign.path), "--to", "relion5", "-o"]
    given = ["--tomograms", str(phantoms.tomograms_star)]
    assert main([*words, str(phantoms.tomograms_star), *given, "--force"]) == 2
    assert "expected another file to write to than the campaign's own" in capsys.readouterr().err
    assert main([*words, str(out), *given]) == 0
    x = float(read_star(out)["particles"]["rlnCenteredCoordinateXAngst"][0])
    middle = float(star["rlnTomoSizeX"][0]) * 2.5 / 2
    assert x == pytest.approx(float(rows[0][1]) - middle, abs=1e-6)


def test_a_campaign_goes_out_as_every_format_and_comes_back_with_its_classes(
    classified: Campaign, phantoms: PhantomFiles, tmp_path: Path
) -> None:
    export(classified, "csv", tmp_path / "all.csv")
    expected = Counter(row["cryoalClass"] for row in table(tmp_path / "all.csv"))
    position = classified.pool.position_zyx_angstrom / 10.0
    for to in WRITERS.names():
        (tmp_path / to).mkdir()
        path = tmp_path / to / ("out" if makes_folder(to) else f"out{suffix(to)}")
        assert export(classified, to, path) == 36
        parts = read_parts(path, to, (32, 80, 80))
        again = np.concatenate([part.position_zyx_angstrom for part in parts]) / 10.0
        off = np.abs(again[:, None] - position[None]).max(axis=2).min(axis=0)
        assert off.max() <= 1e-3 + ROUNDS.get(to, 0), to
        classes = Counter(label for part in parts for label in part.labels)
        if set(classes) & set(expected):  # names, where a format has them
            assert classes == expected, to


def test_a_middle_that_is_told_at_export_counts_for_picks_of_relion5(
    campaign: Campaign, phantoms: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(campaign.pool_path)
    extract(campaign.pool_path, phantoms.tomograms, read_picks(phantoms.picks), box=8)
    campaign = Campaign.open(campaign.path)
    simulate(campaign, phantoms.truth, cycles=1, m=15)
    classify(campaign)
    blocks = read_star(phantoms.tomograms_star)
    wide = [f"{float(text) + 2:g}" for text in blocks["global"]["rlnTomoSizeX"]]
    blocks["global"]["rlnTomoSizeX"] = wide  # 2 pixels of 2.5 A: the middle is 2.5 A further on
    write_star(tmp_path / "t.star", blocks)
    words = ["export", str(campaign.path), "--to", "relion4", "-o", str(tmp_path / "out.star")]
    assert main([*words, "--tomograms", str(tmp_path / "t.star")]) == 0
    told = np.array(read_star(tmp_path / "out.star")["particles"]["rlnCoordinateX"], float)
    np.testing.assert_allclose(
        told * 2.5, campaign.pool.position_zyx_angstrom[:, 2] + 2.5, atol=1e-4
    )
    blocks["global"]["rlnTomoSizeX"] = [f"{2 * float(text):g}" for text in wide]
    write_star(tmp_path / "t.star", blocks)
    assert main([*words, "--tomograms", str(tmp_path / "t.star")]) == 2
    assert "expected a tomogram of 80 x 80 x 32 voxels" in capsys.readouterr().err
