"""Who bought what, when: the one shape of data that all models are fitted on and judged by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True)
class Purchases:
    """Parallel arrays, one entry a customer, product and day of purchase.

    `customer` and `item` are codes from 0 (int32), below `customers` and `items`; `day` counts days from any origin
    (float32 or int32).
    """

    customer: NDArray[np.int32]
    item: NDArray[np.int32]
    day: NDArray[np.float32]
    customers: int
    items: int

    def where(self, chosen: NDArray[np.bool_]) -> Purchases:
        """The entries chosen; codes stay as they are."""
        return Purchases(self.customer[chosen], self.item[chosen], self.day[chosen], self.customers, self.items)

    def before(self, day: float) -> Purchases:
        """What was bought before `day`: all that a model may know of."""
        return self.where(self.day < day)

    def within(self, start: float, end: float) -> Purchases:
        """What was bought from `start` on, before `end`."""
        return self.where((self.day >= start) & (self.day < end))

    def of_customers(self, codes: NDArray[np.int32]) -> Purchases:
        """These customers alone, numbered anew in the order of `codes`."""
        place = np.full(self.customers, -1, np.int32)
        place[codes] = np.arange(len(codes), dtype=np.int32)
        kept = self.where(place[self.customer] >= 0)
        return Purchases(place[kept.customer], kept.item, kept.day, len(codes), self.items)

    def counts(self) -> sparse.csr_matrix:
        """Customers × items: on how many days each was bought (float32)."""
        return self._matrix(np.ones(len(self.item), np.float32))

    def bought(self) -> sparse.csr_matrix:
        """Customers × items: 1 where it was ever bought (float32)."""
        matrix = self.counts()
        matrix.data[:] = 1
        return matrix

    def faded(self, present: float, fade: float) -> sparse.csr_matrix:
        """Customers × items: days of purchase, each worth exp(-age / `fade`) at `present` (ages in days)."""
        return self._matrix(np.exp((self.day - present) / fade).astype(np.float32))

    def buyers(self) -> NDArray[np.float32]:
        """For each item, by how many customers it was bought."""
        return np.bincount(self.bought().indices, minlength=self.items).astype(np.float32)

    def first_buyers(self, since: float) -> NDArray[np.float32]:
        """For each item, how many customers bought it for the first time since `since`."""
        pair = self.customer.astype(np.int64) * self.items + self.item
        order = np.lexsort((self.day, pair))
        first = np.ones(len(order), bool)
        first[1:] = pair[order][1:] != pair[order][:-1]
        new = order[first][self.day[order[first]] >= since]
        return np.bincount(self.item[new], minlength=self.items).astype(np.float32)

    def _matrix(self, values: NDArray[np.float32]) -> sparse.csr_matrix:
        matrix = sparse.csr_matrix((values, (self.customer, self.item)), shape=(self.customers, self.items))
        matrix.sum_duplicates()
        return matrix
