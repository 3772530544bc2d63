"""Training that is interrupted goes on as if it had not been."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pytest
import torch
from safetensors import safe_open

from cryoal.companions.build import build_team
from cryoal.config import make_config
from cryoal.losses.descent import SGD
from cryoal.testing.array_pool import blob_pool
from cryoal.training.fit import History, fit_team
from tests.teams import student_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryoal.companions.team import Team

T = TypeVar("T")
SETTINGS = [
    "model.teacher=resnet10",
    "model.width=2",
    "model.stem=stride",
    "train.epochs=4",
    "train.batch_size=10",
]
CONFIG = make_config(["empty", "ball"], settings=SETTINGS)


class Interrupter:
    """Lets `epochs` pass, then does what Ctrl-C does; remembers what it was told."""

    def __init__(self, epochs: int | None = None) -> None:
        self.epochs, self.lines, self.seen = epochs, list[str](), 0

    def track(
        self, items: Iterable[T], what: str, total: int | None = None, unit: str = ""
    ) -> Iterator[T]:
        for item in items:
            if self.seen == self.epochs:
                raise KeyboardInterrupt
            self.seen += 1
            yield item

    def say(self, line: str) -> None:
        self.lines.append(line)


def fit(
    checkpoint: Path | None,
    progress: Interrupter | None = None,
    *,
    seed: int = 0,
    n: int = 20,
    settings: list[str] = SETTINGS,
) -> tuple[Team, History]:
    config = make_config(["empty", "ball"], settings=settings)
    pool, targets = blob_pool(20)
    team = build_team(config, seed=seed)
    history = fit_team(
        team,
        pool,
        np.arange(n),
        targets[:n],
        config,
        seed=seed,
        checkpoint=checkpoint,
        checkpoint_seconds=0.0,
        progress=progress or Interrupter(),
    )
    return team, history


def assert_same(left: tuple[Team, History], right: tuple[Team, History]) -> None:
    for one, other in (
        (left[0].teacher, right[0].teacher),
        (student_of(left[0]), student_of(right[0])),
    ):
        expected = other.state_dict()
        for name, tensor in one.state_dict().items():
            assert torch.equal(tensor, expected[name]), name
    drop = "seconds"
    columns = [{k: v for k, v in h.as_json().items() if k != drop} for h in (left[1], right[1])]
    assert columns[0] == columns[1]


@pytest.mark.parametrize("settings", [SETTINGS, [*SETTINGS, "train.momentum=0.0"]])
def test_an_interrupted_run_ends_in_the_same_bits(tmp_path: Path, settings: list[str]) -> None:
    whole = fit(None, settings=settings)
    file = tmp_path / "fit.safetensors"
    for epochs in (2, 1):  # interrupted twice: after 2 epochs and after 3
        with pytest.raises(KeyboardInterrupt):
            fit(file, Interrupter(epochs), settings=settings)
    listener = Interrupter()
    resumed = fit(file, listener, settings=settings)
    assert listener.seen == 1
    assert listener.lines == [f"training goes on after epoch 3, from {file}"]
    assert_same(resumed, whole)


def test_an_interrupt_in_the_middle_of_an_epoch_costs_that_epoch_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit(None)
    steps = 0
    plain = SGD.step

    def step(self: SGD) -> None:
        nonlocal steps
        steps += 1
        if steps == 6:  # two batches an epoch: the second one of the third
            raise KeyboardInterrupt
        plain(self)

    file = tmp_path / "fit.safetensors"
    monkeypatch.setattr(SGD, "step", step)
    with pytest.raises(KeyboardInterrupt):
        fit(file)
    monkeypatch.undo()
    listener = Interrupter()
    assert_same(fit(file, listener), whole)
    assert listener.seen == 2


SCRIPT = """
import sys
from pathlib import Path
import torch
torch.set_num_threads({threads})
from tests.training.test_resume import Interrupter, fit
class Telling(Interrupter):
    def track(self, items, what, total=None, unit=""):
        for item in items:
            print(item, flush=True)
            yield item
fit(Path({file!r}), Telling())
"""


def test_a_killed_process_is_taken_over_to_the_bit(tmp_path: Path) -> None:
    file = tmp_path / "fit.safetensors"
    script = SCRIPT.format(threads=torch.get_num_threads(), file=str(file))
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "2":
                process.kill()  # SIGKILL, in or just before the work of that epoch
                break
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(".tmp")] == [file.name]
    listener = Interrupter()
    resumed = fit(file, listener)
    assert 1 <= listener.seen <= 2
    assert_same(resumed, fit(None))


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    file = tmp_path / "fit.safetensors"
    first = fit(file)
    listener = Interrupter()
    assert_same(fit(file, listener), first)
    assert listener.seen == 0


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"n": 19}, {"settings": [*SETTINGS, "train.learning_rate=0.01"]}],
    ids=["seed", "labels", "settings"],
)
def test_the_run_of_other_labels_or_settings_is_not_taken_over(
    tmp_path: Path, change: dict[str, object]
) -> None:
    file = tmp_path / "fit.safetensors"
    with pytest.raises(KeyboardInterrupt):
        fit(file, Interrupter(2))
    listener = Interrupter()
    assert_same(fit(file, listener, **change), fit(None, **change))  # type: ignore[arg-type]
    assert listener.lines == [f"{file} is of other labels or settings: training starts anew"]


def test_the_state_is_of_one_moment_and_readable_without_pickle(tmp_path: Path) -> None:
    file = tmp_path / "fit.safetensors"
    with pytest.raises(KeyboardInterrupt):
        fit(file, Interrupter(3))
    with safe_open(file, framework="np") as state:
        assert state.metadata()["format"] == "cryoal training run 1"
        assert state.get_tensor("teacher.net.bn1.num_batches_tracked") == 6  # 3 epochs, 2 batches
        assert "optimizer momentum_buffer:student.network.net.conv1.weight" in state.keys()  # noqa: SIM118


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_from_a_damaged_state_training_starts_anew(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "fit.safetensors"
    whole = fit(file)
    content = bytearray(file.read_bytes())
    content[-20] ^= 32
    file.write_bytes(content if damage == "flipped" else content[:5000])
    listener = Interrupter()
    assert_same(fit(file, listener), whole)
    assert listener.seen == 4
    assert re.fullmatch(r"training starts anew: expected .*fit\.safetensors.*", listener.lines[0])


def test_states_are_kept_no_oftener_than_asked(tmp_path: Path) -> None:
    file = tmp_path / "fit.safetensors"
    pool, targets = blob_pool(20)

    def attempt(progress: Interrupter) -> None:
        team = build_team(CONFIG, seed=0)
        fit_team(
            team, pool, np.arange(20), targets, CONFIG, seed=0, checkpoint=file, progress=progress
        )

    with pytest.raises(KeyboardInterrupt):
        attempt(Interrupter(3))
    assert not file.exists()  # 30 seconds had not passed
    attempt(Interrupter())
    assert file.exists()  # kept at the end in any case


def test_a_full_disk_is_an_error_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from safetensors import SafetensorError

    from cryoal.training import checkpoint

    def full(*_: object, **__: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(OSError, match="No space left") as caught:
        checkpoint.write_tensors(tmp_path / "x.safetensors", {}, "form", {})
    assert caught.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def test_adam_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    settings = [*SETTINGS, "train.optimizer=adam", "train.learning_rate=0.001"]
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "checkpoint", Interrupter(2), settings=settings)
    stopped = fit(tmp_path / "checkpoint", settings=settings)
    assert_same(stopped, fit(None, settings=settings))
