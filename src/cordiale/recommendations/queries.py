"""Next best products of given customers: the model's scores, the company's rules, and the reason of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
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
    from cordiale.recommendations.scoring import Group, Scored

__all__ = ["Affinities", "Affinity", "Recommendation", "affinities", "recommend", "recommend_kinds"]

MOST = 50
_CONSIDERED, _OFTEN, _NAMED = 120, 3, 5
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
    return recommend_kinds(customer_ids, n, now, (wanted,))[wanted]


def recommend_kinds(
    customer_ids: Sequence[int], n: int, now: datetime, kinds: Sequence[Wanted]
) -> dict[Wanted, list[list[Recommendation]]]:
    """As `recommend`, several kinds of lists at once: what is known of each customer is read once."""
    fit = fits.find_fit()
    ranker = fits.ranker_of(fit) if fit else None
    clock.require_aware(now)
    n = max(0, min(n, MOST))
    survivors = golden.survivors(list(customer_ids))
    asked = [survivors.get(one, one) for one in customer_ids]
    allowed = permitted(asked)
    if ranker is None or not allowed or not n or not len(ranker.products):
        return {kind: [[] for _ in customer_ids] for kind in kinds}
    found = _found(ranker, allowed, n, now, kinds)
    return {kind: [found[kind].get(one, []) for one in asked] for kind in kinds}


def _found(
    ranker: Ranker, allowed: Sequence[int], n: int, now: datetime, kinds: Sequence[Wanted]
) -> dict[Wanted, dict[int, list[Recommendation]]]:
    from cordiale.recommendations import scoring  # noqa: PLC0415 - scipy only where models are used

    found: dict[Wanted, dict[int, list[Recommendation]]] = {kind: {} for kind in kinds}
    for group in scoring.groups(ranker, allowed, now):
        for kind in kinds:
            found[kind] |= _of_group(group, kind, n, now)
    return found


def _of_group(group: Group, kind: Wanted, n: int, now: datetime) -> dict[int, list[Recommendation]]:
    """Where the rules leave out so many of the best that a list is short, the next best are asked for too."""
    rules, muted, considered = rulebooks.rules(), unpromoted(), max(_CONSIDERED, 12 * n)
    answers: dict[int, list[Recommendation]] = {}
    while True:
        scored = [one for one in group.score(kind, considered) if one.customer_id not in answers]
        products = Product.objects.in_bulk({code for one in scored for code in one.products})
        picks = [(one, _picked(one, products, n, rules, muted, now)) for one in scored]
        is_last = considered >= len(group.ranker.products)
        ready = [(one, codes) for one, codes in picks if is_last or len(codes) >= n or len(one.products) < considered]
        answers |= _with_reasons(group.ranker, ready, products, muted, now)
        if len(ready) == len(picks):
            return answers
        considered *= 10


def _picked(
    scored: Scored, products: Mapping[str, Product], n: int, rules: Rulebook, muted: Set[str], now: datetime
) -> dict[str, float]:
    """Codes and scores of what the rules leave, best first."""
    candidates = [
        candidate(products[code], max(score, 0.0), scored.last.get(code), now)
        for code, score in zip(scored.products, scored.scores, strict=True)
        if code in products and products[code].category not in muted
    ]
    return {one.product: one.score for one in pick(candidates, n, rules)}


def _with_reasons(
    ranker: Ranker,
    picks: Sequence[tuple[Scored, dict[str, float]]],
    products: Mapping[str, Product],
    muted: Set[str],
    now: datetime,
) -> dict[int, list[Recommendation]]:
    sources = {one.customer_id: _sources(ranker, one, codes) for one, codes in picks}
    named = Product.objects.in_bulk(
        {source for each in sources.values() for codes in each.values() for source in codes}
    )
    others = {code: one for code, one in named.items() if one.category not in muted}
    answers: dict[int, list[Recommendation]] = {}
    for one, codes in picks:
        goes = {
            code: next((source for source in found if source in others), "")
            for code, found in sources[one.customer_id].items()
        }
        answers[one.customer_id] = [
            Recommendation(
                product=products[code],
                score=score,
                reason=_reason(one, products[code], goes.get(code, ""), now),
                others=others,
            )
            for code, score in codes.items()
        ]
    return answers


def candidate(product: Product, score: float, last_at: datetime | None, now: datetime) -> Candidate:
    """A product with its score, as the rules see it."""
    return Candidate(
        product=product.pk, category=product.category, brand=product.brand, score=score,
        is_in_stock=product.is_in_stock, is_excluded=product.is_excluded, margin=product.margin,
        days_ago=None if last_at is None else (now - last_at).total_seconds() / 86_400,
    )  # fmt: skip


def unpromoted() -> frozenset[str]:
    """The categories that messages and lists must not speak of (`promote: false` in categories.yaml)."""
    return frozenset(code for code, one in categories().items() if not one.is_promoted)


def _reason(scored: Scored, product: Product, goes_with: str, now: datetime) -> Reason:
    """The first that holds: bought before, looked at, goes with a purchase, a category they buy or look at, popular."""
    code, category = product.pk, product.category
    if code in scored.last:
        last = scored.last[code]
        return Reason(kind="again", at=last, every=rhythm(scored.days[code]), since=(now - last).days)
    if code in scored.interests.viewed and not scored.last:
        return Reason(kind="viewed", at=scored.interests.viewed[code])
    if goes_with:
        return Reason(kind="with", other=goes_with, at=scored.last[goes_with])
    if category and scored.taste.get(category, 0) >= _OFTEN:
        return Reason(kind="taste", category=category)
    if category and scored.interests.categories.get(category):
        return Reason(kind="interest", category=category)
    return Reason(kind="popular")


def _sources(ranker: Ranker, scored: Scored, codes: Iterable[str]) -> dict[str, list[str]]:
    """For each product that was never bought, the bought ones that speak most for it, best first."""
    import numpy as np  # noqa: PLC0415 - commands start without it

    from cordiale.recommendations.scoring import code_of  # noqa: PLC0415 - scipy

    new = [code for code in codes if code not in scored.last]
    if not new or not len(scored.history.item):
        return {}
    places = code_of(ranker, np.array(new))
    found = (
        (code, ranker.sources(scored.history, int(place))[:_NAMED]) for code, place in zip(new, places, strict=True)
    )
    return {code: [str(ranker.products[one]) for one in own] for code, own in found}
