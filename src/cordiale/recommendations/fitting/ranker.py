"""A fitted recommender: what it knows of products, and the scores it gives to customers. It knows no customer.

Two rankings: `everything`, where products are bought again, and `unseen`, of products the customer never bought.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cordiale.recommendations.fitting.factors import CONFIDENCE, solved
from cordiale.recommendations.fitting.purchases import Purchases

Scores = NDArray[np.float32]
TASTE_FADE = 120.0
"""Days after which a purchase weighs exp(-1) in a customer's taste for its category."""
FRESHNESS = ("none", "recent ¼", "recent ½", "first ¼", "first ½", "rising ⅓", "rising ½")
_LEAST = 1e-4


@dataclass(frozen=True)
class Tuning:
    """How the parts are blended: chosen on past data.

    `fade` (days): how fast an own purchase fades. `follow`: what goes with purchases, against purchases themselves.
    `freshness`: how much a product's recent buyers count (one of FRESHNESS). `taste`: power of the customer's own share
    of the product's category.
    """

    fade: float = 120.0
    follow: float = 1.0
    freshness: str = "first ½"
    taste: float = 0.3


@dataclass(frozen=True)
class Ranker:
    """`products` are the codes' names, sorted; `category` the code of each one's category, `labels` these codes' names.

    Of `weights` (items × items) and `factors` (items × f) one at most is there (the other has no stored weight, or
    f = 0): with neither only popularity is left. `scale` divides what goes with purchases. `recent`, `first`, `buyers`:
    customers who bought of late, bought it first of late, ever bought. `usual`: by category, the mean over customers of
    log(1 + faded purchases).
    """

    method: str
    products: NDArray[np.str_]
    category: NDArray[np.int32]
    labels: NDArray[np.str_]
    weights: sparse.csr_matrix
    factors: NDArray[np.float32]
    scale: float
    recent: NDArray[np.float32]
    first: NDArray[np.float32]
    buyers: NDArray[np.float32]
    usual: NDArray[np.float32]
    tuning: Tuning = Tuning()

    def tuned(self, **values: Any) -> Ranker:
        """The same with other blending."""
        return replace(self, tuning=replace(self.tuning, **values))

    @property
    def is_fitted(self) -> bool:
        """Does it know more than popularity?"""
        return bool(self.weights.nnz) or bool(self.factors.shape[1])

    def follows(self, history: Purchases) -> Scores:
        """Customers × items: how much each product goes with what was bought; zero or more."""
        found = np.zeros((history.customers, len(self.products)), np.float32)
        if self.weights.nnz:
            found += np.maximum((history.bought() @ self.weights).toarray(), 0) / self.scale
        if self.factors.shape[1]:
            confidence = history.counts()
            confidence.data = CONFIDENCE * np.log1p(confidence.data)
            found += np.maximum(solved(confidence, self.factors) @ self.factors.T, 0) / self.scale
        return found

    def everything(self, history: Purchases, present: float, follows: Scores | None = None) -> Scores:
        """Customers × items, bought before or not: own purchases, faded, and what goes with them."""
        follows = self.follows(history) if follows is None else follows
        again = history.faded(present, self.tuning.fade).toarray()
        found: Scores = again + self.tuning.follow * follows * _FOLLOW_UNIT + _LEAST * _share(self.recent)
        return found

    def unseen(self, history: Purchases, present: float, follows: Scores | None = None) -> Scores:
        """Customers × items never bought (the others −inf): what goes with purchases, fresh and to one's taste."""
        follows = self.follows(history) if follows is None else follows
        found: Scores = (follows + _LEAST) * self._freshness()
        if self.tuning.taste:
            found = found * self._taste(history, present)
        bought = history.bought()
        found[np.repeat(np.arange(history.customers), np.diff(bought.indptr)), bought.indices] = -np.inf
        return found

    def sources(self, history: Purchases, item: int) -> NDArray[np.int32]:
        """Of one customer's products (`history` of one customer), those that speak most for `item`, best first."""
        own = np.unique(history.item)
        if self.weights.nnz:
            strength = self.weights[own, item].toarray().ravel()
        elif self.factors.shape[1]:
            strength = self.factors[own] @ self.factors[item]
        else:
            return own[:0]
        order = np.argsort(-strength, kind="stable")
        found: NDArray[np.int32] = own[order][(strength[order] > 0) & (own[order] != item)]
        return found

    def save(self, path: Path) -> None:
        """Write it as npz, readable by its owner only."""
        path.touch(mode=0o600)
        arrays = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in _NOT_ARRAYS}
        with path.open("wb") as file:
            np.savez_compressed(
                file, data=self.weights.data, indices=self.weights.indices, indptr=self.weights.indptr,
                method=np.array(self.method), scale=np.array(self.scale),
                numbers=np.array([self.tuning.fade, self.tuning.follow, self.tuning.taste]),
                freshness=np.array(self.tuning.freshness), **arrays,
            )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> Ranker:
        """What `save` wrote. Raises OSError, ValueError or KeyError for anything else."""
        with np.load(path, allow_pickle=False) as kept:
            size = len(kept["products"])
            fade, follow, taste = map(float, kept["numbers"])
            return cls(
                method=str(kept["method"]),
                weights=sparse.csr_matrix((kept["data"], kept["indices"], kept["indptr"]), shape=(size, size)),
                scale=float(kept["scale"]),
                tuning=Tuning(fade=fade, follow=follow, freshness=str(kept["freshness"]), taste=taste),
                **{one.name: kept[one.name] for one in fields(cls) if one.name not in _NOT_ARRAYS},
            )

    def _freshness(self) -> NDArray[np.float32]:
        if not self.is_fitted:
            return _share(self.recent + 0.01 * self.buyers)
        bases, powers = {"recent": self.recent + 0.5, "first": self.first + 0.3}, {"¼": 0.25, "⅓": 1 / 3, "½": 0.5}
        bases["rising"] = bases["first"] / (self.buyers + 5)
        base, _space, power = self.tuning.freshness.partition(" ")
        if base == "none":
            return np.ones(len(self.recent), np.float32)
        found: NDArray[np.float32] = (bases[base] ** powers[power]).astype(np.float32)
        return found

    def _taste(self, history: Purchases, present: float) -> Scores:
        own = tastes(history, present, self.category, len(self.labels))
        usual = np.maximum(self.usual, np.float32(1e-6))
        ratio = (own + 0.5 * usual) / (1.5 * usual)
        found: Scores = (ratio**self.tuning.taste)[:, self.category].astype(np.float32)
        return found


_NOT_ARRAYS = frozenset({"method", "weights", "scale", "tuning"})
_FOLLOW_UNIT = np.float32(0.1)
"""Own purchases count in days (a few); what goes with them is scaled to this, so that `follow` is about one."""


def tastes(history: Purchases, present: float, category: NDArray[np.int32], categories: int) -> NDArray[np.float32]:
    """Customers × categories: log(1 + purchases faded over TASTE_FADE days)."""
    place = history.customer.astype(np.int64) * categories + category[history.item]
    worth = np.exp((history.day - present) / TASTE_FADE)
    summed = np.bincount(place, worth, minlength=history.customers * categories)
    return np.log1p(summed).astype(np.float32).reshape(history.customers, categories)


def _share(counts: NDArray[np.float32]) -> NDArray[np.float32]:
    largest = counts.max(initial=0)
    return counts / largest if largest > 0 else counts
