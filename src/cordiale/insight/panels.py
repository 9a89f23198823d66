"""What other pages show of insight: a customer's traits, scores and stage; the stages on the dashboard."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from cordiale.accounts.permissions import may
from cordiale.customers.models import Customer
from cordiale.insight import definitions, queries, texts
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.ui import formats
from cordiale.ui.panels import Content, Panel, register

_FIRST = ("recency_days", "orders_365d", "spend_365d", "average_basket", "favourite_category", "days_between_orders")
"""What is read at a glance; the others unfold."""


def customer_traits(request: HttpRequest, customer: Customer) -> Content:
    """Stage with the rule that made it, RFM scores, every trait with its unit and period."""
    rules, snapshot, row = definitions.current(), queries.find_snapshot(), _row(request, customer)
    context: dict[str, Any] = {
        "customer": customer,
        "snapshot": snapshot,
        "is_known": bool(row),
        "may_see": _may_see(request),
    }
    if row:
        traits = [texts.shown(trait, row.get(trait.name)) for trait in queries.traits()]
        context |= {
            "stage": texts.stages(rules.lifecycle).get(row["lifecycle_stage"]),
            "scores": texts.scores(row, rules.by_name),
            "first": [trait for trait in traits if trait.name in _FIRST],
            "traits": traits,
        }
    return Content("insight/_customer.html", context)


def customer_stage(request: HttpRequest, customer: Customer) -> Content | None:
    """The stage as a badge in the page's head; nothing before the first snapshot."""
    row = _row(request, customer)
    if not row:
        return None
    stage = texts.stages(queries.lifecycle()).get(row["lifecycle_stage"])
    return Content("insight/_stage.html", {"stage": stage}) if stage else None


def dashboard_stages(request: HttpRequest, _subject: Any) -> Content | None:
    """How many customers are in each stage, against the end of the month before."""
    if not _may_see(request):
        return None
    months = queries.month_ends()
    if not months:
        return Content("insight/_dashboard.html", {"kpis": []})
    before = months[-2] if len(months) > 1 else None
    stages = texts.stages(queries.lifecycle())
    kpis = [_kpi(stages[name], months[-1], before) for name in STAGES]
    return Content("insight/_dashboard.html", {"kpis": kpis, "latest": months[-1], "before": before})


def register_panels() -> None:
    """Called once, when Django is ready."""
    register("customer", Panel("stage", 10, "header", customer_stage))
    register("customer", Panel("traits", 15, "main", customer_traits, gettext_lazy("Traits"), "traits"))
    register("dashboard", Panel("stages", 20, "main", dashboard_stages))


def _kpi(stage: texts.Stage, latest: Snapshot, before: Snapshot | None) -> dict[str, str]:
    count = latest.stages.get(stage.name, 0)
    change = count - before.stages.get(stage.name, 0) if before else 0
    return {
        "label": stage.title,
        "value": formats.number(count),
        "definition": stage.description,
        "url": f"{reverse('customers:list')}?stage={stage.name}",
        "change": f"{'+' if change > 0 else '−'}{formats.number(abs(change))}" if change else "",
    }


def _row(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """The customer's traits; several panels of one page ask the lake once."""
    found: dict[int, dict[str, Any]] = request.__dict__.setdefault("_traits", {})
    if customer.pk not in found:
        rows = queries.traits_of([customer.pk]).to_pylist()
        found[customer.pk] = dict(rows[0]) if rows else {}
    return found[customer.pk]


def _may_see(request: HttpRequest) -> bool:
    return may(getattr(request.user, "role", ""), "insight.see")
