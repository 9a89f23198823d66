"""What other pages show of results: a programme's effect on its page, the last weeks on the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, pgettext

from cordiale.decisions.rules.words import rule_title
from cordiale.measure import queries, texts
from cordiale.measure.drawing import forest
from cordiale.measure.queries.dashboard import Dashboard, Figure
from cordiale.measure.rules.effect import Effect
from cordiale.measure.rules.report import Kpi, Outcome, Report
from cordiale.programmes.models import Programme
from cordiale.ui import formats
from cordiale.ui.context import find_demonstration, present
from cordiale.ui.panels import Content, Panel, register


def programme_results(_request: HttpRequest, programme: Programme) -> Content | None:
    """KPIs and the effect. Nothing before the programme's first version."""
    if programme.current is None:
        return None
    report = queries.programme_report(programme.name, present())
    return Content(
        "measure/_programme.html",
        {
            "report": report,
            "kpis": [_kpi(kpi, report) for kpi in report.kpis],
            "refused": _refused(report),
            "verdict": texts.verdict(report.main),
            "main_metric": texts.METRICS[report.main.unit].title,
            "is_shown": _is_shown(report.main),
            "outcomes": [_outcome(outcome, report) for outcome in report.outcomes],
            "window": texts.window(report.panel),
            "is_demo": find_demonstration() is not None,
        },
    )


def dashboard_results(_request: HttpRequest, _subject: Any) -> Content:
    """The last 28 days beside the 28 before."""
    figures = queries.dashboard_figures(present())
    period = gettext("%(first)s – %(last)s") % {
        "first": formats.day(figures.first_day), "last": formats.day(figures.last_day),
    }  # fmt: skip
    return Content("measure/_dashboard.html", {"kpis": _dashboard_kpis(figures), "period": period})


def register_panels() -> None:
    """Called once, when Django is ready."""
    register("programme", Panel("results", 10, "main", programme_results))
    register("dashboard", Panel("results", 10, "main", dashboard_results))


def _refused(report: Report) -> list[dict[str, Any]]:
    """Rules that refused, the most frequent first, each with the list of its decisions."""
    page = reverse("decisions:list")
    return [
        {
            "title": rule_title(rule),
            "number": number,
            "url": f"{page}?{urlencode({'programme': report.programme, 'verdict': 'refused', 'rule': rule})}",
        }
        for rule, number in sorted(report.counts.refused.items(), key=lambda item: (-item[1], item[0]))
    ]


def _list_of(kpi: Kpi, report: Report) -> str:
    """The page that lists what a KPI counts; empty where no page does."""
    decisions = {"sent": {"verdict": "sent"}, "control": {"verdict": "refused", "rule": "control"},
                 "refused": {"verdict": "refused"}, "postponed": {"verdict": "postponed"}}  # fmt: skip
    if kpi.name not in decisions:
        return ""
    return f"{reverse('decisions:list')}?{urlencode({'programme': report.programme} | decisions[kpi.name])}"


def _kpi(kpi: Kpi, report: Report) -> dict[str, str]:
    words = texts.KPIS[kpi.name]
    return {
        "label": str(words.title),
        "value": texts.written(kpi),
        "definition": texts.definition(words, report.panel, report.currency),
        "period": texts.period(kpi, report.panel),
        "change": texts.note(kpi),
        "url": _list_of(kpi, report),
    }


def _outcome(outcome: Outcome, report: Report) -> dict[str, Any]:
    found = outcome.comparison
    words = texts.METRICS[outcome.unit]
    row = {
        "title": words.title,
        "definition": texts.definition(words, report.panel, report.currency),
        "treated": texts.mean(found.treated.mean, outcome.unit),
        "control": texts.mean(found.control.mean, outcome.unit),
        "treated_customers": found.treated.customers,
        "control_customers": found.control.customers,
        "verdict": texts.verdict(outcome),
    }
    return row | (_measured(found) if isinstance(found, Effect) else {})


def _measured(found: Effect) -> dict[str, Any]:
    return {
        "difference": texts.difference(found.difference, found.unit),
        "lift": texts.lift(found),
        "often": texts.range_of(found.often, found.unit),
        "once": texts.range_of(found.once, found.unit),
        "reduction": found.reduction,
        "forest": forest(found),
    }


def _is_shown(outcome: Outcome) -> bool:
    return isinstance(outcome.comparison, Effect) and outcome.comparison.often.excludes_zero


def _dashboard_kpis(figures: Dashboard) -> Sequence[dict[str, str]]:
    share = figures.reachable / figures.customers if figures.customers else None
    return [
        _moving(
            gettext("Messages sent"), formats.number(figures.messages.value), figures.messages, "/programmes/",
            gettext("Messages that the next mail server took responsibility for, over all programmes."),
        ),
        _moving(
            gettext("Customers contacted"), formats.number(figures.contacted.value), figures.contacted, "/decisions/",
            gettext("Customers to whom at least one message was handed over."),
        ),
        _moving(
            pgettext("sales", "Orders"), formats.number(figures.orders.value), figures.orders, "/customers/",
            gettext("Orders of all customers, returns not counted, contacted or not."),
        ),
        _moving(
            gettext("Revenue"), formats.money(figures.revenue.value, 0), figures.revenue, "/customers/",
            gettext("What all customers paid, returns deducted, contacted or not."),
        ),
        {
            "label": gettext("Customers reachable by email"),
            "value": formats.percent(share),
            "definition": gettext(
                "Customers with an address, a consent by email for at least one purpose and no opposition, over all"
                " customers."
            ),
            "period": gettext("at present"),
            "change": gettext("%(part)s of %(whole)s")
            % {"part": formats.number(figures.reachable), "whole": formats.number(figures.customers)},
            "url": "/customers/",
        },
    ]  # fmt: skip


def _moving(label: str, value: str, figure: Figure, url: str, definition: str) -> dict[str, str]:
    change = figure.change
    if change is None:
        words = gettext("nothing in the 28 days before")
    else:
        words = gettext("%(change)s against the 28 days before") % {
            "change": texts.signed(formats.percent(change), change)
        }
    return {
        "label": label, "value": value, "definition": definition, "period": gettext("last 28 days"), "change": words,
        "url": url,
    }  # fmt: skip
