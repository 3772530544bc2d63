from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.strategies import STRATEGIES
from cryoal.strategies.base import make_strategy
from cryoal.testing.strategy_contract import StrategyContract

if TYPE_CHECKING:
    from cryoal.strategies.base import Strategy


class TestEveryStrategyOfTheTable(StrategyContract):
    @pytest.fixture(params=STRATEGIES.names())
    def strategy(self, request: pytest.FixtureRequest) -> Strategy:
        return make_strategy(request.param)

    def test_it_is_called_what_the_table_calls_it(self, strategy: Strategy) -> None:
        assert make_strategy(strategy.name).__class__ is strategy.__class__
