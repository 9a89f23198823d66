"""What the models need to know of a base: how often each history (x, t_x, T) occurs.

x repeat purchases (the first one not counted), the last of them t_x after the first purchase, the customer known for T.
Time is in any unit, the same everywhere; the product counts whole days. A likelihood depends on nothing else, so ten
million customers are as many rows as there are different histories.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from cordiale.errors import CordialeError

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Numbers: TypeAlias = npt.ArrayLike
_CELLS = 1 << 24
_LARGEST_KEY = 1 << 62


@dataclass(frozen=True, eq=False)
class Summary:
    """Different histories, sorted, and how many customers have each; four arrays of one length."""

    x: Integers
    t_x: Floats
    T: Floats
    count: Floats

    @property
    def customers(self) -> float:
        """How many customers it tells of."""
        return float(self.count.sum())

    @cached_property
    def levels(self) -> tuple[Integers, Floats]:
        """The different x, ascending, and how many customers have each."""
        values, first = np.unique(self.x, return_index=True)
        return values, np.add.reduceat(self.count, first)

    def sample(self, rows: int) -> Summary:
        """About as many customers, drawn evenly along the sorted histories: the same ones at every call."""
        places = (np.arange(rows) + 0.5) * self.customers / rows
        chosen, count = np.unique(np.searchsorted(np.cumsum(self.count), places), return_counts=True)
        return Summary(self.x[chosen], self.t_x[chosen], self.T[chosen], count.astype(np.float64))


def summarise(x: Numbers, t_x: Numbers, T: Numbers, count: Numbers | None = None) -> Summary:
    """The summary of one row a customer (or `count` customers). Raises CordialeError where a history cannot be."""
    x, t_x, T = checked(x, t_x, T)
    weights = None if count is None else _weights(count, x.size)
    if not x.size:
        raise CordialeError("nobody is in the data; a model needs customers who bought")
    steps, (last, known) = grid(t_x, T)
    key, many = _counted(_key(x, known, last, steps.size), weights)
    return Summary(key // steps.size**2, steps[key % steps.size], steps[key // steps.size % steps.size], many)


def checked(x: Numbers, t_x: Numbers, T: Numbers) -> tuple[Integers, Floats, Floats]:
    """The histories as arrays of one shape, once they are such as can be."""
    times = [np.asarray(x), np.asarray(t_x), np.asarray(T)]
    for name, values in zip(("x", "t_x", "T"), times, strict=True):
        if values.dtype.kind not in "iuf" or not (values.dtype.kind in "iu" or bool(np.isfinite(values).all())):
            raise CordialeError(f"{name} must hold finite numbers only")
    whole = times[0] if times[0].dtype.kind in "iu" else times[0].astype(np.int64)
    if whole is not times[0] and bool((whole != times[0]).any()):
        raise CordialeError("x must hold whole numbers: it counts purchases after the first")
    purchases, last, known = _of_one_shape(whole, times[1], times[2])
    if bool((purchases < 0).any()) or bool((last < 0).any()) or bool((last > known).any()):
        raise CordialeError("a history needs x ≥ 0 and 0 ≤ t_x ≤ T")
    if bool(((purchases == 0) & (last > 0)).any()):
        raise CordialeError("t_x must be 0 for who bought once: time counts from the first purchase")
    return purchases, last, known


def _of_one_shape(x: Any, t_x: Any, T: Any) -> tuple[Any, Any, Any]:
    try:
        return tuple(np.broadcast_arrays(x, t_x, T))  # type: ignore[return-value]
    except ValueError:
        raise CordialeError("x, t_x and T must have one length") from None


def grid(*times: Any) -> tuple[Floats, list[Integers]]:
    """The steps of time that occur, and each array as places among them; whole numbers are their own places."""
    last = max(float(values.max()) for values in times)
    if last < 1 << 20 and all(values.dtype.kind in "iu" or bool((values == np.rint(values)).all()) for values in times):
        return np.arange(last + 1), [values.astype(np.int32, copy=False) for values in times]
    steps, places = np.unique(np.concatenate([values.ravel() for values in times]), return_inverse=True)
    return steps.astype(np.float64), np.split(places, len(times))


def _key(x: Integers, known: Integers, last: Integers, steps: int) -> Integers:
    """One number a history: x first, then T, then t_x."""
    if (int(x.max()) + 1) * steps**2 > _LARGEST_KEY:
        raise CordialeError("these times are too finely divided; count in days or hours")
    key = x.astype(np.int64)
    key *= steps
    key += known
    key *= steps
    key += last
    return key


def _counted(key: Integers, weights: Floats | None) -> tuple[Integers, Floats]:
    """The different keys, ascending, and the customers of each."""
    cells = int(key.max()) + 1
    if cells <= min(_CELLS, 64 * key.size) or weights is not None:
        if cells > _CELLS:
            found, places = np.unique(key, return_inverse=True)
            return found, np.bincount(places, weights=weights).astype(np.float64)
        many = np.bincount(key, weights=weights)
        present = np.flatnonzero(many)
        return present, many[present].astype(np.float64)
    key.sort()
    first = np.concatenate([[0], np.flatnonzero(np.diff(key)) + 1])
    return key[first], np.diff(first, append=key.size).astype(np.float64)


def _weights(count: Numbers, rows: int) -> Floats:
    weights = np.asarray(count, dtype=np.float64)
    if weights.shape != (rows,) or not bool((weights > 0).all()):
        raise CordialeError("count must hold a number above 0 for each row")
    return weights
