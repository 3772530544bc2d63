from __future__ import annotations

import pytest

from cryoal.junk import UNNAMED, junk_class

CASES = [
    (["wall", "lumen", "background"], "junk", "background"),
    (["wall", "Bad-picks", "False_Positives"], "junk", "False_Positives"),
    (["noise", "background", "wall"], "junk", "noise"),  # the plainer word, wherever it stands
    (["background", "junk"], "junk", "junk"),
    (["background", "junk"], "background", "background"),
    (["full", "empty", "other", "ice"], "junk", "junk"),  # all of them may be what is looked for
    (["wall", "background"], "carbon", "carbon"),  # somebody's choice, also before it is there
    (["BACKGROUND", "background"], "junk", "BACKGROUND"),
]


@pytest.mark.parametrize(("classes", "wanted", "expected"), CASES)
def test_j_gives_the_class_that_is_there_for_junk(
    classes: list[str], wanted: str, expected: str
) -> None:
    assert junk_class(classes, wanted) == expected


def test_a_campaign_that_says_nothing_has_the_name_that_is_no_choice() -> None:
    from cryoal.config import ReviewConfig

    assert ReviewConfig().junk == UNNAMED
