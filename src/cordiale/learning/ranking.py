"""Measures of an order of rows, under weights and with ties: what they would be on average, ties broken at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cordiale.learning.encoding import Floats


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Rows from the highest score down; `starts` are where a run of equal scores begins."""

    order: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]
    truth: Floats

    def runs(self, weight: Floats) -> tuple[Floats, Floats]:
        """The weight of those who did and of all, in each run of equal scores."""
        placed = weight[self.order]
        return np.add.reduceat(placed * self.truth, self.starts), np.add.reduceat(placed, self.starts)


def of(score: Floats, truth: Floats) -> Ranking:
    """The ranking of rows by a score."""
    order = np.argsort(-score, kind="stable")
    placed = score[order]
    starts = np.flatnonzero(np.concatenate([[True], placed[1:] != placed[:-1]]))
    return Ranking(order=order, starts=starts, truth=truth[order])


def auc(did: Floats, everyone: Floats) -> float:
    """The chance that one who did is above one who did not, ties half."""
    did_not = everyone - did
    below = did_not.sum() - np.cumsum(did_not)
    pairs = did.sum() * did_not.sum()
    return float((did * (below + did_not / 2)).sum() / pairs) if pairs else np.nan


def average_precision(did: Floats, everyone: Floats) -> float:
    """Σ (Rₙ − Rₙ₋₁) Pₙ over the runs of equal scores, as scikit-learn defines it."""
    seen = np.cumsum(everyone)
    precision = np.divide(np.cumsum(did), seen, out=np.zeros(len(seen)), where=seen > 0)
    total = did.sum()
    return float((did * precision).sum() / total) if total else np.nan


def lift(did: Floats, everyone: Floats, share: float) -> float:
    """The share who did in the top `share` of the weight, over that of all; a run cut in two counts in proportion."""
    room = share * everyone.sum()
    before = np.cumsum(everyone) - everyone
    taken = np.clip(room - before, 0, everyone)
    part = np.divide(taken, everyone, out=np.zeros(len(taken)), where=everyone > 0)
    total = did.sum() / everyone.sum()
    return float((did * part).sum() / room / total) if total else np.nan
