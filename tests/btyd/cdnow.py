"""CDNOW, as the papers use it: 2357 customers who first bought in early 1997, known until 30 June 1998.

The data are not ours: they come inside `lifetimes`, a development library whose code is never run here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import files
from typing import Any

import numpy as np

CALIBRATED_UNTIL, KNOWN_UNTIL = date(1997, 9, 30), date(1998, 6, 30)


@dataclass(frozen=True, eq=False)
class Base:
    """x, t_x, T in days of all customers on one day, and the day of each first purchase (0 is the first of all)."""

    x: Any
    t_x: Any
    T: Any
    start: Any


@cache
def published() -> tuple[Any, ...]:
    """x, t_x, T in weeks with two digits, and mean repeat value, as the notes have them; a row a customer."""
    rows = np.genfromtxt(_path("cdnow_customers_summary_with_transactions.csv"), delimiter=",", skip_header=1)
    return rows[:, 1].astype(int), rows[:, 2], rows[:, 3], rows[:, 4]


@cache
def known(until: date) -> Base:
    """The base as known on a day; purchases of one day are one purchase."""
    rows = np.genfromtxt(_path("CDNOW_sample.txt"), dtype=str, usecols=(1, 2))
    days = np.array([date.fromisoformat(day).toordinal() for day in rows[:, 1]])
    pairs = np.unique(np.stack([rows[:, 0].astype(int), days], axis=1)[days <= until.toordinal()], axis=0)
    _, first, many = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    started, last = pairs[first, 1], pairs[first + many - 1, 1]
    return Base(many - 1, last - started, until.toordinal() - started, started - started.min())


def _path(name: str) -> str:
    return str(next(path for path in files("lifetimes") or [] if path.name == name).locate())
