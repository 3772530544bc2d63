from __future__ import annotations

import errno
import json
import pickle
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.data.datasets import base
from cryoal.errors import ConfigError, LockError, LockHeldError, PoolError, UnknownNameError
from cryoal.locks import locked
from cryoal.study.compare import cells, compare, kept_picks, run_alone
from cryoal.study.config import read_study
from cryoal.study.picks import draw_picks
from tests.crews import Elsewhere
from tests.study.images import STUDY, write_images, write_study

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import Any, TypeVar

    T = TypeVar("T")

ONE_SEED = STUDY.replace("seeds = [0, 1]", "seeds = [4]")
SHORT = ONE_SEED.replace('["random", "margin", "knowledge-transfer"]', '["knowledge-transfer"]')


class Stopper:
    """Does what Ctrl-C does after so many epochs."""

    def __init__(self, epochs: int | None = None) -> None:
        self.left = epochs

    def track(
        self, items: Iterable[T], what: str, total: int | None = None, unit: str = ""
    ) -> Iterator[T]:
        for item in items:
            if unit == "epochs" and self.left is not None:
                if self.left == 0:
                    raise KeyboardInterrupt
                self.left -= 1
            yield item

    def say(self, line: str) -> None:
        pass


class Listener(Stopper):
    """Keeps what is said."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def run(folder: Path, text: str, progress: Stopper | None = None) -> list[dict[str, Any]]:
    study = read_study(write_study(folder, text))
    return compare(study, folder / "out", progress=progress or Stopper())


def without_times(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


def cycle(folder: Path, cell: str, number: int) -> dict[str, Any]:
    file = folder / "out" / "cells" / cell / f"cycle_{number:03d}.json"
    found: dict[str, Any] = json.loads(file.read_text())
    return found


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Three strategies on one seed, all cycles."""
    folder = tmp_path_factory.mktemp("three")
    return folder, run(folder, ONE_SEED)


def test_labels_grow_by_a_query_each_cycle(three: tuple[Path, list[dict[str, Any]]]) -> None:
    _, rows = three
    assert [(r["strategy"], r["cycle"], r["n_labelled"]) for r in rows] == [
        (name, number, 12 + 6 * number)
        for name in ("random", "margin", "knowledge-transfer")
        for number in range(3)
    ]
    assert {r["n_validation"] for r in rows} == {10}
    assert [r["n_picked"] for r in rows[:3]] == [6, 6, None]


def test_strategies_of_a_seed_begin_alike(three: tuple[Path, list[dict[str, Any]]]) -> None:
    """Same initial pool, same R_U in the first cycle: their first trainings are one training."""
    folder, rows = three
    first = [cycle(folder, f"{name}-4", 0) for name in ("random", "margin", "knowledge-transfer")]
    assert len({c["subset"] for c in first}) == 1
    measured = ("accuracy", "recall", "train_accuracy", "validation_accuracy", "n_labelled")
    starts = [[row[name] for name in measured] for row in rows if row["cycle"] == 0]
    assert starts[0] == starts[1] == starts[2]
    assert len({tuple(c["asked"]) for c in first}) == 3


def test_nobody_is_asked_twice_nor_measured_on(three: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = three
    (cell,) = cells(read_study(write_study(folder, SHORT)), folder / "out")
    initial, validation = cell._draw()
    asked = [place for n in (0, 1) for place, _ in cycle(folder, cell.folder.name, n)["answers"]]
    everyone = [*initial.tolist(), *validation.tolist(), *asked]
    assert len(everyone) == len(set(everyone)) == 12 + 10 + 12
    assert not set(everyone) & set(cell.dataset.test.tolist())


def test_the_terms_of_the_bound_keep_it(three: tuple[Path, list[dict[str, Any]]]) -> None:
    _, rows = three
    bounds = [row["bound"] for row in rows if row["bound"] is not None]
    assert len(bounds) == 2  # of the one strategy with a student, in cycles that ask
    for terms in bounds:
        assert terms["slack"] >= 0
        total = terms["distance"] + terms["error"] - terms["loss"]
        assert terms["slack"] == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize("settings", ["", "train.restart=warm"])
def test_a_killed_study_ends_in_the_same_rows(tmp_path: Path, settings: str) -> None:
    text = SHORT.replace('"train.epochs=3"', f'"train.epochs=3", "{settings}"' if settings else
                         '"train.epochs=3"')  # fmt: skip
    whole = run(tmp_path / "whole", text) if (tmp_path / "whole").mkdir() is None else []
    (tmp_path / "killed").mkdir()
    for epochs in (2, 4):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "killed", text, Stopper(epochs))
    resumed = run(tmp_path / "killed", text)
    assert without_times(resumed) == without_times(whole)
    for number in range(3):
        one = cycle(tmp_path / "whole", "knowledge-transfer-4", number)
        other = cycle(tmp_path / "killed", "knowledge-transfer-4", number)
        assert one["asked"] == other["asked"]
        assert one["predicted"] == other["predicted"]


def test_more_cycles_go_on_from_those_that_are_there(
    three: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    folder, rows = three
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)  # others count its cycles
    longer = run(tmp_path, ONE_SEED.replace("cycles = 2", "cycles = 3"))
    kept = [row for row in longer if row["cycle"] < 2]
    assert without_times(kept) == without_times([row for row in rows if row["cycle"] < 2])
    assert sorted({row["n_labelled"] for row in longer}) == [12, 18, 24, 30]


def test_other_settings_in_the_same_folder_are_refused(
    three: tuple[Path, list[dict[str, Any]]],
) -> None:
    folder, _ = three
    with pytest.raises(ConfigError, match=r"a cell of the same settings and data in .*random-4"):
        run(folder, ONE_SEED.replace("train.epochs=3", "train.epochs=4"))


def test_an_annotator_who_abstains_leaves_labels_out(tmp_path: Path) -> None:
    text = SHORT.replace("cycles = 2", "cycles = 1") + "\n[oracle]\nabstain = 0.5\nnoise = 0.2\n"
    rows = run(tmp_path, text)
    assert rows[0]["n_labelled"] < 12
    answers = cycle(tmp_path, "knowledge-transfer-4", 0)["answers"]
    assert len(answers) == 6
    assert rows[1]["n_labelled"] - rows[0]["n_labelled"] == sum(c is not None for _, c in answers)


def test_calibration_and_a_deeper_model(tmp_path: Path) -> None:
    text = SHORT.replace("cycles = 2", 'cycles = 1\ncalibrate = true\ndeeper = "resnet18-2d"')
    rows = run(tmp_path, text)
    assert rows[0]["deeper_accuracy"] is None
    assert 0 <= rows[1]["deeper_accuracy"] <= 1


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ('"random", ', '"rndom", ', UnknownNameError, "did you mean 'random'"),
        ("start = 12", "start = 90", PoolError, "at least 106 candidates .* found 90"),
        ("start = 12", "strat = 12", ConfigError, "did you mean 'start'"),
        ("validation = 10", "validation = 0\ncalibrate = true", ConfigError, "validation labels"),
        ("seeds = [0, 1]", "seeds = [1, 1]", ConfigError, "different seeds"),
        ('"margin", ', '"random", ', ConfigError, "different names"),
        ('kind = "images"', 'kind = "imgs"', UnknownNameError, "did you mean 'images'"),
    ],
)
def test_bad_studies_are_named(
    tmp_path: Path, old: str, new: str, error: type[Exception], message: str
) -> None:
    assert old in STUDY
    with pytest.raises(error, match=message):
        run(tmp_path, STUDY.replace(old, new))


def test_a_diverging_cell_is_given_up_and_the_others_go_on(tmp_path: Path) -> None:
    text = (
        ONE_SEED.replace("cycles = 2", "cycles = 1")
        + """
[[variants]]
name = "too fast"
strategy = "margin"
settings = ["train.learning_rate=1e30"]
"""
    )
    text = text.replace('strategies = ["random", "margin", "knowledge-transfer"]',
                        'strategies = ["random"]')  # fmt: skip
    rows = run(tmp_path, text)
    assert {row["strategy"] for row in rows} == {"random"}
    assert len(rows) == 2


def test_images_that_are_none_are_refused(tmp_path: Path) -> None:
    study = read_study(write_study(tmp_path))
    arrays = {
        "images": np.zeros((2, 4, 5, 3), np.uint8),
        "labels": np.array([0, 1]),
        "test_images": np.zeros((1, 4, 4, 3), np.uint8),
        "test_labels": np.array([0]),
        "classes": np.array(["a", "b"]),
    }
    np.savez(tmp_path / "images.npz", **arrays)
    with pytest.raises(ValueError, match=r"square images .* found \(2, 4, 5, 3\) uint8"):
        cells(study, tmp_path / "out")
    np.savez(tmp_path / "images.npz", labels=[0])
    with pytest.raises(ValueError, match=r"expected images in .*, found labels"):
        cells(study, tmp_path / "out")


def test_the_picks_are_kept_and_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    text = ONE_SEED.replace("gradients = true", "embeddings = true")
    run(tmp_path, text)
    study = read_study(write_study(tmp_path, text))
    kept = kept_picks(study, tmp_path / "out")
    assert [(name, path.name) for name, path in kept] == [
        (name, "picks_001.npz") for name in ("random", "margin", "knowledge-transfer")
    ]
    with np.load(kept[1][1]) as file:
        assert file["is_picked"].sum() == 6
        assert file["embedding"].shape == (60, 16)  # R_U is ten times the query
    (tmp_path / "figures").mkdir()
    assert draw_picks(kept, tmp_path / "figures") == ["picks.png", "picks.svg"]
    assert (tmp_path / "figures" / "picks.png").stat().st_size > 10_000
    assert draw_picks([], tmp_path) == []


def test_a_cell_that_another_process_runs_is_left_to_it(
    three: tuple[Path, list[dict[str, Any]]],
) -> None:
    folder, _ = three
    (cell,) = cells(read_study(write_study(folder, SHORT)), folder / "out")
    said = Listener()
    with locked(cell.folder / ".lock"):
        assert run_alone(cell, said) is None
    assert said.lines == ["knowledge-transfer-4: another process runs it"]
    assert run_alone(cell, said)  # it is over there, and its rows are read


def test_cells_of_a_crew_are_those_of_one_process(
    three: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    folder, rows = three
    text = ONE_SEED.replace('["random", "margin", "knowledge-transfer"]', '["random", "margin"]')
    study = read_study(write_study(tmp_path, text))
    out = tmp_path / "out"
    shutil.copytree(folder / "out", out)
    for cell in ("margin-4", "random-4"):
        (out / "cells" / cell / "cycle_002.json").unlink()
    said = Listener()
    with locked(out / "cells" / "random-4" / ".lock"):
        found = compare(study, out, crew=Elsewhere(), progress=said)
    assert without_times(found) == without_times([*rows[:2], *rows[3:6]])
    assert said.lines == [
        f"2 of 2 margin-4: {rows[5]['accuracy']:.3f} with 24 labels",
        "random-4: another process runs it",
    ]
    assert without_times(compare(study, out, crew=Elsewhere())) == without_times(rows[:6])


def test_a_cell_is_not_run_on_other_data_than_was_meant(tmp_path: Path) -> None:
    study = read_study(write_study(tmp_path, SHORT))
    (cell,) = cells(study, tmp_path / "out")
    sent = pickle.dumps(cell)
    assert len(sent) < 10_000
    assert pickle.loads(sent).identity() == cell.identity()
    write_images(tmp_path / "images.npz", n=60, seed=1)
    pickle.loads(sent)  # the data that was opened before is the one that was meant
    base._LAST.clear()
    with pytest.raises(PoolError, match="found other inputs or classes by study_dataset"):
        pickle.loads(sent)


def test_a_lock_within_a_cell_is_no_other_process_that_runs_it(
    three: tuple[Path, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = three
    (cell,) = cells(read_study(write_study(folder, SHORT)), folder / "out")

    def held(*_: object) -> None:
        raise LockHeldError("a journal")

    monkeypatch.setattr(type(cell), "run", held)
    with pytest.raises(LockHeldError, match="a journal"):
        run_alone(cell)


def test_a_study_on_a_disk_without_locks_runs_nothing(
    three: tuple[Path, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = three
    (cell,) = cells(read_study(write_study(folder, SHORT)), folder / "out")

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("cryoal.locks.flock", no_locks)
    with pytest.raises(LockError, match="No locks available") as said:
        run_alone(cell)
    assert str(cell.folder / ".lock") in str(said.value)
