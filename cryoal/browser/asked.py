"""Which boxes an address asks for: ``?queue=class:wall&order=least&where={...}``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryoal.errors import ConfigError
from cryoal.registry import nearest
from cryoal.review.orders import ORDERS
from cryoal.review.queue import MOST
from cryoal.review.where import EVERYTHING, Where
from cryoal.review.which import Which

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.review.orders import Order

__all__ = ["Asked"]


@dataclass(frozen=True)
class Asked:
    """One queue, as :func:`cryoal.review.queue.make_queue` is asked for it."""

    which: str = "query"
    where: Where = EVERYTHING
    order: Order | None = None
    most: int = MOST
    keys: tuple[str, ...] = ()

    @classmethod
    def from_address(
        cls, given: Mapping[str, str], lassos: Mapping[str, tuple[str, ...]]
    ) -> Asked | None:
        """What `given` names; None where it names no queue.

        Parameters
        ----------
        given
            Of the address: ``queue``, ``order``, ``where`` as JSON, ``lasso``.
        lassos
            Keys of the boxes that were taken on the map, by the name that the page has for them.

        Raises
        ------
        ConfigError
            A queue, an order or a filter that is none, or a lasso that is gone.
        """
        if "queue" not in given:
            return None
        which = str(Which.parse(given["queue"]))
        order = given.get("order")
        if order is not None and order not in ORDERS:
            raise ConfigError(f"no order called {order!r}{nearest(order, ORDERS)}")
        keys: tuple[str, ...] = ()
        if which == "keys":
            keys = lassos.get(given.get("lasso", ""), ())
            if not keys:
                raise ConfigError(
                    "expected boxes that were taken on the map, found none of that name: the "
                    "server was started anew; draw around them again"
                )
        where = _where(given["where"]) if "where" in given else EVERYTHING
        return cls(which, where, order, keys=keys)

    def as_arguments(self) -> dict[str, Any]:
        """For :func:`~cryoal.review.queue.make_queue`."""
        return {
            "which": self.which,
            "where": self.where,
            "order": self.order,
            "most": self.most,
            "keys": self.keys,
        }


def _where(text: str) -> Where:
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"expected filters as JSON, found {error}") from error
    if not isinstance(facts, dict):
        raise ConfigError(f"expected filters as a JSON object, found {text[:40]!r}")
    return Where.from_json(facts)
