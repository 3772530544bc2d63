"""Boxes of the audit that a queue passes over while it is answered, and that leave it then."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryoal.review.queue import Queue

__all__ = ["passed_by"]


def passed_by(queue: Queue, numbers: Iterable[int]) -> list[str]:
    """Keys of the audit boxes that would have come by the time the boxes `numbers` are answered.

    Those that the queue's rule chose as well but does not show (``Queue.passed``) and that stand
    before the last of `numbers`; all of them with the last box of the queue. Why they have to leave
    the audit says :mod:`cryoal.campaign.audit_passed`.
    """
    last = max(numbers, default=-1)
    if last == len(queue.items) - 1:
        return [key for _, key in queue.passed]
    return [key for before, key in queue.passed if before <= last]
