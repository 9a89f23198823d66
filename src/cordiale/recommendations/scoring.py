"""Scores of products for given customers: of a fitted model for who bought, of what they looked at for the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cordiale.recommendations import facts, interests
from cordiale.recommendations.fitting.judging import best
from cordiale.recommendations.fitting.purchases import Purchases
from cordiale.recommendations.fitting.ranker import Ranker
from cordiale.recommendations.interests import Interests

Wanted = Literal["all", "new", "again"]
_AT_ONCE = 250
_VIEWED = 1.0


@dataclass(frozen=True)
class Scored:
    """One customer's best products with their scores, and what a reason for them can rest on.

    `days`: for each product ever bought, the days (since 1970) it was bought on; `last`: when last.
    """

    customer_id: int
    products: list[str]
    scores: list[float]
    days: Mapping[str, list[int]]
    last: Mapping[str, datetime]
    taste: Mapping[str, int]
    interests: Interests
    history: Purchases


def groups(ranker: Ranker, customer_ids: Sequence[int], now: datetime) -> Iterator[Group]:
    """The customers, so many at a time, with what is known of them."""
    for start in range(0, len(customer_ids), _AT_ONCE):
        yield Group(ranker, list(customer_ids[start : start + _AT_ONCE]), now)


class Group:
    """Some customers: what they bought and looked at, read once however often they are scored."""

    def __init__(self, ranker: Ranker, ids: list[int], now: datetime) -> None:
        self.ranker, self.ids = ranker, ids
        rows = facts.own(ids, now).to_pylist()
        self._rows: dict[int, list[dict[str, Any]]] = {one: [] for one in ids}
        for row in rows:
            self._rows[row["customer_id"]].append(row)
        self._seen = interests.of(ids, now, with_purchases=False)
        self._history, self._present = _history(ranker, ids, rows), now.timestamp() / 86_400
        self._follows = ranker.follows(self._history)

    def score(self, wanted: Wanted, many: int) -> Iterator[Scored]:
        """The `many` best products of each, before any rule; who has no purchase is scored by interest."""
        scoring = self.ranker.unseen if wanted == "new" else self.ranker.everything
        scores = scoring(self._history, self._present, self._follows)
        for place, one in enumerate(self.ids):
            rows, shown, found = self._rows[one], self._seen.get(one, Interests()), scores[place]
            if not rows:
                found = _by_interest(self.ranker, shown)
            if wanted == "again":
                found = _only_bought(found, self._history, place)
            top = best(found[None, :], min(many, len(found)))[0]
            top = top[np.isfinite(found[top])]
            yield Scored(
                customer_id=one,
                products=[str(name) for name in self.ranker.products[top]],
                scores=found[top].tolist(),
                days=_days(rows),
                last={row["product_id"]: row["last_at"] for row in rows},
                taste=_taste(rows),
                interests=shown,
                history=self._history.of_customers(np.array([place], np.int32)),
            )


def _history(ranker: Ranker, ids: list[int], rows: list[dict[str, Any]]) -> Purchases:
    """The rows as codes; products the model does not know are left out."""
    places = {one: place for place, one in enumerate(ids)}
    names = np.array([row["product_id"] for row in rows], dtype=np.str_)
    codes = code_of(ranker, names)
    known = codes >= 0
    customer = np.array([places[row["customer_id"]] for row in rows], np.int32)[known]
    day = np.array([row["day"] for row in rows], np.float32)[known]
    return Purchases(customer, codes[known], day, len(ids), len(ranker.products))


def code_of(ranker: Ranker, names: NDArray[np.str_]) -> NDArray[np.int32]:
    """The code of each product name, −1 where the model does not know it."""
    if not len(names) or not len(ranker.products):
        return np.full(len(names), -1, np.int32)
    places = np.minimum(np.searchsorted(ranker.products, names), len(ranker.products) - 1)
    return np.where(ranker.products[places] == names, places, -1).astype(np.int32)


def _by_interest(ranker: Ranker, shown: Interests) -> NDArray[np.float32]:
    """What sells, more where the category was looked at, most where the product itself was."""
    sells = np.sqrt((ranker.recent + 0.01 * ranker.buyers) / max(float(ranker.recent.max(initial=0)), 1.0))
    total = sum(shown.categories.values())
    found = sells * 0.05
    if total:
        share = _shares_of_categories(ranker, shown, total)
        found = sells * (0.05 + share[ranker.category])
    codes = code_of(ranker, np.array(list(shown.viewed), dtype=np.str_))
    found[codes[codes >= 0]] += _VIEWED
    return found.astype(np.float32)


def _shares_of_categories(ranker: Ranker, shown: Interests, total: float) -> NDArray[np.float32]:
    return np.array([shown.categories.get(str(name), 0.0) / total for name in ranker.labels], np.float32)


def _only_bought(scores: NDArray[np.float32], history: Purchases, place: int) -> NDArray[np.float32]:
    found = np.full(len(scores), -np.inf, np.float32)
    own = history.item[history.customer == place]
    found[own] = scores[own]
    return found


def _days(rows: list[dict[str, Any]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row["product_id"], []).append(row["day"])
    return found


def _taste(rows: list[dict[str, Any]]) -> dict[str, int]:
    """On how many occasions a product of each category was bought."""
    found: dict[str, int] = {}
    for row in rows:
        if row["category"]:
            found[row["category"]] = found.get(row["category"], 0) + 1
    return found
