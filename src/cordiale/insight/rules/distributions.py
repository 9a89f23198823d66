"""How a trait's values are spread over customers: what is known, quantiles and a histogram, or the commonest texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
BINS, TOP = 12, 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Bin:
    """So many customers have a value from `low` up to `high`: below it, or at it in the last bin."""

    low: Any
    high: Any
    customers: int


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """Of `customers`, `known` have a value. `quantiles` are values somebody has (the lower of two), by `QUANTILES`.

    Of texts there are only `top` (value, customers), the commonest first; `distinct` counts different values.
    """

    customers: int
    known: int
    distinct: int
    mean: float | None = None
    quantiles: tuple[Any, ...] = ()
    bins: tuple[Bin, ...] = ()
    top: tuple[tuple[str, int], ...] = ()

    @property
    def share_known(self) -> float | None:
        """Known over all; None where there is nobody."""
        return self.known / self.customers if self.customers else None


def describe(values: pa.ChunkedArray, kind: str) -> Distribution:
    """The distribution of one column; `kind` is the trait's type."""
    present = values.drop_null()
    counts: dict[str, Any] = {
        "customers": len(values),
        "known": len(present),
        "distinct": pc.count_distinct(present).as_py(),
    }
    if not len(present):
        return Distribution(**counts)
    if kind == "text":
        return Distribution(**counts, top=_commonest(present))
    figures = _figures(present, kind)
    ordered = np.sort(figures)
    quantiles = [ordered[int(share * (len(ordered) - 1))] for share in QUANTILES]
    mean = None if kind == "instant" else float(figures.mean())
    bins = _bins(ordered, is_whole=kind == "integer")
    return Distribution(
        **counts, mean=mean, quantiles=tuple(_value(one, kind) for one in quantiles),
        bins=tuple(Bin(low=_value(low, kind), high=_value(high, kind), customers=many) for low, high, many in bins),
    )  # fmt: skip


def sample(rows: pa.Table, name: str, many: int) -> list[tuple[int, Any]]:
    """Some (customer_id, value) of those who have one, from the lowest value to the highest; else of the others."""
    known = rows.filter(rows[name].is_valid()).sort_by([(name, "ascending"), ("customer_id", "ascending")])
    chosen = known if known.num_rows else rows.sort_by("customer_id")
    places = np.unique(np.linspace(0, max(chosen.num_rows - 1, 0), many).round().astype(int))[: chosen.num_rows]
    picked = chosen.take(pa.array(places, pa.int64()))
    return list(zip(picked["customer_id"].to_pylist(), picked[name].to_pylist(), strict=True))


def _commonest(present: pa.ChunkedArray) -> tuple[tuple[str, int], ...]:
    counted = pc.value_counts(present)
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:TOP])


def _figures(present: pa.ChunkedArray, kind: str) -> npt.NDArray[np.float64]:
    plain = present.cast(pa.int64()) if kind == "instant" else present
    figures: npt.NDArray[np.float64] = pc.cast(plain, pa.float64(), safe=False).to_numpy()
    return figures


def _value(figure: float, kind: str) -> Any:
    if kind == "instant":
        return _EPOCH + timedelta(microseconds=int(figure))
    return int(figure) if kind == "integer" and float(figure).is_integer() else float(figure)


def _bins(ordered: npt.NDArray[np.float64], *, is_whole: bool) -> Sequence[tuple[float, float, int]]:
    """Equal steps from the lowest to the 99th hundredth of the values, and one bin for the few far ones above."""
    low, high = ordered[0], ordered[int(0.99 * (len(ordered) - 1))]
    if low == high:
        high = ordered[-1]
    if low == high:
        return [(low, high, len(ordered))]
    step = (high - low) / (BINS - 1)
    if is_whole:
        step = max(1.0, np.ceil(step))
    edges = [low + step * place for place in range(BINS) if low + step * (place - 1) < high]
    edges = [*edges, ordered[-1]] if ordered[-1] > edges[-1] else edges
    counted, _ = np.histogram(ordered, bins=edges)
    return [(edges[place], edges[place + 1], int(many)) for place, many in enumerate(counted)]
