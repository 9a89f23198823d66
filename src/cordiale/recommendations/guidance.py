"""Guided choice: from answers to products, and remembering answers where a customer agreed to it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from django.db.models import Q, QuerySet

from cordiale import clock
from cordiale.errors import NotFound, Refused
from cordiale.facts.actions import record
from cordiale.lake import open_lake
from cordiale.recommendations import facts, fits, queries, rulebooks
from cordiale.recommendations.interests import permitted
from cordiale.recommendations.models import Product
from cordiale.recommendations.queries import Recommendation
from cordiale.recommendations.rules.guides import Choice, Guide, Offered, match
from cordiale.recommendations.rules.picking import pick
from cordiale.recommendations.rules.reasons import Reason

if TYPE_CHECKING:
    from cordiale.recommendations.fitting.ranker import Ranker

Answers = Mapping[str, Sequence[str]]
SHOWN = 6
SOURCE = "guides"
_LOOKED_AT = 20_000
_MOST_REMEMBERED, _WITHIN = 20, timedelta(days=1)
_OWN, _POPULAR = 1.0, 0.5
"""What the customer's own behaviour and what sells add at most, where a point of an answer adds 1."""
_FADE = 0.6
"""What one more product that answers the same choices counts: each of several wishes is to be met."""


@dataclass(frozen=True)
class _Known:
    """What is known beside the answers: what sells (0–1 by product), what the customer may want (0–1), buys of late."""

    popular: Mapping[str, float]
    own: Mapping[str, float]
    last: Mapping[str, datetime]


def answer(
    guide: Guide, answers: Answers, now: datetime, *, customer_id: int | None = None, n: int = SHOWN
) -> list[Recommendation]:
    """Products that fit the answers, best first. Of a known customer the own behaviour counts too.

    Raises CordialeError for an answer the guide does not have.
    """
    chosen = guide.chosen(answers)
    own_id = next(iter(permitted([customer_id])), None) if customer_id else None
    known = _known(own_id, clock.require_aware(now))
    # a guide about one category is meant to show several of it: variety is among the answers that are met
    rules = replace(rulebooks.rules(), per_category=n, fade=_FADE, wait_days=0, again=None)
    muted = queries.unpromoted()
    speaking: dict[str, list[Choice]] = {}
    candidates = []
    for product in _offered(guide, chosen):
        found = match(guide, chosen, _as_offered(product))
        if found is None or product.category in muted:
            continue
        speaking[product.pk] = found[1]
        points = found[0] + _OWN * known.own.get(product.pk, 0) + _POPULAR * known.popular.get(product.pk, 0)
        candidate = queries.candidate(product, points, known.last.get(product.pk), now)
        candidates.append(replace(candidate, group=f"answers {sorted(map(chosen.index, found[1]))}"))
    picked = pick(candidates, max(0, min(n, queries.MOST)), rules)
    products = Product.objects.in_bulk([one.product for one in picked])
    return [
        Recommendation(
            product=products[one.product], score=one.score, reason=_reason(speaking[one.product]), others={}
        )
        for one in picked if one.product in products
    ]  # fmt: skip


def remember(guide: Guide, answers: Answers, customer_id: int, now: datetime, *, wording: str) -> bool:
    """Keep the answers of a customer who agreed to it, as an event; False where the same were kept within a day.

    `wording` is the sentence agreed to. Raises NotFound for nobody, Refused for who is restricted or tells too much.
    """
    chosen = guide.chosen(answers)
    if not permitted([customer_id]):
        raise NotFound("nobody whose answers may be kept has this number")
    kept = {name: sorted(set(values)) for name, values in sorted(answers.items()) if values}
    recent = [json.loads(text) for text in _recent(customer_id, now)]
    if any(one.get("guide") == guide.name and one.get("answers") == kept for one in recent):
        return False
    if len(recent) >= _MOST_REMEMBERED:
        raise Refused("too many answers were kept within a day; try again tomorrow")
    wanted = guide.categories | {code for one in chosen for code, weight in one.categories.items() if weight > 0}
    properties = {"guide": guide.name, "answers": kept, "categories": sorted(wanted), "agreed_to": wording}
    row = {
        "customer_id": customer_id, "ts": now, "event_id": f"guide-{uuid.uuid4()}", "name": facts.GUIDE_ANSWERED,
        "properties": json.dumps(properties, ensure_ascii=False), "source": SOURCE,
    }  # fmt: skip
    record("events", pa.Table.from_pylist([row]))
    return True


def _recent(customer_id: int, now: datetime) -> list[str]:
    sql = "SELECT properties FROM events WHERE name = ? AND source = ? AND ts > ? AND properties IS NOT NULL"
    bound = [facts.GUIDE_ANSWERED, SOURCE, now - _WITHIN]
    found: list[str] = open_lake().query(sql, only_customers=[customer_id], bind=bound)["properties"].to_pylist()
    return found


def _offered(guide: Guide, chosen: Sequence[Choice]) -> Iterator[Product]:
    """Products that may come into question: told of categories, brands or attributes that count; 20 000 at most."""
    found: QuerySet[Product] = Product.objects.filter(is_excluded=False)
    if guide.categories:
        found = found.filter(category__in=guide.categories)
    elif any(one.categories or one.brands or one.attributes for one in chosen):
        named = Q()
        for one in chosen:
            named |= Q(category__in=list(one.categories)) | Q(brand__in=list(one.brands))
            if one.attributes:
                named |= ~Q(attributes={})
        found = found.filter(named)
    return found.order_by("id")[:_LOOKED_AT].iterator(chunk_size=2_000)


def _as_offered(product: Product) -> Offered:
    price = None if product.price is None else float(product.price)
    attributes: Mapping[str, Any] = product.attributes
    return Offered(product.category, product.brand, price, attributes)


def _known(customer_id: int | None, now: datetime) -> _Known:
    fit = fits.find_fit()
    ranker = fits.ranker_of(fit) if fit else None
    if ranker is None or not len(ranker.products):
        return _Known({}, {}, {})
    most = max(float(ranker.recent.max()), 1.0)
    popular = dict(zip(map(str, ranker.products), (float(one) / most for one in ranker.recent), strict=True))
    if customer_id is None:
        return _Known(popular, {}, {})
    own, last = _own(ranker, customer_id, now)
    return _Known(popular, own, last)


def _own(ranker: Ranker, customer_id: int, now: datetime) -> tuple[dict[str, float], Mapping[str, datetime]]:
    from cordiale.recommendations import scoring  # noqa: PLC0415 - scipy only where models are used

    (scored,) = scoring.Group(ranker, [customer_id], now).score("all", 2_000)
    most = max([*scored.scores, 1e-9])
    own = {code: max(score, 0.0) / most for code, score in zip(scored.products, scored.scores, strict=True)}
    return own, scored.last


def _reason(speaking: Sequence[Choice]) -> Reason:
    if not speaking:
        return Reason(kind="popular")
    return Reason(kind="guide", answers=tuple(dict(one.title) for one in speaking))
