"""Who sits at the keyboard."""

from __future__ import annotations

import getpass

from cryoal.data.annotators import require_annotator
from cryoal.errors import LabelError

__all__ = ["login"]


def login() -> str:
    """The user's name, which is the name of an annotator as it is.

    Raises
    ------
    LabelError
        The user has no name, or one that cannot be an annotator's.
    """
    try:
        return require_annotator(getpass.getuser())
    except (KeyError, OSError) as error:  # a container may run under a number without a name
        raise LabelError(
            "expected the annotator's name, found none: say --annotator NAME"
        ) from error
