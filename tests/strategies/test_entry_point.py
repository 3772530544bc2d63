"""A strategy of another package, registered by entry point, passes the same contract."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from cryoal.strategies import STRATEGIES
from cryoal.strategies.base import make_strategy
from cryoal.testing.strategy_contract import StrategyContract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryoal.strategies.base import Strategy

SOURCE = '''
from cryoal.strategies.base import Strategy


class Loud(Strategy):
    """The norm of the embedding."""

    name = "loud"
    needs = frozenset({"embedding"})

    def score(self, evidence, rng):
        return (evidence.embedding**2).sum(axis=1) ** 0.5
'''


@pytest.fixture(scope="module")
def other_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An installed distribution ``cryoal-loud``, as pip leaves one."""
    folder: Path = tmp_path_factory.mktemp("site")
    (folder / "cryoal_loud.py").write_text(SOURCE)
    about = folder / "cryoal_loud-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: cryoal-loud\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[cryoal.strategies]\nloud = cryoal_loud:Loud\nentropy = cryoal_loud:Loud\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield
    sys.modules.pop("cryoal_loud", None)


@pytest.mark.usefixtures("other_package")
class TestAStrategyOfAnotherPackage(StrategyContract):
    @pytest.fixture
    def strategy(self, other_package: None) -> Strategy:
        return make_strategy("loud")

    def test_it_is_listed_last_and_takes_over_no_name_of_ours(self) -> None:
        assert STRATEGIES.names()[-1] == "loud"
        assert STRATEGIES.names().count("entropy") == 1
        assert make_strategy("entropy").__class__.__module__ == "cryoal.strategies.entropy"
