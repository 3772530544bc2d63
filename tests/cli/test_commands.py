"""The commands as a user types them, from tomograms to an export."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cryoal.cli import main
from cryoal.io.star import read_star
from cryoal.testing.phantoms import write_phantoms

if TYPE_CHECKING:
    from cryoal.testing.phantoms import PhantomFiles

SMALL = ["pool.box=8", "model.width=4", "train.epochs=2", "train.batch_size=8"]


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> PhantomFiles:
    folder = tmp_path_factory.mktemp("phantoms")
    return write_phantoms(folder, n_tomograms=2, shape=(32, 80, 80), per_class=6)


def said(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """What a command that must succeed prints on stdout."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def answer(query: Path, truth: Path, answers: Path) -> Path:
    with truth.open(newline="") as file:
        known = {row["key"]: row["label"] for row in csv.DictReader(file)}
    with query.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with answers.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows({**row, "label": known[row["key"]]} for row in rows)
    return answers


def test_the_whole_path(
    phantoms: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "campaign"
    settings = [word for setting in SMALL for word in ("--set", setting)]
    said(capsys, "init", here, "--classes", ",".join(phantoms.classes), *settings)
    tables = ("--picks", phantoms.picks, "--tomograms", phantoms.tomograms_star)
    added = json.loads(said(capsys, "add", here, *phantoms.tomograms, *tables, "--json"))
    assert added["in_tomogram"] == {"TS_01": 18, "TS_02": 18}
    assert (added["density"], added["density_guessed"]) == ("black", True)
    assert added["empty_share"] == {"TS_01": 0, "TS_02": 0}
    assert added["voxels_beyond_bound"] == added["empty_share"]
    assert (added["left_out"], added["already_there"], added["source"]) == ([], 0, "candidates")

    first = json.loads(said(capsys, "select", here, "-n", 12, "--json"))
    assert first["strategy"] == "typiclust"
    answers = answer(here / "cycle_000" / "query.csv", phantoms.truth, tmp_path / "a.csv")
    assert "12 new of 12 answers" in said(capsys, "label", here, answers, "--annotator", "ann")

    said(capsys, "select", here, "-n", 6)
    state = json.loads(said(capsys, "status", here, "--json"))
    assert [c["answered"] for c in state["cycles"]] == [12, 0]
    assert sum(state["labelled"].values()) == 12
    assert "cycle 1   0 of 6 answered, by margin" in said(capsys, "status", here)

    said(capsys, "classify", here, "-o", tmp_path / "predictions.csv")
    said(capsys, "export", here, "--to", "relion4", "-o", tmp_path / "out.star")
    particles = read_star(tmp_path / "out.star")["particles"]
    assert len(particles["cryoalClass"]) == 36
    assert "rlnCoordinateX" in particles

    said(capsys, "report", here, "-o", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "heads on descriptors" in page
    assert "http://" not in page.replace("http://www.w3.org/", "")


def test_run_prints_the_curve(
    phantoms: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "campaign"
    settings = [word for setting in SMALL for word in ("--set", setting)]
    said(capsys, "init", here, "--classes", ",".join(phantoms.classes), *settings)
    said(capsys, "add", here, *phantoms.tomograms, "--picks", phantoms.picks)
    words = ("--oracle", phantoms.truth, "--cycles", 2, "-n", 9, "--strategy", "margin")
    lines = said(capsys, "run", here, *words).splitlines()
    assert lines[0].split() == ["labels", "accuracy", "macro-F1"]
    assert [line.split()[0] for line in lines[1:]] == ["9", "18"]
    points = json.loads(said(capsys, "run", here, *words, "--json"))
    assert [point["n_labelled"] for point in points] == [9, 18]


def test_two_annotators_a_dispute_and_its_end(
    phantoms: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "campaign"
    said(capsys, "init", here, "--classes", ",".join(phantoms.classes), "--set", "pool.box=8")
    said(capsys, "add", here, *phantoms.tomograms, "--picks", phantoms.picks)
    answers = tmp_path / "answers.csv"
    answers.write_text("key,label\nTS_01/1,rod\nTS_01/2,\nTS_01/3,unsure\n")
    said(capsys, "label", here, answers, "--annotator", "ann")
    answers.write_text("key,label\nTS_01/1,ring\n")
    out = said(capsys, "label", here, answers, "--annotator", "bob")
    assert "TS_01/1: ann says rod, bob says ring" in out
    out = said(capsys, "label", here, answers, "--annotator", "bob", "--settle")
    assert "disputed" not in out
    state = json.loads(said(capsys, "status", here, "--json"))
    assert state["labelled"] == {"ring": 1, "rod": 0, "background": 0}
    assert (state["abstained"], state["disputed"]) == (1, {})


@pytest.mark.parametrize("kind", ["strategies", "backbones", "formats", "presets"])
def test_everything_that_can_be_named_is_listed_with_what_it_is(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = json.loads(said(capsys, "list", kind, "--json"))
    assert len(entries) >= 2
    assert all(what and len(what) > 10 for what in entries.values())
    for name in entries:
        assert name in said(capsys, "list", kind)


def test_doctor_says_what_there_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    facts = json.loads(said(capsys, "doctor", tmp_path / "not" / "yet", "--json"))
    assert {"python", "torch", "device", "scoring", "free disk"} <= facts.keys()


def test_without_a_command_there_is_help_in_the_order_of_a_campaign(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = said(capsys).splitlines()
    commands = [line for line in lines[lines.index("Commands:") + 1 :] if line]
    listed = [line.split()[0] for line in commands]
    assert listed[:6] == ["init", "picks", "check", "add", "select", "find"]
    assert listed[-4:] == ["relocate", "doctor", "list", "model"]  # groups come last
    assert not any(line.endswith("...") for line in commands)  # no summary is cut


def test_help_and_small_commands_start_without_what_is_heavy() -> None:
    script = (
        "import sys\n"
        "from cryoal.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('torch', 'monai', 'numpy', 'rich', 'napari', 'triton', 'matplotlib')"
        " if m in sys.modules])\n"
        "import cryoal.campaign\n"
        "print([m for m in ('torch', 'monai', 'napari', 'triton', 'matplotlib')"
        " if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-2:] == ["[]", "[]"]


def test_a_module_of_the_kernels_folder_does_not_hide_the_package_of_that_name() -> None:
    """`kernels` is a package of Hugging Face's; ours may not shadow it."""
    root = Path(__file__).parents[2]
    assert (root / "kernels" / "cryoal_kernels").is_dir()
    assert not (root / "kernels" / "__init__.py").exists()


def test_one_processor_is_left_to_others_unless_the_user_decides() -> None:
    script = (
        "import cryoal.machine; cryoal.machine.processors = lambda: 3\n"
        "from cryoal.cli import main; main(['--version'])\n"
        "import torch; print(torch.get_num_threads())"
    )
    free = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    for chosen, threads in (({}, "2"), ({"OMP_NUM_THREADS": "1"}, "1")):
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**free, **chosen},
        )
        assert done.stdout.split()[-1] == threads


def test_an_export_of_what_is_classified_starts_without_torch(
    phantoms: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "campaign"
    settings = [word for setting in SMALL for word in ("--set", setting)]
    said(capsys, "init", here, "--classes", ",".join(phantoms.classes), *settings)
    said(capsys, "add", here, *phantoms.tomograms, "--picks", phantoms.picks)
    said(capsys, "label", here, phantoms.truth, "--annotator", "ann")
    said(capsys, "classify", here)
    words = ["export", str(here), "--to", "relion5", "-o", str(tmp_path / "out.star")]
    script = (
        f"import sys; from cryoal.cli import main; main({words!r}); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-1] == "False"


def test_find_asks_for_the_likes_of_a_box_by_its_key(
    phantoms: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "campaign"
    settings = [word for setting in SMALL for word in ("--set", setting)]
    settings += ["--set", "pretrain.method=none"]
    said(capsys, "init", here, "--classes", ",".join(phantoms.classes), *settings)
    tables = ("--picks", phantoms.picks, "--tomograms", phantoms.tomograms_star)
    said(capsys, "add", here, *phantoms.tomograms, *tables)
    lines = said(capsys, "find", here, "--like", "TS_01/3", "-n", 4).splitlines()
    assert lines[0] == "cycle 0: 4 boxes of 36, like TS_01/3"
    assert (here / "cycle_000" / "query.csv").read_text().splitlines()[1].startswith("TS_01/3,")
    found = json.loads(said(capsys, "find", here, "--like", "TS_01/3", "-n", 4, "--json"))
    assert found["keys"][0] == "TS_01/3"
    assert main(["find", str(here), "--like", "TS_01/333"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
