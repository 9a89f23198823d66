"""From scored products to the few that are shown: what the rules leave out, what they prefer, and variety."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cordiale.recommendations.rules.rulebook import Rulebook


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A product with its score (0 or more) for one customer; `days_ago` is None where the customer never bought it.

    Products of one `group` are alike: variety is looked for among groups, without one among categories.
    """

    product: str
    category: str
    brand: str
    score: float
    is_in_stock: bool = True
    is_excluded: bool = False
    margin: float | None = None
    days_ago: float | None = None
    group: str = ""

    @property
    def kind(self) -> str:
        """What this product is one more of; empty for one of its own kind."""
        return self.group or self.category


def refusal(one: Candidate, rules: Rulebook) -> str:
    """Which rule leaves the product out; empty where none does."""
    least = rules.least_margin
    holds = {
        "product": one.is_excluded or one.product in rules.excluded["products"],
        "category": one.category in rules.excluded["categories"],
        "brand": one.brand in rules.excluded["brands"],
        "stock": rules.in_stock_only and not one.is_in_stock,
        "margin": least is not None and one.margin is not None and one.margin < least,
        "bought": one.days_ago is not None
        and (one.days_ago < rules.wait_days or not rules.may_come_again(one.category)),
    }
    return next((name for name, is_broken in holds.items() if is_broken), "")


def worth(one: Candidate, rules: Rulebook) -> float:
    """The score after boosts and margin."""
    boosts = rules.boosts
    boost = boosts["categories"].get(one.category, 1.0) * boosts["brands"].get(one.brand, 1.0)
    boost *= boosts["products"].get(one.product, 1.0)
    return one.score * boost * (1 + rules.margin_weight * max(one.margin or 0.0, 0.0))


def pick(candidates: Sequence[Candidate], many: int, rules: Rulebook) -> list[Candidate]:
    """At most `many`, best first, at most `per_category` of one kind (products without one are each their own).

    Greedy: each next one is the best once every earlier one of its kind has lowered it.
    """
    left = sorted(
        ((worth(one, rules), one) for one in candidates if not refusal(one, rules)),
        key=lambda pair: (-pair[0], pair[1].product),
    )
    chosen: list[Candidate] = []
    of: Counter[str] = Counter()
    while left and len(chosen) < many:
        place = max(range(len(left)), key=lambda at: (left[at][0] * rules.fade ** of[left[at][1].kind], -at))
        one = left.pop(place)[1]
        chosen.append(one)
        if one.kind:
            of[one.kind] += 1
            if of[one.kind] >= rules.per_category:
                left = [pair for pair in left if pair[1].kind != one.kind]
    return chosen
