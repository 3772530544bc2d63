from __future__ import annotations

import getpass

import pytest

from cryoal.errors import LabelError
from cryoal.review.annotator import login


@pytest.mark.parametrize("user", ["ana", "ren\u00e9", "ren\u00ea", "\u5f20", "DOMAIN\\ana", "a b"])
def test_a_users_name_is_an_annotators_name_as_it_is(
    user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: user)
    assert login() == user


def test_a_user_without_a_name_is_asked_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("uid not found: 1234")

    monkeypatch.setattr(getpass, "getuser", unknown)
    with pytest.raises(LabelError, match="say --annotator NAME"):
        login()
