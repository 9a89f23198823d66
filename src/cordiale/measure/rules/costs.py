"""What messages cost, read from the company's `costs.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from cordiale.decisions.rules.document import Document
from cordiale.errors import CordialeError

Costs = Mapping[str, Decimal]
"""Channel → cost of one message, in the company's currency."""


def parse_costs(text: str, source: str) -> Costs:
    """The costs in a `costs.yaml`. Raises Located at the first thing that is wrong."""
    document = Document(text, source)
    costs: dict[str, Decimal] = {}
    if (root := document.root()) is not None:
        keys = document.mapping(root, "the costs", required=["per message"])
        if "per message" in keys:
            for channel, node in document.pairs(keys["per message"], "'per message'"):
                if (cost := document.value(node, f"the cost of '{channel}'", _cost)) is not None:
                    costs[channel] = cost
    document.raise_first()
    return costs


def total(costs: Costs, messages: Mapping[str, int]) -> Decimal | None:
    """What `messages` (channel → number) cost together; None when the cost of a channel is not known."""
    if any(channel not in costs for channel in messages):
        return None
    return sum((costs[channel] * number for channel, number in messages.items()), Decimal(0))


def _cost(word: str) -> Decimal:
    try:
        cost = Decimal(word)
    except InvalidOperation:
        raise CordialeError(f"'{word}' is not an amount; write for instance 0.002") from None
    if not cost.is_finite() or cost < 0:
        raise CordialeError(f"'{word}' is not an amount; it must be 0 or more")
    return cost
