"""A customer's scores in words: the value, what moved it, and the model's day and version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cordiale.customers.models import Customer
from cordiale.errors import CordialeError
from cordiale.insight import queries as insight
from cordiale.insight import texts
from cordiale.insight.rules.traits import Trait
from cordiale.scores import definitions, fitting, histories, queries, values, valuing
from cordiale.scores.models import ScoreRun, ScoreVersion
from cordiale.scores.rules.declarations import LAPSE, VALUE, Score
from cordiale.ui import formats

TOP = 3
_STRONG = 1.0
"""A move of the log-odds from which on it is said to be strong."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One score of one customer. `figures` are title and written value of each column, `drivers` sentences."""

    score: Score
    version: ScoreVersion
    as_of: datetime
    is_retroactive: bool
    title: str
    figures: list[tuple[str, str]]
    drivers: list[str]


def scores_of(customer: Customer) -> list[Told]:
    """The customer's scores in the latest snapshot, in the reader's language; none where processing is restricted."""
    snapshot = insight.find_snapshot()
    if snapshot is None or customer.restricted_at is not None:
        return []
    row = insight.traits_of([customer.pk])
    if not row.num_rows:
        return []
    runs, known = queries.runs_of(snapshot.as_of), {trait.name: trait for trait in insight.traits()}
    gone = set(row.column_names) - known.keys() - queries.inputs() - {"customer_id"}
    row = row.drop_columns(sorted(gone))
    return [
        _told(score, runs[score.name], row, known)
        for score in definitions.scores()
        if score.name in runs and _has_value(score, row)
    ]


def _has_value(score: Score, row: pa.Table) -> bool:
    return any(name in row.column_names and row[name][0].is_valid for name in score.columns.values())


def _told(score: Score, run: ScoreRun, row: pa.Table, known: Mapping[str, Trait]) -> Told:
    figures = [
        _figure(score, run.version, trait, row[trait.name][0].as_py())
        for trait in values.traits_of(score)
        if trait.name in row.column_names
    ]
    return Told(
        score=score, version=run.version, as_of=run.as_of, is_retroactive=run.is_retroactive,
        title=formats.in_language(score.title), figures=figures, drivers=_drivers(score, run, row, known),
    )  # fmt: skip


def _figure(score: Score, version: ScoreVersion, trait: Trait, value: Any) -> tuple[str, str]:
    """A column's title and value; a probability beside that of everybody, a moment foretold as its day."""
    title, written = formats.in_language(trait.title), texts.written(trait, value)
    if isinstance(value, datetime):
        written = formats.day(value)
    if score.kind == VALUE or trait.name != score.columns.get("probability"):
        return title, written
    usual = version.card.get("base_rate")
    if usual is not None and not score.is_best_category:
        written = _("%(value)s, against %(usual)s of all customers judged") % {
            "value": written, "usual": formats.percent(usual, 1),
        }  # fmt: skip
    return _("Probability"), written


def _drivers(score: Score, run: ScoreRun, row: pa.Table, known: Mapping[str, Trait]) -> list[str]:
    try:
        if score.kind == VALUE:
            return _of_value(run.version, row, run.as_of)
        moved = fitting.drivers(score, run.version, row, run.as_of, TOP)
    except CordialeError:  # the model's file is gone: the value stands, what moved it can no longer be told
        return []
    return [f"{_fact(name, row.to_pylist()[0], known)}{_colon()}{_effect(score, effect)}" for name, effect in moved]


def _effect(score: Score, effect: float) -> str:
    is_up, is_strong = effect > 0, abs(effect) >= _STRONG
    if score.kind == LAPSE:
        if is_strong:
            return _("strongly raises the risk") if is_up else _("strongly lowers the risk")
        return _("raises the risk") if is_up else _("lowers the risk")
    if is_strong:
        return _("strongly raises the probability") if is_up else _("strongly lowers the probability")
    return _("raises the probability") if is_up else _("lowers the probability")


def _fact(name: str, row: Mapping[str, Any], known: Mapping[str, Trait]) -> str:
    """What is so of the customer, as a marketer would say it."""
    if name in ("recency_days", "last_order_at") and row.get("recency_days") is not None:
        return _last_order(row["recency_days"], row.get("days_between_orders"))
    counted = {"orders_30d": 30, "orders_90d": 90, "orders_365d": 365}
    if name in counted and row.get(name) is not None:
        return _orders_in(row[name], counted[name])
    if name == "overdue_ratio" and row.get(name) is not None:
        return _("Waiting for %(ratio)s times the usual gap between orders") % {"ratio": formats.number(row[name], 1)}
    if name not in known:
        return feature_title(name, row.get(name))
    trait = known[name]
    value, period = texts.written(trait, row.get(name)), texts.period(trait)
    title = formats.in_language(trait.title)
    return f"{title} ({value}, {period})" if period and not trait.window else f"{title} ({value})"


def feature_title(name: str, value: Any = None) -> str:
    """The name of what a snapshot holds besides traits, with its value where there is one."""
    titles = {
        "lifecycle_stage": _("Life-cycle stage"), "rfm_recency": _("Recency score"),
        "rfm_frequency": _("Frequency score"), "rfm_monetary": _("Spend score"),
        "category_affinity": _("Nearness of the category to those bought"),
        "category_fit": _("How well the category goes with those bought"),
        "category_fit_often": _("How well the category goes with those bought often"),
        "category_rate": _("First purchases of the category of late"),
        "category_rate_short": _("First purchases of the category very lately"),
        "category_rate_long": _("First purchases of the category over a longer time"),
        "category_share": _("Customers who ever bought the category"),
        "category_buyers_late": _("Customers who buy the category of late"),
        "category_orders": _("Orders with the category, a buyer of it"),
        "own_categories": _("Categories bought so far"),
        "own_categories_new": _("Categories bought for the first time of late"),
        "own_categories_new_long": _("Categories bought for the first time over a longer time"),
    }  # fmt: skip
    title = titles.get(name, name)
    if value is None:
        return title
    if name == "lifecycle_stage":
        stage = texts.stages(insight.lifecycle()).get(value)
        value = stage.title if stage else value
    return f"{title} ({value})"


def _last_order(recency: int, gap: float | None) -> str:
    ago = _("Last order less than a day ago") if recency < 1 else _days_ago(recency)
    if not gap:
        return ago
    return _("%(ago)s, usually every %(gap)s days") % {"ago": ago, "gap": formats.number(max(1, round(gap)))}


def _days_ago(recency: int) -> str:
    return ngettext("Last order %(n)s day ago", "Last order %(n)s days ago", recency) % {"n": formats.number(recency)}


def _orders_in(orders: int, days: int) -> str:
    return ngettext("%(n)s order in %(days)s days", "%(n)s orders in %(days)s days", orders) % {
        "n": formats.number(orders), "days": days,
    }  # fmt: skip


def _of_value(version: ScoreVersion, row: pa.Table, as_of: datetime) -> list[str]:
    """What an expected value rests on: the history that the model of purchases reads, and the basket."""
    past, model = histories.read(row, as_of), valuing.model_of(version)
    known, orders = int(past.T[0]), int(past.orders[0])
    since = known - int(past.t_x[0])
    gap = past.t_x[0] / past.x[0] if past.x[0] else None
    basket = float(model.basket(past)[0])
    return [
        f"{_orders_in(orders, known)}. {_last_order(since, gap)}.",
        _("Basket of %(own)s on average, %(expected)s expected: the fewer the orders, the nearer to that of everybody")
        % {"own": formats.money(float(past.basket[0])), "expected": formats.money(basket)},
    ]


def _colon() -> str:
    return "\u202f: " if formats.language() == "fr" else ": "
