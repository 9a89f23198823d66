"""Customers as shops see them: most buy nothing in a month, a few a lot, and those who bought will buy again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Panel:
    """Spend after and before the contact, and who was treated."""

    after: NDArray[np.float64]
    before: NDArray[np.float64]
    treated: NDArray[np.bool_]

    @property
    def covariates(self) -> NDArray[np.float64]:
        return self.before[:, None]

    def first(self, size: int) -> Panel:
        return Panel(self.after[:size], self.before[:size], self.treated[:size])

    def bought(self) -> Panel:
        return Panel((self.after > 0) * 1.0, (self.before > 0) * 1.0, self.treated)


def panel(rng: np.random.Generator, size: int, *, control: float = 0.1, buys: float = 0.35, lift: float = 0.0) -> Panel:
    """`lift` multiplies what treated customers spend: 0.3 is 30 % more."""
    inclination = rng.normal(size=size)
    before, after = (_spend(rng, inclination, buys) for _ in range(2))
    treated = rng.random(size) >= control
    return Panel(np.where(treated, after * (1 + lift), after), before, treated)


def _spend(rng: np.random.Generator, inclination: NDArray[np.float64], buys: float) -> NDArray[np.float64]:
    chance = 1 / (1 + np.exp(-(np.log(buys / (1 - buys)) + 1.2 * inclination)))
    basket = np.exp(3.2 + 0.6 * inclination + 0.8 * rng.normal(size=inclination.size))
    return np.where(rng.random(inclination.size) < chance, basket, 0.0)
