"""The report of one programme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from cordiale import clock, home
from cordiale.company import company
from cordiale.decisions.rules.document import read_text
from cordiale.errors import NotFound
from cordiale.lake import open_lake
from cordiale.measure import statements
from cordiale.measure.queries import windows
from cordiale.measure.rules import costs, design
from cordiale.measure.rules.effect import Unit
from cordiale.measure.rules.kpis import kpis
from cordiale.measure.rules.report import Counts, Panel, Reach, Report
from cordiale.programmes.models import Programme, ProgrammeVersion
from cordiale.programmes.queries import get_programme, spec_of

_COSTS = Path(__file__).parent.parent / "data" / "costs.yaml"
_FOR_EVER = "infinity"
_MAIN = {"order": Unit.SHARE, "spend": Unit.MONEY, "event": Unit.SHARE}


def programme_report(name: str, now: datetime) -> Report:
    """What programme `name` did and changed, as known at `now`. Raises NotFound, and Located for a wrong costs.yaml."""
    now = clock.require_aware(now)
    programme, current = _applied(name)
    shares = _control_shares(programme)
    spec = spec_of(current)
    same_draw = [version for version, share in shares.items() if share == spec.panel.control]
    panel, compared = _panel(name, now, spec.objective.within, spec.panel.control or 0.0, same_draw)
    found = windows.behaviour_of(open_lake(), compared, panel.window)
    outcomes = [found.compare(unit) for unit in _units_in_order(spec.objective.metric)]
    known_costs, reach, in_windows = _costs(), _reach(name, now), _messages_in_windows(name, now, panel, same_draw)
    counts = _counts(programme, now)
    return Report(
        programme=name,
        title=spec.title,
        now=now,
        currency=company().currency,
        counts=counts,
        panel=panel,
        kpis=kpis(
            counts,
            reach,
            found.behaviour(sum(in_windows.values())),
            outcomes,
            target=spec.objective.target,
            cost=costs.total(known_costs, reach.by_channel),
            cost_in_windows=costs.total(known_costs, in_windows),
        ),
        outcomes=outcomes,
    )


def programme_counts(name: str) -> dict[str, Any]:
    """How many of everything programme `name` did until now: enrolled, proposed, sent, control, refused, …"""
    counts = _counts(get_programme(name), _FOR_EVER)
    return {
        "enrolled": counts.enrolled,
        "proposed": counts.proposed,
        "sent": counts.sent,
        "control": counts.control,
        "refused": dict(counts.refused),
        "postponed": counts.postponed,
        "exited": dict(counts.exited),
    }


def _applied(name: str) -> tuple[Programme, ProgrammeVersion]:
    programme = get_programme(name)
    if programme.current is None:
        raise NotFound(f"{name} has no version yet; apply its file: cordiale programmes apply {name}.yaml")
    return programme, programme.current


def _control_shares(programme: Programme) -> dict[int, float | None]:
    return {version.pk: spec_of(version).panel.control for version in programme.versions.all()}


def _units_in_order(metric: str) -> list[Unit]:
    main = _MAIN[metric]
    return [main, *(unit for unit in (Unit.SHARE, Unit.ORDERS, Unit.MONEY) if unit is not main)]


def _panel(name: str, now: datetime, window: timedelta, share: float, same_draw: list[int]) -> tuple[Panel, pa.Table]:
    until = windows.known_until(open_lake(), now)
    everyone = windows.units(name, now)
    drawn = everyone.filter(pc.is_in(everyone["version_id"], pa.array(same_draw, pa.int64())))
    compared = windows.complete(drawn, window, until)
    treated = pc.sum(drawn["treated"]).as_py() or 0
    panel = Panel(
        window=window,
        known_until=until,
        compared=compared.num_rows,
        still_open=drawn.num_rows - compared.num_rows,
        other_draws=everyone.num_rows - drawn.num_rows,
        control_share=share,
        balance=design.balance(treated, drawn.num_rows - treated, share * drawn.num_rows),
    )
    return panel, compared


def _counts(programme: Programme, now: datetime | str) -> Counts:
    values = {"programme_id": programme.pk, "programme": programme.name, "now": now}
    enrolled, customers = _rows(statements.ENROLLED, values)[0]
    answers = {(verdict, rule): number for verdict, rule, number in _rows(statements.ANSWERS, values)}
    return Counts(
        enrolled=enrolled,
        customers=customers,
        proposed=_rows(statements.PROPOSED, values)[0][0],
        sent=_sum(number for (verdict, _), number in answers.items() if verdict == "sent"),
        control=answers.get(("refused", "control"), 0),
        refused={rule: n for (verdict, rule), n in answers.items() if verdict == "refused" and rule != "control"},
        postponed=_sum(number for (verdict, _), number in answers.items() if verdict == "postponed"),
        exited=dict(_rows(statements.EXITED, values)),
    )


def _reach(name: str, now: datetime) -> Reach:
    values = {"programme": name, "now": now}
    left = _rows(statements.LEFT, values)
    _, customers, unsubscribed_messages, unsubscribed_customers = _rows(statements.UNSUBSCRIBED, values)[0]
    return Reach(
        handed_over=_sum(handed for _, handed, _ in left),
        unknown=_sum(unknown for _, _, unknown in left),
        by_channel={channel: handed + unknown for channel, handed, unknown in left},
        customers=customers,
        unsubscribed_messages=unsubscribed_messages,
        unsubscribed_customers=unsubscribed_customers,
    )


def _messages_in_windows(name: str, now: datetime, panel: Panel, versions: list[int]) -> dict[str, int]:
    if panel.known_until is None:
        return {}
    values = {"programme": name, "now": now, "versions": versions, "window": panel.window,
              "known_until": panel.known_until}  # fmt: skip
    return dict(_rows(statements.MESSAGES_IN_WINDOWS, values))


def _costs() -> costs.Costs:
    path = home.current().company_file("costs.yaml", _COSTS)
    return costs.parse_costs(read_text(path), path.name)


def _rows(statement: str, values: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _sum(numbers: Iterable[int]) -> int:
    return sum(numbers)
