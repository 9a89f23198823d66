"""The report on real tables: effects planted in orders are found, and none where none was planted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from cordiale import home
from cordiale.errors import Located, NotFound
from cordiale.measure.queries import programme_counts, programme_report
from cordiale.measure.rules.effect import Effect, NotMeasurable, Reason, Unit
from cordiale.measure.rules.report import Report

from .world import START, Order, contacted, customers, play, programme, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_home")]
SIZE = 1500
NOW = START + timedelta(days=60)
LAST = Order(0, NOW - timedelta(hours=1), Decimal(1))


def _plant(chance: float, *, seed: int = 1, size: int = SIZE) -> dict[Unit, float]:
    """Everybody may order in the month before and after; the treated once more with `chance`. The true effects."""
    rng = np.random.default_rng(seed)
    people, found = customers(size), programme()
    control = rng.random(size) < 0.1
    play(found, people, [contacted(place, is_control=bool(control[place])) for place in range(size)])
    often = rng.random(size)
    orders = [LAST]
    for shift, extra in ((-30, 0.0), (0, chance)):
        chances = 0.5 * often + np.where(control, 0, extra * (1 - 0.5 * often))
        buyers = np.flatnonzero(rng.random(size) < chances)
        days = rng.uniform(1, 29, size)
        orders += [
            Order(
                int(place), START + timedelta(days=shift + days[place]), Decimal(20 + 60 * often[place]).quantize(_CENT)
            )
            for place in buyers
        ]
    sell(people, orders)
    gained = float((chance * (1 - 0.5 * often)).mean())
    return {
        Unit.SHARE: gained,
        Unit.ORDERS: gained,
        Unit.MONEY: float((chance * (1 - 0.5 * often) * (20 + 60 * often)).mean()),
    }


_CENT = Decimal("0.01")


def _effect(report: Report, unit: Unit) -> Effect:
    found = next(one.comparison for one in report.outcomes if one.unit is unit)
    assert isinstance(found, Effect)
    return found


def test_a_planted_effect_is_found_within_the_interval() -> None:
    truth = _plant(0.4)
    report = programme_report("win-back", NOW)
    for unit, gained in truth.items():
        assert _effect(report, unit).often.low <= gained <= _effect(report, unit).often.high
        assert _effect(report, unit).once.low <= gained <= _effect(report, unit).once.high
        assert _effect(report, unit).often.low > 0


def test_no_effect_is_found_where_none_was_planted() -> None:
    _plant(0.0)
    report = programme_report("win-back", NOW)
    assert not any(_effect(report, unit).often.excludes_zero for unit in Unit)
    assert next(kpi for kpi in report.kpis if kpi.name == "cost_per_incremental_order").value is None


def test_looking_again_gives_the_same() -> None:
    _plant(0.1, size=400)
    assert programme_report("win-back", NOW) == programme_report("win-back", NOW)


def test_past_spend_explains_part_of_the_variance() -> None:
    _plant(0.0)
    assert _effect(programme_report("win-back", NOW), Unit.MONEY).reduction > 0.03


def test_gained_orders_cost_what_their_messages_cost() -> None:
    _plant(0.4)
    report = programme_report("win-back", NOW)
    kpis = {kpi.name: kpi for kpi in report.kpis}
    treated = _effect(report, Unit.ORDERS).treated.customers
    assert kpis["cost"].value == pytest.approx(treated * 0.002)
    assert kpis["cost_per_incremental_order"].value == pytest.approx(treated * 0.002 / kpis["incremental_orders"].value)


def test_open_windows_are_no_failures() -> None:
    people, found = customers(100), programme()
    late = [START if place < 60 else START + timedelta(days=20) for place in range(100)]
    play(found, people, [contacted(place, is_control=place % 2 == 0, at=late[place]) for place in range(100)])
    sell(people, [Order(place, START + timedelta(days=1), Decimal(10)) for place in range(60)]
         + [Order(0, START + timedelta(days=35), Decimal(10))])  # fmt: skip
    report = programme_report("win-back", NOW)
    assert (report.panel.compared, report.panel.still_open) == (60, 40)
    assert report.panel.known_until == START + timedelta(days=35)
    conversion = next(kpi for kpi in report.kpis if kpi.name == "conversion")
    assert (conversion.part, conversion.whole) == (30, 30)


def test_too_small_a_control_group_gives_a_reason_and_no_number() -> None:
    people, found = customers(50), programme()
    play(found, people, [contacted(place, is_control=place < 4) for place in range(50)])
    sell(people, [LAST])
    found_now = programme_report("win-back", NOW).main.comparison
    assert isinstance(found_now, NotMeasurable)
    assert found_now.reason is Reason.FEW_CUSTOMERS


def test_a_customer_counts_once_from_the_first_time_somebody_decided_to_contact_him() -> None:
    people, found = customers(1), programme()
    again = replace(contacted(0, is_control=False, at=START + timedelta(days=20)), occurrence=2)
    first = replace(contacted(0, is_control=False), exited=(START + timedelta(days=9), "end"))
    play(found, people, [first, again])
    sell(
        people,
        [Order(0, START + timedelta(days=2), Decimal(10)), Order(0, START + timedelta(days=40), Decimal(10)), LAST],
    )
    report = programme_report("win-back", NOW)
    assert report.counts.enrolled == 2
    assert report.panel.compared == 1
    assert next(kpi for kpi in report.kpis if kpi.name == "conversion").part == 1


def test_customers_drawn_under_another_control_share_are_left_out() -> None:
    people, found = customers(40), programme(control="50 %")
    walks = [contacted(place, is_control=place % 2 == 0) for place in range(20)]
    programme(control="10 %")
    walks += [replace(contacted(place, is_control=place == 20), version=2) for place in range(20, 40)]
    play(found, people, walks)
    sell(people, [LAST])
    panel = programme_report("win-back", NOW).panel
    assert (panel.compared, panel.other_draws, panel.control_share) == (20, 20, 0.1)
    assert not panel.balance.is_alarming


def test_groups_that_are_not_the_draw_raise_the_alarm() -> None:
    people, found = customers(200), programme(control="10 %")
    play(found, people, [contacted(place, is_control=place < 60) for place in range(200)])
    assert programme_report("win-back", NOW).panel.balance.is_alarming


def test_the_metric_of_the_objective_comes_first() -> None:
    people, found = customers(1), programme(metric="spend")
    play(found, people, [contacted(0, is_control=False)])
    assert [one.unit for one in programme_report("win-back", NOW).outcomes] == [Unit.MONEY, Unit.SHARE, Unit.ORDERS]


def test_a_programme_nobody_entered_reports_zeros() -> None:
    programme()
    report = programme_report("win-back", NOW)
    assert programme_counts("win-back") == {
        "enrolled": 0, "proposed": 0, "sent": 0, "control": 0, "refused": {}, "postponed": 0, "exited": {},
    }  # fmt: skip
    assert report.panel.known_until is None
    assert all(isinstance(one.comparison, NotMeasurable) for one in report.outcomes)


def test_an_unknown_programme_and_a_naive_instant_are_refused() -> None:
    with pytest.raises(NotFound):
        programme_report("win-bakc", NOW)
    with pytest.raises(Exception, match="zone"):
        programme_report("win-back", datetime(2026, 3, 2))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("per message:\n  email: cheap\n", "2:10", "not an amount"),
        ("per message:\n  email: -1\n", "2:10", "0 or more"),
        ("per mesage:\n  email: 1\n", "1:1", "not known"),
    ],
)
def test_a_wrong_cost_file_is_refused_at_its_place(text: str, place: str, words: str) -> None:
    programme()
    (home.current().company / "costs.yaml").write_text(text)
    with pytest.raises(Located, match=words) as caught:
        programme_report("win-back", NOW)
    assert str(caught.value).startswith(f"costs.yaml:{place}")


def test_a_channel_without_a_price_has_no_cost() -> None:
    people, found = customers(1), programme()
    (home.current().company / "costs.yaml").write_text("per message:\n  sms: 0.06\n")
    play(found, people, [contacted(0, is_control=False)])
    assert next(kpi for kpi in programme_report("win-back", NOW).kpis if kpi.name == "cost").value is None


def test_a_report_of_a_past_instant_knows_nothing_later() -> None:
    people, found = customers(2), programme()
    play(found, people, [contacted(0, is_control=False), contacted(1, is_control=False, at=START + timedelta(days=5))])
    early = programme_report("win-back", datetime(2026, 3, 3, tzinfo=UTC))
    assert (early.counts.proposed, early.counts.sent) == (1, 1)
