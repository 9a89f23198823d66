"""What a customer's traits say of the orders: the histories that models of repeat purchases read, in whole days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cordiale.clock import require_aware

COLUMNS = ("orders_total", "first_order_at", "last_order_at", "average_basket", "orders_90d", "spend_90d")
"""The traits they are read from."""
_DAY = 86_400_000_000
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Histories:
    """One row a customer who ordered. `x` orders after the first, the last `t_x` days after it; known for `T` days.

    `basket` is the mean paid an order, returns deducted; `recent_orders` and `recent_spend` are those of 90 days.
    """

    x: Integers
    t_x: Integers
    T: Integers
    basket: Floats
    recent_orders: Floats
    recent_spend: Floats

    @property
    def orders(self) -> Integers:
        """Orders, the first one counted."""
        return self.x + 1

    def own_rate(self, days: float) -> Floats:
        """Orders in so many days at each one's own rate so far; who has just come is taken as known for a day."""
        return np.asarray(self.orders / np.maximum(self.T, 1) * days)


def read(rows: pa.Table, as_of: datetime) -> Histories:
    """The histories of customers who ordered, as they stood at `as_of`."""
    moment = int(require_aware(as_of).timestamp() * 1e6)
    first, last = (_microseconds(rows[name]) for name in ("first_order_at", "last_order_at"))
    x = rows["orders_total"].to_numpy().astype(np.int64) - 1
    return Histories(
        x=x,
        t_x=np.where(x > 0, (last - first) // _DAY, 0),
        T=(moment - first) // _DAY,
        basket=_figures(rows["average_basket"]),
        recent_orders=_figures(rows["orders_90d"]),
        recent_spend=_figures(rows["spend_90d"]),
    )


def _microseconds(column: pa.ChunkedArray) -> Integers:
    return np.asarray(column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy())


def _figures(column: pa.ChunkedArray) -> Floats:
    return np.asarray(np.nan_to_num(column.cast(pa.float64(), safe=False).to_numpy()))
