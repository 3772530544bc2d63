from __future__ import annotations

import tomllib

import pytest

from cryoal.config import Config, from_tree, make_config, preset_names, to_toml, to_tree
from cryoal.errors import ConfigError, UnknownNameError


def test_what_is_written_reads_back_the_same() -> None:
    config = make_config(["wall", "lumen"], "paper-real", ["pool.box=16", "seed=7"])
    assert from_tree(tomllib.loads(to_toml(config))) == config
    assert from_tree(to_tree(config)) == config


def test_settings_win_over_the_preset_and_the_preset_over_the_defaults() -> None:
    plain = make_config(["a", "b"], "laptop")
    assert plain.model.width == 16  # the preset's
    assert Config(("a", "b")).model.width == 64  # the paper's, Sec. IV-C
    assert make_config(["a", "b"], "laptop", ["model.width=8"]).model.width == 8


def test_a_setting_may_leave_out_the_quotes_of_a_name() -> None:
    for setting in ("query.strategy=margin", 'query.strategy="margin"'):
        assert make_config(["a", "b"], settings=[setting]).query.strategy == "margin"
    config = make_config(["a", "b"], settings=["train.decay_at=[0.5, 0.9]"])
    assert config.train.decay_at == (0.5, 0.9)


@pytest.mark.parametrize("preset", preset_names())
def test_each_preset_is_valid_and_says_what_it_is_for(preset: str) -> None:
    from cryoal.config import preset_text

    make_config(["a", "b"], preset)
    assert preset_text(preset).startswith("# ")


def test_the_papers_presets_have_the_papers_numbers() -> None:
    simulated = make_config(["a", "b"], "paper-simulated")  # Sec. IV-C
    assert (simulated.train.epochs, simulated.train.decay_at) == (100, (0.8,))
    assert (simulated.train.momentum, simulated.train.weight_decay) == (0.9, 5e-4)
    assert (simulated.train.learning_rate, simulated.train.decay) == (0.1, 0.1)
    assert simulated.train.transfer_weight == 100  # Sec. III-B
    assert simulated.query.subset_factor == 10
    real = make_config(["a", "b"], "paper-real")
    assert (real.train.epochs, real.train.decay_at) == (5, ())


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("pol.box=16", r"unknown setting pol; did you mean 'pool'\?"),
        ("pool.bax=16", r"unknown setting pool.bax; did you mean 'box'\?"),
        ("pool.box=15", "expected pool.box an even number >= 8, found 15"),
        ("pool.box=big", "expected pool.box to be a whole number, found 'big'"),
        ("pool.box=16.0", "expected pool.box to be a whole number, found 16.0"),
        ("augment.mirror=1", "expected augment.mirror to be true or false, found 1"),
        ("model.stem=wide", "to be one of pool, cifar, stride, imagenet, found 'wide'"),
        ("model.channels=0", "expected model.channels >= 1, found 0"),
        ("model.dropout=1.0", r"expected model.dropout in \[0, 1\), found 1.0"),
        ("train.decay_at=[1.5]", r"expected train.decay_at in \(0, 1\), found \(1.5,\)"),
        ("train.learning_rate=nan", "expected train.learning_rate to be a number, found nan"),
        ("train.batch_size=1", r"expected train.batch_size >= 2 \(batch norm\), found 1"),
        ("pool=3", "expected pool to be a section, found 3"),
        ("pool.box", "expected section.key=value, found 'pool.box'"),
        ("seed.box=1", "expected seed to be a whole number"),
        ("train.learning_rate=1" + "0" * 400, "expected train.learning_rate to be a smaller num"),
        ("pool.box=0x" + "f" * 5_000, "expected pool.box to be a smaller number, found 0xfff"),
        ("pool.box=" + "[" * 100_000, r"expected pool.box to be a whole number, found '\[\["),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_config(["a", "b"], settings=[setting])


@pytest.mark.parametrize(
    "classes", [["only"], ["a", "a"], ["a", ""], ["a", "b,c"], ["a", " b"], ["a", "b\n"]]
)
def test_classes_that_could_not_be_told_apart_in_a_table_are_refused(classes: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"expected (two )?classes"):
        make_config(classes)


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="no preset called 'labtop'; did you mean 'laptop'"):
        make_config(["a", "b"], "labtop")


def test_one_class_is_said_as_it_was_typed() -> None:
    expected = "expected two classes or more with commas between, found 'wall'"
    with pytest.raises(ConfigError, match=f"^{expected}$"):
        make_config(["wall"])
