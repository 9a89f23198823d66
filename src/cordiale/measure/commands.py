"""`programmes report NAME`: what a programme did and changed, in text or JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from django.utils import translation
from rich.console import Group

from cordiale.lake.choosing import Engine
from cordiale.measure import queries, texts
from cordiale.measure.rules.effect import Effect
from cordiale.measure.rules.report import Outcome, Report
from cordiale.ui import context, formats, terminal


def report(
    name: Annotated[str, typer.Argument(help="The programme.")],
    now: terminal.Now = None,
    engine: Engine = None,
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Tell what a programme did, cost and changed: key figures, and control against treated with its interval."""
    found = queries.programme_report(name, context.present(now))
    with translation.override("en"):
        terminal.answer(as_json(found), as_json=json_, text=lambda: _text(found))


def as_json(found: Report) -> dict[str, Any]:
    """The report as one JSON object; intervals are `{"low": …, "high": …}`, `often` is the one to rely on."""
    panel = asdict(found.panel)
    days = panel.pop("window").total_seconds() / 86400
    panel["balance"]["is_alarming"] = found.panel.balance.is_alarming
    return {
        "programme": found.programme,
        "title": dict(found.title),
        "now": found.now,
        "currency": found.currency,
        "counts": asdict(found.counts),
        "panel": {"window_days": days, **panel},
        "kpis": {kpi.name: {key: value for key, value in asdict(kpi).items() if key != "name"} for kpi in found.kpis},
        "outcomes": [_outcome(one) for one in found.outcomes],
    }


def _outcome(one: Outcome) -> dict[str, Any]:
    found = one.comparison
    is_measurable = isinstance(found, Effect)
    shown = isinstance(found, Effect) and found.often.excludes_zero
    return asdict(found) | {
        "is_measurable": is_measurable,
        "is_shown": shown,
        "detectable": one.detectable,
        "verdict": texts.verdict(one),
    }


def _text(found: Report) -> Group:
    panel = found.panel
    metric = texts.METRICS[found.main.unit]
    waiting = (
        f"{formats.number(panel.compared)} customers compared within {texts.window(panel)} of the contact;"
        f" {formats.number(panel.still_open)} wait for their window to pass."
        f" Last order known: {formats.instant(panel.known_until)}."
    )
    head = [
        f"[bold]{formats.in_language(found.title)}[/bold] ({found.programme}), as of {formats.instant(found.now)}",
        f"\n[bold]Effect – {metric.title}:[/bold] {texts.verdict(found.main)}",
        waiting,
    ]
    if panel.other_draws:
        head.append(f"{formats.number(panel.other_draws)} entered under another control share and are left out.")
    if panel.balance.is_alarming:
        head.append(
            f"[bold]The groups are not the draw that was asked for[/bold] ({panel.balance.control} control customers,"
            f" {panel.balance.expected:.0f} expected): do not trust the comparison before the reason is found."
        )
    return Group(*head, "", _effects(found), "", _kpis(found), *_reasons(found))


def _effects(found: Report) -> Any:
    rows = []
    for one in found.outcomes:
        groups = one.comparison
        cells = [
            f"{texts.mean(group.mean, one.unit)} of {formats.number(group.customers)}"
            for group in (groups.treated, groups.control)
        ]
        if isinstance(groups, Effect):
            cells += [texts.difference(groups.difference, one.unit), texts.range_of(groups.often, one.unit),
                      texts.range_of(groups.once, one.unit)]  # fmt: skip
        else:
            cells += [formats.NOTHING, texts.reason(groups.reason), formats.NOTHING]
        rows.append([texts.METRICS[one.unit].title, *cells])
    return terminal.table("metric", "treated", "control", "difference", "95 %, however often one looks",
                          "95 %, one look", rows=rows)  # fmt: skip


def _kpis(found: Report) -> Any:
    rows = [
        [texts.KPIS[kpi.name].title, texts.written(kpi), texts.note(kpi), texts.period(kpi, found.panel)]
        for kpi in found.kpis
    ]
    return terminal.table("key figure", "value", "", "period", rows=rows)


def _reasons(found: Report) -> list[Any]:
    tables = [("refused by rule", found.counts.refused), ("out by reason", found.counts.exited)]
    parts: list[Any] = []
    for title, numbers in tables:
        if numbers:
            parts += ["", terminal.table(title, "number", rows=list(numbers.items()))]
    return parts
