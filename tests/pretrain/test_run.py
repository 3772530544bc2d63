"""Self-supervision on boxes in memory: seeded, able to go on, never of other boxes or settings."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pytest
import torch

from cryoal.config import make_config
from cryoal.errors import ConfigError, DivergedError
from cryoal.feed.loaders import TrainingBoxes
from cryoal.pretrain import METHODS, run
from cryoal.pretrain.embed import embed
from cryoal.pretrain.pretrained import Pretrained, read_pretrained
from cryoal.pretrain.run import n_steps, pretrain, rate_at
from cryoal.testing.array_pool import ArrayPool, blob_pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

T = TypeVar("T")
SETTINGS = [
    "model.width=2",
    "model.stem=stride",
    "pool.box=8",
    "pretrain.steps=4",
    "pretrain.batch_size=8",
]
POOL, CLASSES = blob_pool(70)
EVERY = np.arange(70)


class Interrupter:
    """Lets `steps` pass, then does what Ctrl-C does; remembers what it was told."""

    def __init__(self, steps: int | None = None) -> None:
        self.steps, self.lines, self.seen = steps, list[str](), 0

    def track(
        self, items: Iterable[T], what: str, total: int | None = None, unit: str = ""
    ) -> Iterator[T]:
        for item in items:
            if self.seen == self.steps:
                raise KeyboardInterrupt
            self.seen += 1
            yield item

    def say(self, line: str) -> None:
        self.lines.append(line)


def learn(
    folder: Path,
    *settings: str,
    seed: int = 0,
    pool: ArrayPool = POOL,
    index: NDArray[np.int64] = EVERY,
    progress: Interrupter | None = None,
) -> Pretrained | None:
    config = make_config(["a", "b"], settings=[*SETTINGS, *settings])
    return pretrain(
        pool,
        index,
        config,
        seed=seed,
        folder=folder,
        device=torch.device("cpu"),
        checkpoint_seconds=0.0,
        progress=progress or Interrupter(),
    )


def weights(pretrained: Pretrained | None) -> dict[str, torch.Tensor]:
    assert pretrained is not None
    return pretrained.encoder.state_dict()


def same(one: Pretrained | None, other: Pretrained | None) -> bool:
    a, b = weights(one), weights(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("method", METHODS.names())
def test_a_stopped_run_goes_on_to_the_bits_of_one_that_was_not_stopped(
    method: str, tmp_path: Path
) -> None:
    setting = f"pretrain.method={method}"
    whole = learn(tmp_path / "whole", setting)
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "part", setting, progress=Interrupter(2))
    going_on = Interrupter()
    assert same(learn(tmp_path / "part", setting, index=EVERY[::-1], progress=going_on), whole)
    assert going_on.seen == 2
    assert "goes on after step 2" in going_on.lines[0]
    files = sorted(p.name for p in (tmp_path / "part").iterdir())
    assert files == ["encoder.safetensors", "made_from.json"]


def test_boxes_of_another_edge_are_other_boxes_whatever_their_keys(tmp_path: Path) -> None:
    small = learn(tmp_path, pool=blob_pool(70, box=8)[0])
    large = learn(tmp_path, pool=blob_pool(70, box=10)[0])
    assert small is not None
    assert large is not None
    assert (small.side, large.side) == (8, 10)
    assert large.made_from["identity"] != small.made_from["identity"]


def test_who_waits_for_the_first_time_is_told_for_what(tmp_path: Path) -> None:
    told = Interrupter(2)
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path, progress=told)
    (line,) = told.lines
    assert line.startswith("an encoder learns from 70 boxes without labels, 4 steps, once")
    assert 'pretrain.method = "none" leaves it out' in line
    going_on = Interrupter()
    learn(tmp_path, progress=going_on)
    assert len(going_on.lines) == 1


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    one, other = learn(tmp_path / "0"), learn(tmp_path / "1", seed=1)
    assert not same(one, other)
    assert one is not None
    assert other is not None
    assert one.version != other.version


def test_what_is_done_is_given_back_without_a_step(tmp_path: Path) -> None:
    first = learn(tmp_path)
    again = Interrupter()
    found = learn(tmp_path, progress=again)
    assert same(found, first)
    assert (again.seen, again.lines) == (0, [])
    assert found is not None
    assert first is not None
    assert found.version == first.version


def test_other_boxes_or_settings_begin_anew_and_say_so(tmp_path: Path) -> None:
    learn(tmp_path)
    for change in ({"index": EVERY[:-1]}, {"seed": 3}):
        told = Interrupter()
        learn(tmp_path, progress=told, **change)  # type: ignore[arg-type]
        assert told.seen == 4
        assert "of other boxes or settings: pretraining starts anew" in told.lines[0]
    told = Interrupter()
    learn(tmp_path, "pretrain.noise=0.1", seed=3, index=EVERY[:-1], progress=told)
    assert told.seen == 4


@pytest.mark.parametrize("name", ["encoder.safetensors", "made_from.json"])
def test_a_damaged_file_is_refused_and_made_anew(name: str, tmp_path: Path) -> None:
    whole = learn(tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    told = Interrupter()
    assert same(learn(tmp_path, progress=told), whole)
    assert told.seen == 4
    assert "starts anew" in told.lines[0]


def test_a_damaged_checkpoint_is_refused_and_made_anew(tmp_path: Path) -> None:
    whole = learn(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "part", progress=Interrupter(2))
    file = tmp_path / "part" / "unfinished.safetensors"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    told = Interrupter()
    assert same(learn(tmp_path / "part", progress=told), whole)
    assert told.seen == 4
    assert "starts anew" in told.lines[0]


def test_a_kill_between_the_two_files_is_gone_on_from(tmp_path: Path) -> None:
    whole = learn(tmp_path)
    (tmp_path / "made_from.json").unlink()
    assert read_pretrained(tmp_path) is None
    assert same(learn(tmp_path), whole)


def test_boxes_without_high_frequencies_are_cropped_first(tmp_path: Path) -> None:
    small = np.random.default_rng(0).standard_normal((64, 18, 18, 18))
    waves = np.fft.fftshift(np.fft.fftn(small, axes=(1, 2, 3)), axes=(1, 2, 3))
    inner = np.abs(np.arange(18) - 9) < 8
    waves *= inner[:, None, None] & inner[:, None] & inner
    smooth = np.fft.ifftn(np.fft.ifftshift(waves, axes=(1, 2, 3)), axes=(1, 2, 3)).real
    pool = ArrayPool(smooth)
    found = learn(tmp_path, pool=pool, index=EVERY[:64])
    assert found is not None
    assert (found.made_from["box"], found.side) == (18, 16)
    assert embed(found, pool.read_normalised(EVERY[:3])).shape == (3, 16)


def test_what_it_is_made_from_is_told(tmp_path: Path) -> None:
    learn(tmp_path, seed=5)
    told = json.loads((tmp_path / "made_from.json").read_text(encoding="utf-8"))
    assert (told["method"], told["seed"], told["boxes"], told["box"]) == ("vicreg", 5, 70, 8)
    assert told["steps"] == 4
    assert told["settings"]["batch_size"] == 8
    assert len(told["moves"]) == 8
    assert re.fullmatch("[0-9a-f]{64}", told["identity"])


def test_a_few_boxes_are_not_learned_from_and_a_line_says_so(tmp_path: Path) -> None:
    told = Interrupter()
    assert learn(tmp_path / "new", index=EVERY[:5], progress=told) is None
    assert told.lines == ["no pretraining: expected at least 64 boxes, found 5"]
    assert not (tmp_path / "new").exists()


def test_numbers_that_overflow_end_in_a_line_and_leave_nothing_that_looks_done(
    tmp_path: Path,
) -> None:
    pool = ArrayPool(1e30 * POOL.read_normalised(EVERY))
    with pytest.raises(DivergedError, match=r"lower pretrain\.learning_rate"):
        learn(tmp_path, pool=pool)
    assert read_pretrained(tmp_path) is None


def test_boxes_that_are_too_many_to_keep_teach_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = learn(tmp_path / "kept")
    monkeypatch.setattr(run, "TrainingBoxes", partial(TrainingBoxes, keep=0))
    assert same(learn(tmp_path / "read"), kept)


def test_noise_alone_ends_in_finite_numbers(tmp_path: Path) -> None:
    pool = ArrayPool(np.random.default_rng(0).standard_normal((70, 8, 8, 8)))
    found = learn(tmp_path, pool=pool)
    assert found is not None
    assert np.isfinite(embed(found, pool.read_normalised(EVERY))).all()


def test_the_method_none_does_nothing(tmp_path: Path) -> None:
    assert learn(tmp_path / "new", "pretrain.method=none") is None
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("method", METHODS.names())
def test_boxes_that_are_constant_end_in_finite_numbers(method: str, tmp_path: Path) -> None:
    pool = ArrayPool(np.zeros((70, 8, 8, 8)))
    found = learn(tmp_path, "pretrain.noise=0", f"pretrain.method={method}", pool=pool)
    assert all(torch.isfinite(value).all() for value in weights(found).values())
    assert found is not None
    assert np.isfinite(embed(found, pool.read_normalised(EVERY[:3]))).all()


def test_images_are_refused(tmp_path: Path) -> None:
    class Images(ArrayPool):
        channels = 3

    pool = Images(np.zeros((70, 3, 8, 8)))
    with pytest.raises(ConfigError, match=r'expected pretrain\.method = "none" for images'):
        learn(tmp_path, pool=pool)


def test_steps_grow_with_the_root_of_the_number_of_boxes_up_to_eightfold() -> None:
    assert [n_steps(n, 250) for n in (64, 1_000, 4_000, 16_000, 10**6)] == [
        250,
        250,
        500,
        1_000,
        2_000,
    ]


def test_the_rate_rises_and_falls() -> None:
    rates = [rate_at(step, 250, 2.0) for step in range(250)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[19]
    assert rates[125] == pytest.approx(1.0)
    assert 0 < rates[-1] < 1e-3


def test_how_long_a_pair_learns_makes_no_other_encoder(tmp_path: Path) -> None:
    made = []
    for share in (0.5, 1.0):
        config = make_config(["a", "b"], settings=[*SETTINGS, f"pretrain.epochs={share}"])
        found = pretrain(POOL, EVERY, config, seed=0, folder=tmp_path / str(share))
        assert found is not None
        made.append(found.made_from)
    assert made[0] == made[1]
    assert "epochs" not in made[0]["settings"]  # type: ignore[operator]
