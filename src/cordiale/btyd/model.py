"""What every model of repeat purchases can tell."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from cordiale.btyd.summary import Floats, Integers, Summary

Parameters = Sequence[float]


class Model(ABC):
    """A family of purchase processes. Parameters are natural (not logarithms), times in the unit they were fitted in.

    Arrays have one length, x whole numbers. Histories are checked before they come here.
    """

    name: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]]
    times: ClassVar[tuple[str, ...]]
    """Those parameters that are times: they grow with the number of units in a day, the others do not."""

    @abstractmethod
    def starts(self) -> list[Parameters]:
        """Where to begin looking, with the mean T as the unit of time."""

    @abstractmethod
    def score(self, parameters: Parameters, summary: Summary) -> tuple[float, Floats]:
        """The log-likelihood of all customers of the summary, and its gradient by the parameters."""

    @abstractmethod
    def log_likelihood(self, parameters: Parameters, x: Integers, t_x: Floats, T: Floats) -> Floats:
        """The log density of each history: purchases at these moments and none after."""

    @abstractmethod
    def alive(self, parameters: Parameters, x: Integers, t_x: Floats, T: Floats) -> Floats:
        """The probability that a customer with this history has not left for good by T."""

    @abstractmethod
    def expected_if_alive(self, parameters: Parameters, t: Floats, x: Integers, T: Floats) -> Floats:
        """Purchases expected in the next t of who made x until T and is alive."""

    @abstractmethod
    def purchase_if_alive(self, parameters: Parameters, t: Floats, x: Integers, T: Floats) -> Floats:
        """The probability of at least one purchase in the next t of who made x until T and is alive."""

    @abstractmethod
    def wait(self, parameters: Parameters, chance: Floats, x: Integers, T: Floats) -> Floats:
        """The time until `purchase_if_alive` reaches `chance`; infinite where it never does (chance ≥ 1 included)."""
