"""The categories as they stood on a day, and what is known of a customer and one of them that was never bought.

Three things tell whether it will be: how well it goes with what is bought (item models over customers × categories, as
recommendations use them), how many others buy it for the first time of late, and how the customer shops. Tables and
arrays only; a shelf holds figures of categories, of no customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

AFFINITY, FIT, FIT_OFTEN = "category_affinity", "category_fit", "category_fit_often"
RATE, RATE_SHORT, RATE_LONG = "category_rate", "category_rate_short", "category_rate_long"
SHARE, BUYERS_LATE, OFTEN = "category_share", "category_buyers_late", "category_orders"
OWN, OWN_NEW, OWN_NEW_LONG = "own_categories", "own_categories_new", "own_categories_new_long"
OF_PAIRS = (
    AFFINITY, FIT, FIT_OFTEN, RATE, RATE_SHORT, RATE_LONG, SHARE, BUYERS_LATE, OFTEN, OWN, OWN_NEW, OWN_NEW_LONG,
)  # fmt: skip
"""What a shelf says; the rest of a pair's features are the customer's traits."""
OF_CUSTOMERS = (
    "orders_30d", "orders_90d", "spend_90d", "recency_days", "average_basket", "days_between_orders", "promotion_share",
)  # fmt: skip
KNOWN, LEAST_BUYERS = 300, 20
"""Categories a shelf knows at most: the most bought, and none of fewer buyers than this."""
RIDGE = 200.0
"""EASE's, chosen on The Complete Journey by what came in a month that nothing is judged by."""
_SHORT, _LONG = 0.25, 3
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Baskets:
    """Of some customers and the known categories, shape (customers, known): orders with it; days since the first."""

    orders: Floats
    age: Floats


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """`known` categories, the most bought first, and those `offered`, most often bought first of late first.

    `near` is the cosine of their buyers, `fit` and `fit_often` are EASE's weights from bought or not and from the
    logarithm of orders: shape (known, offered). `told`: the figures of each offered one, by feature. `days`: what
    "of late" means; a rate is the share of those who had not bought it that did of late.
    """

    known: tuple[str, ...]
    offered: tuple[str, ...]
    days: int
    near: Floats
    fit: Floats
    fit_often: Floats
    told: Mapping[str, Floats]

    def baskets(self, ids: Numbers, bought: pa.Table, as_of: datetime) -> Baskets:
        """What these customers had `bought` by a day: customer_id, category, first, orders."""
        place = pc.index_in(bought["customer_id"], pa.array(ids)).combine_chunks()
        kind = pc.index_in(bought["category"], pa.array(self.known, pa.string())).combine_chunks()
        both = pc.and_(place.is_valid(), kind.is_valid())
        at = place.filter(both).to_numpy(), kind.filter(both).to_numpy()
        orders = np.zeros((len(ids), len(self.known)))
        age = np.full(orders.shape, np.inf)
        orders[at] = bought["orders"].filter(both).to_numpy()
        age[at] = _days_before(bought["first"].filter(both), as_of)
        return Baskets(orders=orders, age=age)

    def pairs(self, rows: pa.Table, held: Baskets) -> tuple[pa.Table, Numbers, Numbers]:
        """A row for each customer of `rows` and offered category not bought yet, with the places of both."""
        own = (held.orders > 0).astype(np.float64)
        who, which = np.nonzero(own[:, self._places()] == 0)
        many = own.sum(axis=1)
        of_both = {
            AFFINITY: (own @ self.near) / np.maximum(many, 1)[:, None],
            FIT: own @ self.fit,
            FIT_OFTEN: np.log1p(held.orders) @ self.fit_often,
        }
        of_customer = {
            OWN: many,
            OWN_NEW: (held.age <= self.days).sum(axis=1).astype(np.float64),
            OWN_NEW_LONG: (held.age <= self.days * _LONG).sum(axis=1).astype(np.float64),
        }
        for name in OF_CUSTOMERS:
            if name in rows.column_names:
                of_customer[name] = rows[name].cast(pa.float64(), safe=False).to_numpy()
        features = {name: values[who, which] for name, values in of_both.items()}
        features |= {name: values[which] for name, values in self.told.items()}
        features |= {name: values[who] for name, values in of_customer.items()}
        return pa.table(features), who, which

    def came(self, ids: Numbers, after: pa.Table, who: Numbers, which: Numbers) -> npt.NDArray[np.bool_]:
        """Which pairs came true: `after` holds the customer_id and category of what was bought then."""
        place = pc.index_in(after["customer_id"], pa.array(ids)).combine_chunks()
        kind = pc.index_in(after["category"], pa.array(self.offered, pa.string())).combine_chunks()
        both = pc.and_(place.is_valid(), kind.is_valid())
        did = np.zeros((len(ids), len(self.offered)), bool)
        did[place.filter(both).to_numpy(), kind.filter(both).to_numpy()] = True
        return np.asarray(did[who, which])

    def as_json(self) -> dict[str, Any]:
        """For `from_json`."""
        arrays = {name: getattr(self, name).tolist() for name in ("near", "fit", "fit_often")}
        told = {name: values.tolist() for name, values in self.told.items()}
        return {"known": self.known, "offered": self.offered, "days": self.days, "told": told, **arrays}

    def _places(self) -> Numbers:
        return np.array([self.known.index(name) for name in self.offered], np.int64)


def from_json(stored: Mapping[str, Any]) -> Shelf:
    """What `Shelf.as_json` gave."""
    shape = (len(stored["known"]), len(stored["offered"]))
    arrays = {name: np.array(stored[name], np.float64).reshape(shape) for name in ("near", "fit", "fit_often")}
    told = {name: np.array(values, np.float64) for name, values in stored["told"].items()}
    return Shelf(
        known=tuple(stored["known"]), offered=tuple(stored["offered"]), days=stored["days"], told=told, **arrays
    )


def stand(bought: pa.Table, as_of: datetime, days: int, *, offered: int | None, least: int = LEAST_BUYERS) -> Shelf:
    """The shelf at `as_of`, from what everybody had bought before.

    `bought` has a row for each customer and category: customer_id, category, first, last, orders. `offered`: so
    many categories at most that somebody bought first of late; None: all. None is known of fewer buyers than `least`.
    The order of rows changes nothing, to the last digit: what is learnt from it starts from a number of these digits.
    """
    bought = bought.sort_by([("customer_id", "ascending"), ("category", "ascending")])
    counted = _counts(bought)
    known = tuple(sorted((one for one in counted if counted[one] >= least), key=lambda one: (-counted[one], one)))
    known = known[:KNOWN]
    firsts = {name: _since(bought, "first", as_of, width) for name, width in _widths(days).items()}
    fresh = firsts[RATE]
    late = (name for name in known if offered is None or fresh.get(name))
    shown = sorted(late, key=lambda name: (-fresh.get(name, 0), name))[:offered]
    who = bought["customer_id"].combine_chunks().dictionary_encode()
    near, fit, often = _weights(bought, who.indices.to_numpy(), known, shown)
    return Shelf(
        known=known, offered=tuple(shown), days=days, near=near, fit=fit, fit_often=often,
        told=_told(bought, as_of, days, shown, max(1, len(who.dictionary)), firsts),
    )  # fmt: skip


def _told(
    bought: pa.Table,
    as_of: datetime,
    days: int,
    shown: list[str],
    everyone: int,
    firsts: Mapping[str, Mapping[str, int]],
) -> dict[str, Floats]:
    def figures(counts: Mapping[str, float]) -> Floats:
        return np.array([counts.get(name, 0) for name in shown], np.float64)

    buyers = figures(_counts(bought))
    never = everyone - buyers
    rates = {name: figures(counts) / np.maximum(1, never + figures(counts)) for name, counts in firsts.items()}
    summed = bought.group_by("category").aggregate([("orders", "sum")])
    orders = dict(zip(summed["category"].to_pylist(), summed["orders_sum"].to_pylist(), strict=True))
    late = figures(_since(bought, "last", as_of, days * _LONG))
    return rates | {
        SHARE: buyers / everyone, BUYERS_LATE: late / everyone, OFTEN: figures(orders) / np.maximum(1, buyers)
    }  # fmt: skip


def _weights(
    bought: pa.Table, who: npt.NDArray[Any], known: tuple[str, ...], shown: list[str]
) -> tuple[Floats, Floats, Floats]:
    """Cosine of buyers, EASE from bought or not, EASE from the logarithm of orders; nothing of one with itself."""
    from scipy import sparse  # noqa: PLC0415 - slow to import

    kind = pc.index_in(bought["category"], pa.array(known, pa.string())).combine_chunks()
    is_known = kind.is_valid()
    at = who[is_known.to_numpy(zero_copy_only=False)], kind.filter(is_known).to_numpy()
    shape = (int(at[0].max()) + 1 if len(at[0]) else 1, len(known))
    columns = [known.index(name) for name in shown]
    common, often = (
        np.asarray((matrix.T @ matrix).todense(), np.float64)
        for matrix in (
            sparse.csc_matrix((values, at), shape=shape)
            for values in (np.ones(len(at[0])), np.log1p(bought["orders"].filter(is_known).to_numpy()))
        )
    )
    size = np.sqrt(np.maximum(np.diag(common), 1.0))
    cosine = common / size[:, None] / size[None, :]
    np.fill_diagonal(cosine, 0.0)
    return cosine[:, columns], _ease(common)[:, columns], _ease(often)[:, columns]


def _ease(common: Floats) -> Floats:
    """Weights that foretell each category from all others by ridge regression (Steck 2019), diagonal 0."""
    inverse = np.linalg.inv(common + RIDGE * np.eye(len(common)))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return np.asarray(weights)


def _widths(days: int) -> dict[str, float]:
    return {RATE: days, RATE_SHORT: days * _SHORT, RATE_LONG: days * _LONG}


def _counts(rows: pa.Table) -> dict[str, int]:
    counted = pc.value_counts(rows["category"]).to_pylist()
    return {one["values"]: one["counts"] for one in counted}


def _since(bought: pa.Table, column: str, as_of: datetime, days: float) -> dict[str, int]:
    """How many customers each category had whose first or last purchase of it is not older."""
    start = pa.scalar(as_of - timedelta(days=days), bought[column].type)
    return _counts(bought.filter(pc.greater_equal(bought[column], start)))


def _days_before(column: pa.ChunkedArray, as_of: datetime) -> Floats:
    seconds = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy() / 1e6
    return np.asarray((as_of.timestamp() - seconds) / 86_400)
