"""Which features mean the same on the day asked as on the days learned from.

A model that learned what a spend of 800 since the beginning means after six months is wrong about it after nine. Such
features are left out: those that moved much (drift), and those that only ever grow and moved at all.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cordiale.learning import encoding
from cordiale.learning.drift import drift, reference
from cordiale.learning.encoding import Floats

MUCH, AT_ALL = 0.25, 0.02
"""Drift from which on a feature is left out, and one that only grows."""
_FALLS, _RISES = 0.01, 0.1


def unsteady(
    features: pa.Table,
    current: pa.Table,
    *,
    as_of: datetime | None = None,
    groups: npt.NDArray[np.int64] | None = None,
    days: npt.NDArray[np.int64] | None = None,
) -> list[str]:
    """The features to leave out, given those of who will be asked about (`current`).

    `groups` and `days`: the customer and the day of each row of `features`, where there are several days.
    """
    found = drift(reference(features, as_of), current, as_of)
    moved = {name for name, index in found.items() if index > MUCH}
    if groups is not None and days is not None:
        order = np.lexsort([days, groups])
        following = groups[order][1:] == groups[order][:-1]
        for name in sorted(name for name, index in found.items() if AT_ALL < index <= MUCH):
            if not encoding.is_text(features[name].type):
                read = encoding.figures(features[name], name, as_of)[order]
                moved |= {name} if _only_grows(np.diff(read)[following]) else set()
    return sorted(moved)


def _only_grows(change: Floats) -> bool:
    known = change[~np.isnan(change)]
    return bool(known.size and (known < 0).mean() < _FALLS and (known > 0).mean() > _RISES)
