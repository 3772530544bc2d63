"""Several trainings of the pair on the same labels: their mean classifies."""

from __future__ import annotations

import pickle
import shutil
from threading import Barrier
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from cryoal.campaign.checkup import check_up
from cryoal.campaign.classifier import current_classifier
from cryoal.campaign.cycle import select
from cryoal.campaign.model import TrainedTeam, current_team, team_of_now
from cryoal.campaign.one_training import train_one
from cryoal.campaign.predictions import are_current, classify
from cryoal.campaign.told import said
from cryoal.campaign.trainings import are_here
from cryoal.crew import ALONE
from cryoal.errors import DivergedError
from cryoal.scoring.of_members import log_mean
from cryoal.scoring.predict import predict
from cryoal.strategies.base import make_strategy
from tests.campaign.test_classifier import with_settings
from tests.campaign.test_teams import Listener
from tests.crews import Elsewhere
from tests.training.companies import ThreadCompany

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryoal.campaign import Campaign

FIELD = "averaged_log_posterior"


@pytest.fixture
def labelled(campaign: Campaign, truth: dict[str, str]) -> Campaign:
    """A campaign with twelve answers."""
    keys = campaign.pool.keys.tolist()[::3]
    campaign.record("ann", [(key, truth[key]) for key in keys])
    return campaign


def wanting(campaign: Campaign, members: int) -> Campaign:
    before = campaign.config.model.members
    return with_settings(campaign, (f"members = {before}", f"members = {members}"))


def teach(campaign: Campaign, listener: Listener | None = None) -> TrainedTeam:
    strategy = make_strategy("margin")
    return current_team(campaign, strategy=strategy, progress=listener or Listener())


def weights(trained: TrainedTeam) -> list[dict[str, torch.Tensor]]:
    return [team.teacher.state_dict() for team in trained.teams()]


def are_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def diverging(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> list[int]:
    """Make the trainings of these numbers diverge; the list fills with those that were tried."""
    tried: list[int] = []

    def train(campaign: Any, labels: Any, made_from: dict[str, Any], *more: Any) -> None:
        tried.append(made_from.get("member", 1))
        if tried[-1] in numbers:
            raise DivergedError("expected a finite teacher_loss, found nan")
        train_one(campaign, labels, made_from, *more)

    monkeypatch.setattr("cryoal.campaign.trainings.train_one", train)
    return tried


def test_one_is_as_before_and_more_leave_it_as_it_is(labelled: Campaign) -> None:
    one = teach(labelled)
    settings = labelled.settings_digest()
    assert one.members == ()
    assert not list((labelled.path / "model").glob("member*"))
    three = wanting(labelled, 3)
    assert three.settings_digest() == settings
    listener = Listener()
    found = teach(three, listener)
    assert listener.epochs == 4  # of two more trainings
    assert listener.lines == [f"training {n} of 3 of the pair" for n in (2, 3)]
    first, second, third = weights(found)
    assert are_equal(first, weights(one)[0])
    assert not are_equal(second, first)
    assert not are_equal(second, third)
    listener = Listener()
    again = teach(three, listener)
    assert (listener.epochs, listener.lines) == (0, [])
    assert all(map(are_equal, weights(again), weights(found)))
    assert len(teach(wanting(three, 2)).teams()) == 2
    assert (three.path / "model" / "member_3").is_dir()  # may be wanted again


def test_whoever_trains_them_and_in_which_order_they_are_the_same(labelled: Campaign) -> None:
    campaign = wanting(labelled, 3)
    alone = weights(teach(campaign))
    shutil.rmtree(campaign.path / "model")
    campaign.crew = Elsewhere()
    listener = Listener()
    assert all(map(are_equal, weights(teach(campaign, listener)), alone))
    assert listener.epochs == 0  # nobody learnt here
    assert listener.lines == [
        "trainings of the pair: 3, each of them whole by one of many",
        *(f"training {number} of 3 of the pair is over" for number in (3, 2, 1)),
    ]
    assert pickle.loads(pickle.dumps(campaign)).crew is ALONE


def test_devices_that_share_a_training_are_not_left_for_a_crew(labelled: Campaign) -> None:
    assert are_here(labelled)
    labelled.crew = Elsewhere()
    assert not are_here(labelled)
    labelled.company = ThreadCompany(0, 2, [], Barrier(2))
    assert are_here(labelled)


def test_one_that_diverges_elsewhere_gives_way_to_the_next_seed(
    labelled: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = wanting(labelled, 3)
    campaign.crew = Elsewhere()
    tried = diverging(monkeypatch, 1)
    listener = Listener()
    found = teach(campaign, listener)
    assert len(found.teams()) == 2
    assert found.report["made_from"]["member"] == 2
    assert tried == [3, 2, 1, 2]
    teach(campaign)
    assert tried == [3, 2, 1, 2]


def test_their_mean_classifies_and_each_has_a_vote(labelled: Campaign) -> None:
    campaign = wanting(labelled, 3)
    classifier = current_classifier(campaign, strategy=make_strategy("margin"))
    assert classifier.trained is not None
    index = np.arange(len(campaign.pool))
    each = [
        predict(team, campaign.pool, index, [FIELD])[FIELD] for team in classifier.trained.teams()
    ]
    assert said(classifier.told).startswith("the pair's teacher (3 trainings), of 12 labels")
    looked = classifier.look(campaign.pool, index)
    mean = np.mean([np.exp(p.astype(np.float64)) for p in each], axis=0)
    np.testing.assert_allclose(np.exp(looked.log_posterior), mean, rtol=1e-5)
    np.testing.assert_array_equal(looked.votes.T, [p.argmax(axis=1) for p in each])
    np.testing.assert_array_equal(
        classifier.log_posterior(campaign.pool, index), looked.log_posterior
    )


def test_a_strategy_sees_the_mean_too_and_the_disagreement_is_the_pairs(
    labelled: Campaign,
) -> None:
    campaign = wanting(labelled, 2)
    strategy = make_strategy("knowledge-transfer")
    classifier = current_classifier(campaign, strategy=strategy)
    assert classifier.trained is not None
    assert [list(team.companions) for team in classifier.trained.teams()] == [["student"], []]
    index = np.arange(5)
    told = {}
    for teller in classifier.tellers():
        for field in ("log_posterior", "teacher_log_posterior", "student_log_posterior"):
            if field in teller.gives and field not in told:
                told |= teller.look(campaign.pool, index, [field], Listener())
    each = [
        predict(team, campaign.pool, index, ["log_posterior"])["log_posterior"]
        for team in classifier.trained.teams()
    ]
    np.testing.assert_allclose(told["log_posterior"], log_mean(*each), rtol=1e-6)
    np.testing.assert_array_equal(told["teacher_log_posterior"], each[0])
    select(campaign, 4)
    kept = {p.name for p in campaign.cycles()[-1].glob("*.safetensors")}
    assert kept == {"teacher.safetensors", "student.safetensors"}


def test_the_log_of_a_mean_is_that_in_float64() -> None:
    rng = np.random.default_rng(0)
    logits = 30.0 * rng.standard_normal((3, 7, 4))
    each = (logits - np.logaddexp.reduce(logits, axis=2)[..., None]).astype(np.float32)
    mean = np.log(np.exp(each.astype(np.longdouble)).mean(axis=0))
    np.testing.assert_allclose(log_mean(*each), mean.astype(np.float64), rtol=1e-6)
    np.testing.assert_array_equal(log_mean(each[0]), each[0])


def test_a_killed_training_of_a_member_goes_on_to_the_same_bits(
    labelled: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = wanting(labelled, 2)
    whole = weights(teach(campaign))

    class Killed(Listener):
        def track(self, items: Any, what: str, *more: Any, **named: Any) -> Iterator[Any]:
            for item in items:
                if what == "training" and self.epochs == 3:  # the second epoch of the second
                    raise KeyboardInterrupt
                self.epochs += what == "training"
                yield item

    from cryoal.campaign import one_training

    plain = one_training.fit_team
    monkeypatch.setattr(
        one_training, "fit_team", lambda *a, **k: plain(*a, **k, checkpoint_seconds=0.0)
    )
    for name in ("report.json", "member_2/report.json"):
        (campaign.path / "model" / name).unlink()
    with pytest.raises(KeyboardInterrupt):
        teach(campaign, Killed())
    assert (campaign.path / "model" / "member_2" / "checkpoint.safetensors").exists()
    listener = Listener()
    resumed = weights(teach(campaign, listener))
    assert listener.epochs == 1
    assert all(map(are_equal, resumed, whole))
    assert not list((campaign.path / "model").rglob("checkpoint*"))


def test_a_member_that_diverged_is_left_out_and_said(
    labelled: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = wanting(labelled, 3)
    tried = diverging(monkeypatch, 2)
    for times in (1, 2):
        listener = Listener()
        assert len(teach(campaign, listener).teams()) == 2
        why = "expected a finite teacher_loss, found nan"
        assert listener.lines.count(f"training 2 of 3 of the pair diverged, left out: {why}") == 1
        assert tried == [1, 2, 3], times  # and never again
    classifier = current_classifier(campaign, strategy=make_strategy("margin"))
    assert classifier.look(campaign.pool, np.arange(4)).votes.shape == (4, 2)
    assert not check_up(campaign.path).damaged


def test_a_pair_that_diverges_gives_way_to_the_next_seed(
    labelled: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = wanting(labelled, 3)
    tried = diverging(monkeypatch, 1)
    listener = Listener()
    found = teach(campaign, listener)
    assert len(found.teams()) == 2
    assert any("training 1 of 3 of the pair diverged, left out" in s for s in listener.lines)
    teach(campaign)
    assert tried == [1, 2, 3]
    with pytest.raises(DivergedError):
        current_team(wanting(campaign, 1), strategy=make_strategy("margin"), seed=1)


def test_a_damaged_member_is_made_anew_and_until_then_left_out(labelled: Campaign) -> None:
    campaign = wanting(labelled, 2)
    whole = weights(teach(campaign))
    file = campaign.path / "model" / "member_2" / "teacher.safetensors"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)
    assert [str(file) in line for line in check_up(campaign.path).damaged] == [True]
    listener = Listener()
    found = team_of_now(campaign, campaign.training_labels(), listener)
    assert found is not None
    assert found.members == ()
    assert any("left out and can be deleted" in line for line in listener.lines)
    assert all(map(are_equal, weights(teach(campaign, listener)), whole))
    assert any("is made anew" in line for line in listener.lines)


def test_other_labels_teach_all_of_them_anew(labelled: Campaign, truth: dict[str, str]) -> None:
    campaign = wanting(labelled, 2)
    before = weights(teach(campaign))
    key = campaign.pool.keys.tolist()[1]
    campaign.record("ann", [(key, truth[key])])
    listener = Listener()
    after = weights(teach(campaign, listener))
    assert listener.epochs == 4
    assert not any(map(are_equal, before, after))


def test_predictions_of_fewer_members_are_of_an_older_state(labelled: Campaign) -> None:
    teach(labelled)
    classify(labelled)
    assert are_current(labelled)
    campaign = wanting(labelled, 2)
    assert are_current(campaign)  # nothing has been trained yet
    teach(campaign)
    assert not are_current(campaign)
    classify(campaign)
    assert are_current(campaign)
