"""Which model: fitted on the past, chosen and blended on the weeks after it, judged on the weeks after those.

Three moments: `inner` and `outer` lie two and one horizons before the end. Everything is chosen by how purchases of
[inner, outer) are foretold from those before `inner`; the report says how those of [outer, end) are foretold from those
before `outer`, which chose nothing; what is used is then fitted on everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cordiale.recommendations.fitting import factors, items, judging
from cordiale.recommendations.fitting.judging import Interval
from cordiale.recommendations.fitting.purchases import Purchases
from cordiale.recommendations.fitting.ranker import FRESHNESS, Ranker, Scores, Tuning, tastes

HORIZON = 28
"""Days that are foretold."""
EASE_ITEMS, COSINE_ITEMS = 3_000, 6_000
"""EASE takes a dense square of its products (72 MB here, 3.2 GB at 20 000), and what two rarely bought products have in
common is chance: those with most buyers take part."""
TUNED_ON, JUDGED_ON = 1_000, 2_000
"""Customers, drawn at random (always the same) where there are more."""
_FITTED_ON, _FACTORED_ON = 200_000, 50_000
_CHUNK = 250
_RIDGES = (100.0, 300.0, 1_000.0, 3_000.0)
_SHRINKAGES = (10.0, 50.0)
_AGAIN = tuple((fade, follow) for fade in (60.0, 120.0, 180.0, 365.0) for follow in (0.0, 0.5, 1.0, 2.0))
_TASTES = (0.0, 0.15, 0.3, 0.5)
POPULARITY = "popularity"

Tell = Callable[[int, int], None]
UNTUNED = Tuning()
Columns = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Judged:
    """One line of the report: NDCG@10 over all products and over those never bought before."""

    name: str
    everything: Interval
    unseen: Interval


@dataclass(frozen=True)
class Report:
    """How the chosen model and its rivals foretold the last weeks.

    `to_own`: all products, against own frequency. `to_popular`: products never bought, against popularity.
    """

    lines: tuple[Judged, ...]
    to_own: Interval
    to_popular: Interval
    customers: int
    horizon: int


@dataclass(frozen=True)
class Choice:
    """What to use from now on, and how it did."""

    ranker: Ranker
    report: Report


@dataclass(frozen=True)
class Catalogue:
    """What the codes of products mean: names, each one's category code, and the categories' names."""

    products: NDArray[np.str_]
    category: NDArray[np.int32]
    labels: NDArray[np.str_]


@dataclass(frozen=True)
class Method:
    """A model and its one parameter (ridge or shrinkage)."""

    name: str
    parameter: float = 0.0


def choose(purchases: Purchases, catalogue: Catalogue, tell: Tell = lambda done, total: None) -> Choice:
    """Choose, judge, fit. `tell(done, total)` is called between steps and may raise to end it all."""
    steps = _Steps(tell)
    end = float(purchases.day.max()) + 1
    outer, inner = end - HORIZON, end - 2 * HORIZON
    some = _sample(purchases, _FITTED_ON)
    best, tuning = _tuned(some, catalogue, inner, outer, steps)
    report = _report(some, catalogue, outer, end, best, tuning, steps)
    chosen = fit(best["chosen"], purchases, catalogue, end, tuning)
    steps.next()
    return Choice(chosen, report)


def fit(method: Method, past: Purchases, catalogue: Catalogue, present: float, tuning: Tuning = UNTUNED) -> Ranker:
    """A ranker of the method from all of `past`, as of `present`."""
    some = _sample(past, _FITTED_ON)
    weights = _weights(method, some)
    theirs = np.zeros((past.items, 0), np.float32)
    if method.name == "als":
        theirs = factors.item_factors(_sample(past, _FACTORED_ON).counts())
    late = past.within(present - HORIZON, present)
    taste = tastes(some, present, catalogue.category, len(catalogue.labels))
    bare = Ranker(
        method=method.name, products=catalogue.products, category=catalogue.category, labels=catalogue.labels,
        weights=weights, factors=theirs, scale=1.0, recent=late.buyers(),
        first=past.first_buyers(present - HORIZON), buyers=past.buyers(),
        usual=taste.mean(axis=0) if len(taste) else taste.sum(axis=0), tuning=tuning,
    )  # fmt: skip
    return _scaled(bare, _sample(past, _CHUNK))


def only_popular(past: Purchases, catalogue: Catalogue, present: float) -> Ranker:
    """What is used where there is too little to fit: own purchases, then what sells."""
    return fit(Method(POPULARITY), past, catalogue, present, Tuning(follow=0.0, taste=0.0))


def popular(ranker: Ranker, history: Purchases) -> Scores:
    """The same for everybody: how many ever bought each product."""
    return np.repeat(ranker.buyers[None, :], history.customers, axis=0)


def recent(ranker: Ranker, history: Purchases) -> Scores:
    """The same for everybody: how many bought each product of late."""
    return np.repeat(ranker.recent[None, :], history.customers, axis=0)


def frequent(ranker: Ranker, history: Purchases) -> Scores:
    """On how many days the customer bought each; between equals, what sells."""
    ties = ranker.recent / (ranker.recent.max(initial=0) + 1) / 10
    found: Scores = history.counts().toarray() + ties
    return found


def _weights(method: Method, past: Purchases) -> sparse.csr_matrix:
    if method.name == "items":
        capped = _most_bought(past, COSINE_ITEMS)
        return items.widened(items.cosine(past.bought()[:, capped], method.parameter), capped, past.items)
    if method.name == "ease":
        capped = _most_bought(past, EASE_ITEMS)
        common = items.gram(past.bought(), capped)
        return items.widened(items.strongest(items.ease(common, method.parameter)), capped, past.items)
    return sparse.csr_matrix((past.items, past.items), dtype=np.float32)


def _most_bought(past: Purchases, many: int) -> NDArray[np.int32]:
    order = np.argsort(-past.buyers(), kind="stable")[:many]
    return np.sort(order).astype(np.int32)


def _scaled(bare: Ranker, some: Purchases) -> Ranker:
    """Scores of what goes with purchases brought to a standard deviation of 1, so that one tuning fits all methods."""
    found = bare.follows(some)
    return replace(bare, scale=float(found.std()) or 1.0) if found.size else bare


def _sample(past: Purchases, many: int) -> Purchases:
    if past.customers <= many:
        return past
    chosen = np.random.default_rng(0).choice(past.customers, many, replace=False).astype(np.int32)
    return past.of_customers(np.sort(chosen))


class _Steps:
    """Counts what is done, for who waits."""

    total = len(_RIDGES) + len(_SHRINKAGES) + 2 + 2 + 5 + 1

    def __init__(self, tell: Tell) -> None:
        self.done, self._tell = 0, tell

    def next(self) -> None:
        self.done += 1
        self._tell(min(self.done, self.total), self.total)


@dataclass(frozen=True)
class _Trial:
    """Customers to foretell: what they bought before `present`, and what they wanted after it."""

    history: Purchases
    wanted: sparse.csr_matrix
    unseen: sparse.csr_matrix
    present: float

    def chunks(self) -> Iterator[tuple[slice, Purchases]]:
        for start in range(0, self.history.customers, _CHUNK):
            codes = np.arange(start, min(start + _CHUNK, self.history.customers), dtype=np.int32)
            yield slice(start, start + len(codes)), self.history.of_customers(codes)


def trial(purchases: Purchases, start: float, end: float, many: int = JUDGED_ON) -> _Trial:
    """At most `many` customers who bought before `start` and from then to `end`."""
    before, after = purchases.before(start), purchases.within(start, end)
    both = np.intersect1d(before.customer, after.customer).astype(np.int32)
    if len(both) > many:
        both = np.sort(np.random.default_rng(1).choice(both, many, replace=False))
    history, wanted = before.of_customers(both), after.of_customers(both).bought()
    new = wanted - wanted.multiply(history.bought())
    new.eliminate_zeros()
    return _Trial(history, wanted, new.tocsr(), start)


def judge(given: _Trial, rankers: Sequence[Ranker], kind: str) -> list[NDArray[np.float64]]:
    """NDCG@10 of each customer, for each of some rankers that differ in blending alone: `everything` or `unseen`."""
    parts: list[list[NDArray[np.float64]]] = [[] for _ in rankers]
    for rows, history in given.chunks():
        follows = rankers[0].follows(history)
        wanted = (given.wanted if kind == "everything" else given.unseen)[rows]
        for ranker, found in zip(rankers, parts, strict=True):
            found.append(judging.ndcg(getattr(ranker, kind)(history, given.present, follows), wanted))
    return [np.concatenate(found) if found else np.zeros(0) for found in parts]


def _judge_rule(given: _Trial, rule: Callable[[Ranker, Purchases], Scores], ranker: Ranker) -> Columns:
    kinds: dict[str, list[NDArray[np.float64]]] = {"everything": [], "unseen": []}
    for rows, history in given.chunks():
        scores, bought = rule(ranker, history), history.bought()
        kinds["everything"].append(judging.ndcg(scores, given.wanted[rows]))
        scores[np.repeat(np.arange(history.customers), np.diff(bought.indptr)), bought.indices] = -np.inf
        kinds["unseen"].append(judging.ndcg(scores, given.unseen[rows]))
    return {name: np.concatenate(parts) if parts else np.zeros(0) for name, parts in kinds.items()}


def _tuned(
    purchases: Purchases, catalogue: Catalogue, inner: float, outer: float, steps: _Steps
) -> tuple[dict[str, Method], Tuning]:
    """The best parameter of each kind of model, the best of all (`chosen`), and how to blend it."""
    past, given = purchases.before(inner), trial(purchases, inner, outer, TUNED_ON)
    best: dict[str, tuple[float, Method, Ranker]] = {}

    def attempt(method: Method) -> None:
        ranker = fit(method, past, catalogue, inner)
        found = _mean(judge(given, [ranker], "unseen")[0])
        if method.name not in best or found > best[method.name][0]:
            best[method.name] = (found, method, ranker)
        steps.next()

    for method in [Method("items", one) for one in _SHRINKAGES] + [Method("ease", one) for one in _RIDGES]:
        attempt(method)
    attempt(Method("als"))
    attempt(Method(POPULARITY))
    _value, chosen, ranker = max(best.values(), key=lambda one: one[0])
    methods = {name: method for name, (_, method, _) in best.items()} | {"chosen": chosen}
    return methods, _blended(given, ranker, steps)


def _blended(given: _Trial, ranker: Ranker, steps: _Steps) -> Tuning:
    """How products never bought are blended, then how own purchases and what goes with them are."""
    tried = [ranker.tuned(freshness=one, taste=taste) for one in FRESHNESS for taste in _TASTES]
    ranker = _best(tried, judge(given, tried, "unseen"))
    steps.next()
    tried = [ranker.tuned(fade=fade, follow=follow) for fade, follow in _AGAIN]
    ranker = _best(tried, judge(given, tried, "everything"))
    steps.next()
    return ranker.tuning


def _best(tried: Sequence[Ranker], found: Sequence[NDArray[np.float64]]) -> Ranker:
    return tried[int(np.argmax([_mean(one) for one in found]))]


def _report(
    purchases: Purchases, catalogue: Catalogue, outer: float, end: float, methods: dict[str, Method], tuning: Tuning,
    steps: _Steps,
) -> Report:  # fmt: skip
    past, given = purchases.before(outer), trial(purchases, outer, end)
    plain = only_popular(past, catalogue, outer)
    rules = {POPULARITY: popular, "recent popularity": recent, "own frequency": frequent}
    columns = {name: _judge_rule(given, rule, plain) for name, rule in rules.items()}
    steps.next()
    for name, method in [(one, methods[one]) for one in ("items", "ease", "als", "chosen")]:
        ranker = fit(method, past, catalogue, outer, tuning)
        columns[name] = {kind: judge(given, [ranker], kind)[0] for kind in ("everything", "unseen")}
        steps.next()
    lines = tuple(Judged(name, *(judging.interval(one[kind]) for kind in one)) for name, one in columns.items())
    return Report(
        lines=lines,
        to_own=judging.ratio(columns["chosen"]["everything"], columns["own frequency"]["everything"]),
        to_popular=judging.ratio(columns["chosen"]["unseen"], columns[POPULARITY]["unseen"]),
        customers=given.history.customers,
        horizon=HORIZON,
    )


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
