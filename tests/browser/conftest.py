"""The campaign and the sittings that the review is tested with."""

from tests.review.conftest import desk, press

__all__ = ["desk", "press"]
