"""What the linking has learned: weights, how frequent names are, values that so many share that they say nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from cordiale.duplicates.linking.comparisons import Weights

_SHIPPED = Path(__file__).parent.parent / "data" / "weights.json"
_SMALLEST = 20_000  # as if a small base held so many: two namesakes among two hundred are not one person for that


@dataclass(frozen=True, kw_only=True)
class Model:
    """All that a pair's probability depends on besides the pair. It is kept, so that a run can be repeated exactly.

    `terms` gives shares of frequent values by column, `floors` the share of all others (no entry: frequency does not
    count). `common` holds MD5 of values that are taken as missing, by column. `caps` gives, by doubt, how many pairs
    in such doubt are one person: a probability is never above that.
    """

    weights: Weights
    prior: float
    pairs_a_record: float
    caps: Mapping[str, float]
    is_trained: bool = False
    terms: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    floors: Mapping[str, float] = field(default_factory=dict)
    common: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def for_base(self, records: int) -> Model:
        """The same weights for a base of so many records: the larger it is, the rarer a pair is one person."""
        return replace(self, prior=min(0.01, 2 * self.pairs_a_record / max(records, _SMALLEST)))

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@cache
def shipped() -> Model:
    """The weights that come with us, trained on a made-up French base (`benchmarks/duplicates.py --train`)."""
    return from_json(json.loads(_SHIPPED.read_text()))


def from_json(values: Mapping[str, Any]) -> Model:
    """A model that was kept."""
    return Model(**values)
