"""Made-up customers whose behaviour follows known odds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def customers(rows: int, seed: int = 1) -> tuple[pa.Table, npt.NDArray[np.bool_]]:
    """Traits of every type, and who bought: more likely with spend, visits and the category wine."""
    draw = np.random.default_rng(seed)
    spend, visits = draw.lognormal(size=rows), draw.normal(size=rows)
    category = draw.choice(["wine", "bread", "cheese", "saffron"], rows, p=[0.3, 0.5, 0.195, 0.005])
    odds = -1 + np.log(spend) + 0.5 * visits + (category == "wine")
    seen = [AS_OF - timedelta(days=float(days)) for days in draw.uniform(1, 100, rows)]
    table = pa.table(
        {
            "spend": pa.array(np.round(spend, 4)),
            "visits": pa.array(np.where(draw.random(rows) < 0.2, np.nan, visits), from_pandas=True),
            "category": pa.array(category),
            "seen_at": pa.array(seen, pa.timestamp("us", tz="UTC")),
            "is_member": pa.array(draw.random(rows) < 0.5),
        }
    )
    return table, draw.random(rows) < 1 / (1 + np.exp(-odds))


def amounts(rows: int, seed: int = 1) -> tuple[pa.Table, npt.NDArray[Any]]:
    """The same customers, and what they spent: nothing, or some multiple of before."""
    table, bought = customers(rows, seed)
    draw = np.random.default_rng(seed + 1000)
    return table, np.where(bought, draw.gamma(2.0, 50 * table["spend"].to_numpy()), 0.0)
