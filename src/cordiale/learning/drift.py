"""Whether today's customers still look like those a model learned from: the population stability index of each feature.

PSI = Σ (current − reference) · ln(current / reference) over the shares of bins; below 0.1 little moved, above 0.25 much
(Siddiqi 2006). The reference keeps shares of bins, no customer's row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cordiale.errors import CordialeError
from cordiale.learning import encoding
from cordiale.learning.encoding import Floats

BINS = 10
_LEAST_SHARE = 1e-4


@dataclass(frozen=True)
class Shares:
    """`edges` between bins of a figure, or `values` of a text; the share of each bin, of others, of unknown."""

    edges: tuple[float, ...]
    values: tuple[str, ...]
    share: tuple[float, ...]


@dataclass(frozen=True)
class Reference:
    """The shares of each feature on the day of learning."""

    features: Mapping[str, Shares]

    def as_json(self) -> dict[str, Any]:
        """For `Reference.from_json`."""
        return {
            name: {"edges": list(one.edges), "values": list(one.values), "share": list(one.share)}
            for name, one in self.features.items()
        }

    @staticmethod
    def from_json(stored: Mapping[str, Mapping[str, Any]]) -> Reference:
        """What `as_json` gave."""
        return Reference(
            {
                name: Shares(tuple(one["edges"]), tuple(one["values"]), tuple(one["share"]))
                for name, one in stored.items()
            }
        )


def reference(features: pa.Table, as_of: datetime | None = None) -> Reference:
    """The shares of a table's features: figures by their tenths, texts by their frequent values."""
    _require_rows(features)
    found = {}
    for name in features.column_names:
        column = features[name]
        is_text = encoding.is_text(column.type)
        values = encoding.frequent(column) if is_text else ()
        edges = () if is_text else _edges(encoding.figures(column, name, as_of))
        found[name] = Shares(edges, values, _shares(column, name, edges, values, as_of))
    return Reference(found)


def drift(known: Reference, current: pa.Table, as_of: datetime | None = None) -> dict[str, float]:
    """The index of each feature of the reference, the most moved first. Raises CordialeError where one is missing."""
    _require_rows(current)
    missing = sorted(set(known.features) - set(current.column_names))
    if missing:
        raise CordialeError(f"the features lack {', '.join(missing)}, which the model learned from; fit it again")
    found = {
        name: _index(one.share, _shares(current[name], name, one.edges, one.values, as_of))
        for name, one in known.features.items()
    }
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _require_rows(table: pa.Table) -> None:
    if not table.num_rows:
        raise CordialeError("there is no customer to compare; take a day that has traits")


def _edges(read: Floats) -> tuple[float, ...]:
    known = read[~np.isnan(read)]
    if not known.size:
        return ()
    inner = np.quantile(known, np.arange(1, BINS) / BINS, method="inverted_cdf")
    return tuple(float(edge) for edge in np.unique(inner))


def _shares(
    column: pa.ChunkedArray, name: str, edges: tuple[float, ...], values: tuple[str, ...], as_of: datetime | None
) -> tuple[float, ...]:
    if encoding.is_text(column.type):
        known = encoding.texts(column)
        place = pc.fill_null(pc.index_in(known, value_set=pa.array(values, pa.string())), len(values)).to_numpy()
        unknown = known.is_null().to_numpy()
        bins = len(values) + 1
    else:
        read = encoding.figures(column, name, as_of)
        unknown, bins = np.isnan(read), len(edges) + 1
        place = np.searchsorted(np.array(edges), read, side="left")
    return _counted(np.where(unknown, bins, place), bins + 1)


def _counted(place: npt.NDArray[Any], bins: int) -> tuple[float, ...]:
    return tuple(float(one) for one in np.bincount(place, minlength=bins) / len(place))


def _index(before: tuple[float, ...], after: tuple[float, ...]) -> float:
    old, new = np.maximum(before, _LEAST_SHARE), np.maximum(after, _LEAST_SHARE)
    return float(((new - old) * np.log(new / old)).sum())
