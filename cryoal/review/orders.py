"""In which order boxes come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from cryoal.review.likeness import looks, path

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.review.item import Item
    from cryoal.review.which import Kind

__all__ = ["ORDERS", "Order", "default_order", "in_order"]

Order = Literal["score", "likeness", "tomogram", "least", "surest"]
ORDERS: tuple[Order, ...] = get_args(Order)


def default_order(kind: Kind) -> Order:
    """The order of a kind of queue where none is asked for."""
    match kind:
        case "query" | "tomogram" | "all":
            return "likeness"
        case "class":
            return "least"
        case _:
            return "score"


def in_order(campaign: Campaign, items: list[Item], order: Order) -> list[Item]:
    """`items` by `order`; what is equal stays as it came."""
    if order == "tomogram":
        return sorted(items, key=lambda item: item.tomogram)
    if order == "likeness" and len(items) > 2:
        return [items[i] for i in path(looks(campaign, [item.row for item in items]))]
    if order in ("least", "surest"):  # nothing predicted comes last
        sign = 1 if order == "least" else -1
        return sorted(items, key=lambda i: 2.0 if i.probability is None else sign * i.probability)
    return items
