"""Who sits at the keyboard."""

from __future__ import annotations

import getpass
import re

from cryoal.errors import LabelError

__all__ = ["login"]


def login() -> str:
    """The user's name as the name of an annotator.

    Raises
    ------
    LabelError
        The user has no name.
    """
    try:
        return re.sub(r"[^A-Za-z0-9._-]+", "-", getpass.getuser()).strip("-.") or "nobody"
    except (KeyError, OSError) as error:  # a container may run under a number without a name
        raise LabelError(
            "expected the annotator's name, found none: say --annotator NAME"
        ) from error
