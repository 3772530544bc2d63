"""What is run for each data set of the paper, before anything is run."""

from __future__ import annotations

import pytest

from benchmarks.paper.__main__ import main
from benchmarks.paper.protocol import preset_names, protocol, read_preset
from cryoal.campaign.campaign import check_names
from cryoal.errors import UnknownNameError
from cryoal.study.config import Variant

ISSUE = "cifar10 cifar100 svhn caltech101 imagenet cityscapes camvid 50c-like 10c-real microtubule"


def test_there_is_a_preset_for_each_data_set_of_the_issue() -> None:
    assert preset_names() == sorted(ISSUE.split())


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_and_each_of_its_flags_is_a_valid_config(name: str) -> None:
    for flags in ((), *((flag,) for flag in read_preset(name).departures)):
        for quick in (False, True):
            study = protocol(name, quick=quick, departures=flags).study
            variant = Variant("random", "random")
            config = study.config(["a", "b"], 0, variant, 32)
            check_names(config, "knowledge-transfer")


def test_cifar10_is_as_the_paper_says() -> None:
    study = protocol("cifar10").study  # Sec. IV-A; 10 % to 40 % of 50,000 by 5 %
    train = study.config(["a", "b"], 0, Variant("random", "random"), 32).train
    assert [study.start + study.query * c for c in range(study.cycles + 1)] == [
        *(5000, 7500, 10000, 12500, 15000, 17500, 20000)
    ]
    assert (train.epochs, train.batch_size, train.learning_rate) == (200, 128, 0.1)
    assert (train.decay_at, train.decay, train.momentum) == ((0.8,), 0.1, 0.9)
    assert (train.weight_decay, train.transfer_weight, train.optimizer) == (5e-4, 100, "sgd")
    assert study.subset_factor == 10


@pytest.mark.parametrize(
    ("name", "n", "last"),
    [
        ("cifar100", 50_000, 0.40),
        ("svhn", 73_257, 0.40),
        ("caltech101", 8_677, 0.40),
        ("imagenet", 1_281_167, 0.40),
        ("cityscapes", 2_975, 0.40),
        ("camvid", 367, 0.40),
        ("50c-like", 24_000, 0.40),
        ("10c-real", 4_318, 0.30),
    ],
)
def test_budgets_are_the_papers_shares(name: str, n: int, last: float) -> None:
    study = protocol(name).study
    assert study.start / n == pytest.approx(0.10, abs=0.001)
    assert (study.start + study.cycles * study.query) / n == pytest.approx(last, abs=0.006)


def test_a_quick_protocol_asks_for_fewer_epochs_and_is_another_folder() -> None:
    full, quick = protocol("cifar10"), protocol("cifar10", quick=True)
    variant = Variant("random", "random")
    epochs = [p.study.config(["a", "b"], 0, variant, 32).train.epochs for p in (full, quick)]
    assert epochs == [200, 20]
    assert (full.folder, quick.folder) == ("cifar10", "cifar10+quick")
    assert quick.command == "python -m benchmarks.paper cifar10 --quick"


def test_flags_in_any_order_are_the_same_protocol() -> None:
    one = protocol("cifar10", departures=["few", "narrow"])
    other = protocol("cifar10", departures=["narrow", "few"])
    assert one == other
    assert one.departures == ("narrow", "few")
    assert (one.n_train, one.study.start) == (5000, 200)


def test_an_unknown_departure_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"no departure called 'narow'; did you mean 'narro"):
        protocol("cifar10", departures=["narow"])


def test_an_unknown_experiment_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cifr10"]) == 2
    assert capsys.readouterr().err == (
        "error: no experiment called 'cifr10'; did you mean 'cifar10'?\n"
    )


def test_missing_data_is_one_line_that_says_where_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    assert main(["svhn", "--data", f"{tmp_path}/none", "--out", f"{tmp_path}/out"]) == 2
    error = capsys.readouterr().err
    assert "train_32x32.mat, found nothing; get it from http://ufldl.stanford.edu" in error
    assert error.count("\n") == 1
