"""Where programs disagree on a format, the user can say so."""

from __future__ import annotations

import inspect

from cryoal.cli.add import add
from cryoal.cli.switches import chosen
from cryoal.io.picks import PICKS


def test_every_choice_of_a_format_is_an_option_of_add() -> None:
    switches = {switch for name in PICKS.names() for switch in PICKS.load(name).switches}
    assert switches <= set(inspect.signature(add).parameters)


def test_only_what_was_said_is_passed_on() -> None:
    assert chosen(dynamo_offset="0", motl_offset=None) == {"dynamo_offset": "0"}
