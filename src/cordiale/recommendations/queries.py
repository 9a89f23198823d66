"""Next best products of given customers: the model's scores, the company's rules, and the reason of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from cordiale import clock
from cordiale.customers import golden
from cordiale.facts.categories import categories
from cordiale.recommendations import fits, rulebooks
from cordiale.recommendations.interests import Affinities, Affinity, affinities, permitted
from cordiale.recommendations.models import Product
from cordiale.recommendations.rules.picking import Candidate, pick
from cordiale.recommendations.rules.reasons import Reason, rhythm
from cordiale.recommendations.rules.rulebook import Rulebook

if TYPE_CHECKING:
    from cordiale.recommendations.fitting.ranker import Ranker
    from cordiale.recommendations.scoring import Scored

__all__ = ["Affinities", "Affinity", "Recommendation", "affinities", "recommend"]

MOST = 50
_CONSIDERED, _OFTEN = 300, 3
Wanted = Literal["all", "new", "again"]


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """A product for one customer and why. `others` has the product that the reason names, by code."""

    product: Product
    score: float
    reason: Reason
    others: Mapping[str, Product]


def recommend(customer_ids: Sequence[int], n: int, now: datetime, wanted: Wanted = "all") -> list[list[Recommendation]]:
    """At most `n` products for each customer, best first: bought again or new, only `new` ones, or only `again`.

    Nothing for who is restricted, merged, erased or unknown, and for everybody before the first fit.
    """
    fit = fits.find_fit()
    ranker = fits.ranker_of(fit) if fit else None
    clock.require_aware(now)
    n = max(0, min(n, MOST))
    survivors = golden.survivors(list(customer_ids))
    asked = [survivors.get(one, one) for one in customer_ids]
    allowed = permitted(asked)
    if ranker is None or not allowed or not n or not len(ranker.products):
        return [[] for _ in customer_ids]
    found = _found(ranker, allowed, n, now, wanted)
    return [found.get(one, []) for one in asked]


def _found(
    ranker: Ranker, allowed: Sequence[int], n: int, now: datetime, wanted: Wanted
) -> dict[int, list[Recommendation]]:
    from cordiale.recommendations import scoring  # noqa: PLC0415 - scipy only where models are used

    rules, considered = rulebooks.rules(), _CONSIDERED
    answers: dict[int, list[Recommendation]] = {}
    left = list(allowed)
    while left:
        again: list[int] = []
        for one in scoring.score(ranker, left, now, wanted=wanted, many=considered):
            answers[one.customer_id] = chosen = _chosen(ranker, one, n, rules, now)
            if len(chosen) < n and len(one.products) == considered:
                again.append(one.customer_id)  # the rules left out so many that the next best are asked for too
        left, considered = again, considered * 10
    return answers


def _chosen(ranker: Ranker, scored: Scored, n: int, rules: Rulebook, now: datetime) -> list[Recommendation]:
    products = Product.objects.in_bulk(scored.products)
    candidates = [
        candidate(products[code], max(score, 0.0), scored.last.get(code), now)
        for code, score in zip(scored.products, scored.scores, strict=True)
        if code in products and may_promote(products[code].category)
    ]
    picked = pick(candidates, n, rules)
    reasons = [_reason(ranker, scored, products[one.product], now) for one in picked]
    others = Product.objects.in_bulk([reason.other for reason in reasons if reason.other])
    return [
        Recommendation(product=products[one.product], score=one.score, reason=reason, others=others)
        for one, reason in zip(picked, reasons, strict=True)
    ]


def candidate(product: Product, score: float, last_at: datetime | None, now: datetime) -> Candidate:
    """A product with its score, as the rules see it."""
    return Candidate(
        product=product.pk, category=product.category, brand=product.brand, score=score,
        is_in_stock=product.is_in_stock, is_excluded=product.is_excluded, margin=product.margin,
        days_ago=None if last_at is None else (now - last_at).total_seconds() / 86_400,
    )  # fmt: skip


def may_promote(category: str) -> bool:
    """May messages and lists speak of the category? (`promote: false` in categories.yaml)"""
    known = categories().get(category)
    return known is None or known.is_promoted


def _reason(ranker: Ranker, scored: Scored, product: Product, now: datetime) -> Reason:
    """The first that holds: bought before, looked at, goes with a purchase, a category they buy or look at, popular."""
    code = product.pk
    if code in scored.last:
        last = scored.last[code]
        return Reason(kind="again", at=last, every=rhythm(scored.days[code]), since=(now - last).days)
    if code in scored.interests.viewed and not scored.last:
        return Reason(kind="viewed", at=scored.interests.viewed[code])
    if other := _goes_with(ranker, scored, code):
        return Reason(kind="with", other=other, at=scored.last[other])
    category = product.category
    if scored.taste.get(category, 0) >= _OFTEN:
        return Reason(kind="taste", category=category)
    if scored.interests.categories.get(category) and category:
        return Reason(kind="interest", category=category)
    return Reason(kind="popular")


def _goes_with(ranker: Ranker, scored: Scored, code: str) -> str:
    """The bought product that speaks most for this one, and may be spoken of; empty where none does."""
    import numpy as np  # noqa: PLC0415 - commands start without it

    from cordiale.recommendations.scoring import code_of  # noqa: PLC0415 - scipy

    place = int(code_of(ranker, np.array([code]))[0])
    if place < 0 or not len(scored.history.item):
        return ""
    sources = [str(ranker.products[one]) for one in ranker.sources(scored.history, place)[:5]]
    known = Product.objects.in_bulk(sources)
    fit = (one for one in sources if one in known and one in scored.last and may_promote(known[one].category))
    return next(fit, "")
