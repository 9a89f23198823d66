"""From a programme's file to its effect, through the real engine, the real decisions and a real SMTP server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cordiale import home
from cordiale.config.commands import cli
from cordiale.consent import actions as consent
from cordiale.consent.rules import ConsentEntry
from cordiale.content.actions import apply_templates
from cordiale.customers.models import Customer
from cordiale.deliveries.catcher import Catcher, caught, start_catcher
from cordiale.measure.queries import programme_counts, programme_report
from cordiale.measure.rules.effect import Effect, Unit
from cordiale.measure.rules.report import Report
from cordiale.programmes import actions, engine
from cordiale.programmes.models import Enrolment
from cordiale.segments.actions import save_segment

from .world import Order, sell

SIZE = 240
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COMPANY = Path(__file__).parents[2] / "programmes"


@pytest.fixture
def catcher(tmp_path: Path, settings: Any, fresh_home: home.Home) -> Iterator[Catcher]:
    running = start_catcher(tmp_path / "caught")
    settings.SMTP_URL = running.url
    yield running
    running.stop()


@pytest.fixture
def people(transactional_db: None, catcher: Catcher, now: datetime, tmp_path: Path) -> list[Customer]:
    """Win-back, half its panel held back, has started; then customers became dormant, all but ten consent."""
    apply_templates(COMPANY / "templates", now - DAY)
    for name, expression in {"dormant": "city = 'Dormont'", "staff": "declared('staff') = 'yes'"}.items():
        save_segment(name, expression, actor="test", now=now - DAY)
    file = tmp_path / "win-back.yaml"
    file.write_text((COMPANY / "win-back.yaml").read_text().replace("control: 10 %", "control: 50 %"))
    actions.apply([file], actor="test", now=now - HOUR)
    engine.tick(now - HOUR)
    actions.start_programme("win-back", actor="test", now=now)
    made = Customer.objects.bulk_create(
        Customer(reference=f"C{place}", email=f"c{place}@example.org", city="Dormont", created_at=now, updated_at=now)
        for place in range(SIZE)
    )
    consent.record(
        [ConsentEntry(customer_id=one.pk, purpose="offers", channel="email", state="granted", at=now, source="form")
         for one in made[10:]], now,
    )  # fmt: skip
    engine.tick(now + HOUR)
    return made


def _live_on(people: list[Customer], now: datetime, chance: float) -> Report:
    """Everybody orders with 20 %, the treated once more with `chance`; the engine goes on by the day."""
    rng = np.random.default_rng(4)
    treated = set(Enrolment.objects.filter(is_control=False).values_list("customer_id", flat=True))
    orders = [Order(0, now + 40 * DAY, Decimal(1))]
    for place, customer in enumerate(people):
        for likely in (0.2, chance if customer.pk in treated and place >= 10 else 0.0):
            if rng.random() < likely:
                orders.append(Order(place, now + timedelta(days=rng.uniform(1, 20)), Decimal(30)))
    sell(people, orders)
    for days in (1, 8, 10, 20):
        engine.tick(now + days * DAY)
    return programme_report("win-back", now + 41 * DAY)


def test_orders_planted_for_the_treated_are_found(people: list[Customer], now: datetime) -> None:
    found = _live_on(people, now, 0.6).outcomes
    for outcome, gained in zip(found, (0.6 * 0.8, 0.6, 0.6 * 30), strict=True):
        assert isinstance(outcome.comparison, Effect)
        assert outcome.comparison.often.low > 0
        assert outcome.comparison.often.low <= gained <= outcome.comparison.often.high


def test_nothing_planted_is_nothing_found(people: list[Customer], now: datetime) -> None:
    report = _live_on(people, now, 0.0)
    assert [one.unit for one in report.outcomes] == [Unit.SHARE, Unit.ORDERS, Unit.MONEY]
    assert not any(one.comparison.often.excludes_zero for one in report.outcomes if isinstance(one.comparison, Effect))
    assert not report.panel.balance.is_alarming


def test_counts_agree_with_what_the_mail_server_received(
    people: list[Customer], catcher: Catcher, now: datetime, tmp_path: Path
) -> None:
    report = _live_on(people, now, 0.3)
    counts = programme_counts("win-back")
    assert counts["enrolled"] == SIZE
    assert counts["proposed"] == counts["sent"] + counts["control"] + sum(counts["refused"].values())
    assert counts["refused"]["consent"] >= 10
    kpis = {kpi.name: kpi.value for kpi in report.kpis}
    assert kpis["messages"] == counts["sent"] == caught(tmp_path / "caught").messages
    assert report.panel.compared == SIZE - 10


def test_the_command_prints_the_report_as_text_and_as_json(
    people: list[Customer], now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    _live_on(people, now, 0.0)
    later = (now + 41 * DAY).isoformat()
    cli(["programmes", "report", "win-back", "--now", later, "--json"], standalone_mode=False)
    told = json.loads(capsys.readouterr().out)
    assert told["outcomes"][0]["is_shown"] is False
    assert told["panel"]["window_days"] == 30
    assert told["kpis"]["sent"]["value"] == told["counts"]["sent"]
    cli(["programmes", "report", "win-back", "--now", later], standalone_mode=False)
    assert "No effect is shown: the interval" in capsys.readouterr().out
