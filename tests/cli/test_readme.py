"""The tutorial of the README runs word for word on the microtubule."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from cryoal.cli import main
from cryoal.io.star import read_star

if TYPE_CHECKING:
    import pytest

README = Path(__file__).parents[2] / "README.md"


def tutorial() -> list[str]:
    (block,) = re.findall(r"<!-- tutorial:.*?-->\n```sh\n(.*?)```", README.read_text(), re.DOTALL)
    return [line for line in block.splitlines() if line]


def fill_in(query: Path, truth: Path) -> None:
    """What the expert does between select and label."""
    with truth.open(newline="") as file:
        known = {row["particle"]: row["class"] for row in csv.DictReader(file)}
    with query.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with query.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "label": known[row["key"]]} for row in rows)


def test_the_five_commands(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = shared_data.resolve() / "microtubule"
    (tmp_path / "tomograms").mkdir()
    (tmp_path / "tomograms" / "13pf_MT.mrc").symlink_to(data / "13pf_MT.mrc")
    (tmp_path / "picks.star").symlink_to(data / "13pf_candidates_relion5.star")
    monkeypatch.chdir(tmp_path)
    for line in tutorial():
        words = [
            str(path)
            for word in shlex.split(line)
            for path in (sorted(Path().glob(word)) if "*" in word else [word])
        ]
        if words[1] == "label":
            fill_in(Path(words[-1]), data / "13pf_truth.csv")
        assert main(words[1:]) == 0, line
    particles = read_star(tmp_path / "walls.star")["particles"]
    assert set(particles["cryoalClass"]) == {"wall"}
    assert len(particles["cryoalClass"]) > 100
    with (data / "13pf_truth.csv").open(newline="") as file:
        truth = {row["particle"]: row["class"] for row in csv.DictReader(file)}
    right = [truth[key] == "wall" for key in particles["rlnTomoParticleName"]]
    assert sum(right) / len(right) > 0.8  # chance is 0.4
