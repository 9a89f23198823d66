"""RFM scores, 1 to 5 (5 is best), over all customers who ever ordered; empty for the others.

Equal values get equal scores, whatever the order of the rows: a value's score is the fifth of the base its *middle*
customer falls in, (customers below + half of those equal) / customers. So scores follow the values alone, a value half
the base shares is one score, and fifths need not be equally full (METHODS.md, C1: borders drawn through ties mislead).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MEASURES: Mapping[str, tuple[str, bool]] = {
    "rfm_recency": ("recency_days", False),
    "rfm_frequency": ("orders_365d", True),
    "rfm_monetary": ("spend_365d", True),
}
"""Score → the trait it is made of, and whether more is better."""


@dataclass(frozen=True)
class Scale:
    """How the values of one measure are scored: the worst score anybody has, then from which value on which better one.

    `steps` holds (value, score), best last: it is reached by values at least as high, or at most as high where less is
    better.
    """

    worst: int
    steps: tuple[tuple[float, int], ...]
    more_is_better: bool

    def score(self, value: float) -> int:
        """The score of one value."""
        reached = (
            score for border, score in self.steps if (value >= border if self.more_is_better else value <= border)
        )
        return max(reached, default=self.worst)

    def sql(self, column: str) -> str:
        """The score of a column's value; empty where the column is."""
        sign = ">=" if self.more_is_better else "<="
        steps = " ".join(f"WHEN {column} {sign} {border!r} THEN {score}" for border, score in reversed(self.steps))
        return f"CASE WHEN {column} IS NULL THEN NULL {steps} ELSE {self.worst} END"


class Tally:
    """How many customers have each value of one measure: all that its scale needs.

    Told in parts, it holds the different values (days, orders, amounts of money), however many customers share them.
    """

    def __init__(self) -> None:
        self._values, self._counts = np.empty(0), np.empty(0, dtype=np.int64)

    def add(self, values: npt.NDArray[np.float64] | Sequence[float]) -> Tally:
        """Count the values of more customers, one each; the tally itself."""
        distinct, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
        merged = np.union1d(self._values, distinct)
        summed = np.zeros(merged.size, dtype=np.int64)
        summed[np.searchsorted(merged, self._values)] += self._counts
        summed[np.searchsorted(merged, distinct)] += counts
        self._values, self._counts = merged, summed
        return self

    def scale(self, *, more_is_better: bool) -> Scale:
        """The scale of everyone counted."""
        if not self._values.size:
            return Scale(1, (), more_is_better)
        way = slice(None) if more_is_better else slice(None, None, -1)  # worst first
        distinct, counts = self._values[way], self._counts[way]
        twice_the_middle = 2 * np.cumsum(counts) - counts
        scores = np.minimum(5 * twice_the_middle // (2 * counts.sum()), 4) + 1
        steps = [(float(distinct[place]), int(scores[place])) for place in np.flatnonzero(np.diff(scores)) + 1]
        return Scale(int(scores[0]), tuple(steps), more_is_better)


def scale(values: npt.NDArray[np.float64] | Sequence[float], *, more_is_better: bool) -> Scale:
    """The scale of these values (one a customer who ever ordered)."""
    return Tally().add(values).scale(more_is_better=more_is_better)
