"""Several processes that train one team: the same as one process that sees whole batches."""

from __future__ import annotations

from contextlib import nullcontext
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pytest
import torch
from torch import nn

from cryoal.companions.build import build_team
from cryoal.companions.vaal import Vaal
from cryoal.config import make_config
from cryoal.errors import ConfigError
from cryoal.progress import SILENT
from cryoal.testing.array_pool import blob_pool
from cryoal.training.batch_norm_together import NormTogether, together
from cryoal.training.company import BY_ITSELF, part_of
from cryoal.training.fit import fit_team
from tests.training.companies import in_company

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cryoal.companions.team import Team
    from cryoal.config import Config
    from cryoal.progress import Progress
    from cryoal.training.company import Company
    from cryoal.training.fit import History
    from tests.training.companies import ThreadCompany

T = TypeVar("T")

BUILDING = Lock()
"""Threads have one generator in common, by which weights are drawn; processes have not."""

CLOSE = 1e-3
N = 14  # boxes: batches of 7, which neither 2 nor 3 share evenly


def settings(*more: str) -> Config:
    """In steps so small that a rounding error stays one."""
    return make_config(
        ["empty", "ball", "two"],
        settings=[
            *("model.width=4", "model.stem=stride", "model.teacher=resnet10"),
            *("train.epochs=2", "train.batch_size=8", "train.learning_rate=0.01"),
            *('train.class_weights="balanced"', *more),
        ],
    )


def fit(
    company: Company,
    config: Config,
    companions: tuple[str, ...] = ("student", "committee"),
    checkpoint: Path | None = None,
    progress: Progress = SILENT,
) -> tuple[Team, History]:
    pool, targets = blob_pool(N, 8)
    targets = np.where(np.arange(N) % 5 == 0, 2, targets)
    with BUILDING:
        team = build_team(config, companions, seed=0)
    history = fit_team(
        team,
        pool,
        np.arange(N),
        targets,
        config,
        seed=0,
        company=company,
        checkpoint=checkpoint,
        checkpoint_seconds=0.0,
        unlabelled=np.arange(4),
        progress=progress,
    )
    return team, history


def numbers(team: Team) -> dict[str, torch.Tensor]:
    return {
        f"{role} {name}": value
        for role, model in team.models().items()
        for name, value in model.state_dict().items()
    }


def largest_difference(one: Team, other: Team) -> float:
    """Of any tensor, as a share of its largest number."""
    found, wanted = numbers(one), numbers(other)
    assert found.keys() == wanted.keys()
    return max(
        ((value - wanted[name]).abs().max() / wanted[name].abs().max().clamp_min(1e-6)).item()
        for name, value in found.items()
    )


@pytest.fixture(scope="module")
def alone() -> tuple[Team, History]:
    return fit(BY_ITSELF, settings())


@pytest.mark.parametrize("size", [2, 3])
def test_they_learn_what_one_learns_of_the_same_batches(
    size: int, alone: tuple[Team, History]
) -> None:
    """Parts of 3 and 4 boxes, classes of different weight, batch norm over the whole batch."""
    whole, told = alone
    teams = in_company(size, lambda company: fit(company, settings()))
    for team, history in teams:
        assert largest_difference(team, whole) < CLOSE
        for one, other in zip(history.epochs, told.epochs, strict=True):
            for name in one.keys() - {"seconds"}:
                assert one[name] == pytest.approx(other[name], rel=1e-4, abs=1e-5), name
    for team, _ in teams[1:]:
        assert largest_difference(team, teams[0][0]) == 0.0


def test_without_the_batch_s_own_norm_they_would_learn_something_else(
    alone: tuple[Team, History], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What DistributedDataParallel does where nothing is said: each part is a batch by itself."""
    monkeypatch.setattr("cryoal.training.fit.together", lambda *_: nullcontext())
    (team, _), *_ = in_company(2, lambda company: fit(company, settings()))
    assert largest_difference(team, alone[0]) > 100 * CLOSE


class StoppedError(Exception):
    """What somebody is ended by."""


class Stopper:
    """Ends a training when the epoch `last` begins."""

    def __init__(self, last: int) -> None:
        self.last = last

    def track(
        self, items: Iterable[T], what: str, total: int | None = None, unit: str = ""
    ) -> Iterator[T]:
        for item in items:
            if item == self.last:
                raise StoppedError
            yield item

    def say(self, line: str) -> None:
        pass


def test_a_run_of_several_goes_on_as_one_of_another_number(
    tmp_path: Path, alone: tuple[Team, History]
) -> None:
    """Two of them are stopped after an epoch; one goes on, and three do."""
    run, config = tmp_path / "run.safetensors", settings()
    with pytest.raises(StoppedError):
        in_company(2, lambda c: fit(c, config, checkpoint=run, progress=Stopper(1)))
    kept = run.read_bytes()
    for size in (1, 3):
        run.write_bytes(kept)
        for team, history in in_company(size, lambda c: fit(c, config, checkpoint=run)):
            assert len(history.epochs) == 2
            assert largest_difference(team, alone[0]) < CLOSE


def test_who_is_trained_alone_is_the_first_s_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Vaal, "least_steps", 2)
    (first, _), (second, _) = in_company(
        2, lambda company: fit(company, settings("train.epochs=1", "pool.box=8"), ("vaal",))
    )
    assert largest_difference(first, second) == 0.0


def test_fewer_boxes_than_processes_are_refused_by_all() -> None:
    def refused(company: Company) -> bool:
        with pytest.raises(ConfigError, match="at least 8 boxes for as many processes, found 7"):
            fit(company, settings())
        return True

    assert all(in_company(8, refused))


def test_parts_of_a_batch_are_all_of_it_once() -> None:
    rows = np.arange(11)

    def mine(company: Company) -> list[int]:
        found: list[int] = rows[part_of(company, rows)].tolist()
        return found

    parts = in_company(4, mine)
    assert [row for part in parts for row in part] == rows.tolist()
    assert {len(part) for part in parts} == {2, 3}


def test_batch_norm_together_is_batch_norm_of_the_whole_batch() -> None:
    """Output, gradients and running statistics, in float64's neighbourhood of torch's own."""
    generator = torch.Generator().manual_seed(0)
    x = 3.0 + 2.0 * torch.randn((7, 5, 3, 3, 3), generator=generator)
    back = torch.randn(x.shape, generator=generator)

    def build() -> nn.Sequential:
        torch.manual_seed(1)
        norm = nn.BatchNorm3d(5)
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
        return nn.Sequential(norm)

    expected = build()
    wanted = x.clone().requires_grad_()
    right = expected(wanted)
    right.backward(back)
    nets = [build() for _ in range(2)]

    def one(company: ThreadCompany) -> tuple[torch.Tensor, torch.Tensor]:
        net = nets[company.rank]
        part = part_of(company, x)
        mine = x[part].clone().requires_grad_()
        with together([net], company):
            assert isinstance(net[0], NormTogether)
            out = net(mine)
            out.backward(back[part])
        assert type(net[0]) is nn.BatchNorm3d
        assert mine.grad is not None
        return out.detach(), mine.grad

    found = in_company(2, one)
    torch.testing.assert_close(torch.cat([out for out, _ in found]), right.detach())
    assert wanted.grad is not None
    torch.testing.assert_close(torch.cat([grad for _, grad in found]), wanted.grad)
    for name, value in expected.named_buffers():
        for net in nets:
            torch.testing.assert_close(net.get_buffer(name), value)
    for name in ("weight", "bias"):
        parts = [getattr(net[0], name).grad for net in nets]
        torch.testing.assert_close(parts[0] + parts[1], getattr(expected[0], name).grad)
