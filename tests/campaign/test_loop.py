from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

import pytest
import torch

from cryoal.campaign import Campaign
from cryoal.campaign import loop as loop_module
from cryoal.campaign.loop import simulate
from cryoal.campaign.query import read_query
from cryoal.errors import CampaignError, LabelError
from cryoal.training.checkpoint import load_team

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.testing.phantoms import PhantomFiles


def halves(tmp_path: Path, truth: dict[str, str]) -> tuple[Path, Path]:
    """The truth of one tomogram to ask, of the other to measure on."""
    paths = []
    for name in ("TS_01", "TS_02"):
        path = tmp_path / f"{name}.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["key", "label"])
            writer.writerows(i for i in truth.items() if i[0].startswith(name))
        paths.append(path)
    return paths[0], paths[1]


def test_the_curve_has_a_point_for_each_training(
    campaign: Campaign, truth: dict[str, str], tmp_path: Path
) -> None:
    pool, test = halves(tmp_path, truth)
    curve = simulate(campaign, pool, cycles=3, m=6, test_oracle=test)
    assert [point.n_labelled for point in curve] == [6, 12, 18]
    assert all(p.accuracy is not None and 0 <= p.accuracy <= 1 for p in curve)
    asked = [a.key for folder in campaign.cycles() for a in read_query(folder).asked]
    assert all(key.startswith("TS_01") for key in asked)  # test keys are never asked
    assert len(set(asked)) == 18


def test_after_a_kill_the_same_call_ends_the_same(
    campaign: Campaign,
    original: Path,
    truth: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool, test = halves(tmp_path, truth)
    whole = simulate(campaign, pool, cycles=3, m=6, test_oracle=test)
    shutil.copytree(original, tmp_path / "killed")
    killed = Campaign.open(tmp_path / "killed")
    select = loop_module.select

    def only_one_more(*args: object, **kwargs: object) -> object:
        if next(allowed, None) is None:
            raise KeyboardInterrupt
        return select(*args, **kwargs)  # type: ignore[arg-type]

    for _ in range(2):
        allowed = iter(["one select, then a kill"])
        with monkeypatch.context() as patch:
            patch.setattr(loop_module, "select", only_one_more)
            with pytest.raises(KeyboardInterrupt):
                simulate(killed, pool, cycles=3, m=6, test_oracle=test)
    resumed = simulate(Campaign.open(killed.path), pool, cycles=3, m=6, test_oracle=test)
    assert resumed == whole
    for one, other in zip(campaign.cycles(), killed.cycles(), strict=True):
        assert read_query(one) == read_query(other)
    mine, theirs = (load_team(c.path / "model", c.config).models() for c in (campaign, killed))
    assert mine.keys() == theirs.keys() == {"teacher", "student"}
    for role, model in mine.items():
        other_state = theirs[role].state_dict()
        for name, tensor in model.state_dict().items():
            assert torch.equal(tensor, other_state[name]), (role, name)


def test_a_truth_about_another_pool_is_refused(
    campaign: Campaign, tmp_path: Path, phantoms: PhantomFiles
) -> None:
    path = tmp_path / "other.csv"
    path.write_text("key,label\nTS_77/1,rod\n")
    with pytest.raises(LabelError, match=r"keys of the pool such as 'TS_01/1' in .*'TS_77/1'"):
        simulate(campaign, path, cycles=1, m=5)


def test_what_the_truth_does_not_tell_is_abstained(
    campaign: Campaign, truth: dict[str, str], tmp_path: Path
) -> None:
    pool, _ = halves(tmp_path, truth)
    simulate(campaign, pool, cycles=1, m=36)
    standing = campaign.standing()
    assert len(standing.labelled) == 18
    assert len(standing.abstained) == 18


def test_more_cycles_than_asked_for_are_not_thrown_away(
    campaign: Campaign, phantoms: PhantomFiles
) -> None:
    simulate(campaign, phantoms.truth, cycles=2, m=5)
    with pytest.raises(CampaignError, match=r"expected at most 1 cycles in .*, found 2"):
        simulate(campaign, phantoms.truth, cycles=1, m=5)


def test_a_pool_that_runs_out_ends_the_run_with_its_curve(
    campaign: Campaign, phantoms: PhantomFiles
) -> None:
    curve = simulate(campaign, phantoms.truth, cycles=9, m=20)
    assert [point.n_labelled for point in curve] == [20, 36]
    assert len(campaign.cycles()) == 2
    assert simulate(campaign, phantoms.truth, cycles=9, m=20) == curve
