"""What both kinds of fitted model (a logit, boosted trees) can do, and how several add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cordiale.learning import boosting, logit
from cordiale.learning.encoding import Floats

Arrays = dict[str, npt.NDArray[Any]]
LOGIT, BOOSTING = "logit", "boosting"


class Member(Protocol):
    """A fitted function of a matrix whose value is `mean_score` plus the contributions of the columns."""

    def score(self, matrix: Floats) -> Floats:
        """The value of each row."""
        ...

    def contributions(self, matrix: Floats) -> Floats:
        """What each column added, shape of `matrix`."""
        ...

    def mean_score(self) -> float:
        """The value before any column is looked at."""
        ...

    def arrays(self) -> Arrays:
        """Everything it is made of."""
        ...


Members = Mapping[str, Member]
"""By kind; their scores are averaged."""


def score(members: Members, matrix: Floats) -> Floats:
    """The mean score of the members."""
    return np.asarray(sum(one.score(matrix) for one in members.values()) / len(members))


def contributions(members: Members, matrix: Floats) -> Floats:
    """The mean contributions of the members."""
    return np.asarray(sum(one.contributions(matrix) for one in members.values()) / len(members))


def mean_score(members: Members) -> float:
    """The mean of the members' own."""
    return sum(one.mean_score() for one in members.values()) / len(members)


def arrays(members: Members) -> Arrays:
    """All arrays, under `kind.name`."""
    return {f"{kind}.{name}": array for kind, one in members.items() for name, array in one.arrays().items()}


def from_arrays(kinds: list[str], found: Mapping[str, npt.NDArray[Any]]) -> dict[str, Member]:
    """What `arrays` gave."""
    members: dict[str, Member] = {}
    for kind in kinds:
        own = {name.removeprefix(f"{kind}."): array for name, array in found.items() if name.startswith(f"{kind}.")}
        members[kind] = logit.from_arrays(own) if kind == LOGIT else boosting.from_arrays(own)
    return members
