"""Every key figure against a plain recount of the same rows in Python."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from cordiale.measure.queries import programme_counts, programme_report
from cordiale.measure.rules.report import Report

from .world import START, Asked, Order, Walk, customers, play, programme, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_home")]
PEOPLE = 60
WINDOW = timedelta(days=30)
NOW = START + timedelta(days=55)
RULES = ("consent", "opposition", "pressure.email-week")


def _moment(rng: random.Random, days: float, after: datetime = START) -> datetime:
    return after + timedelta(minutes=rng.randrange(int(days * 1440)))


def _asked(rng: random.Random, at: datetime, is_control: bool) -> Asked:
    answers, outcomes = [], []
    while rng.random() < 0.3:
        answers.append((at, "postponed", "quiet-hours"))
        at += timedelta(hours=12)
    fate = rng.random()
    if fate < 0.3:
        answers.append((at, "refused", rng.choice(RULES)))
    elif fate < 0.9:
        answers.append((at, "refused", "control") if is_control else (at, "sent", "allowed"))
        if not is_control:
            kind = rng.choice(("handed_over", "handed_over", "handed_over", "unknown", "withheld"))
            outcomes.append((kind, at))
            if kind == "handed_over" and rng.random() < 0.2:
                outcomes += [("unsubscribed", _moment(rng, 3, at))] * rng.choice((1, 2))
    return Asked(at - timedelta(hours=12 * (len(answers) - 1)) if answers else at, answers, outcomes)


def _walks(rng: random.Random) -> list[Walk]:
    walks = []
    for place in range(PEOPLE):
        is_control, entered = rng.random() < 0.4, _moment(rng, 20)
        for occurrence in range(1, rng.choice((2, 3))):
            asked = [_asked(rng, entered, is_control)]
            if rng.random() < 0.6:
                asked.append(_asked(rng, entered + timedelta(days=7), is_control))
            exited = (entered + timedelta(days=9), rng.choice(("goal", "end")))
            walks.append(Walk(place, entered, is_control, asked, exited, occurrence))
            entered += timedelta(days=10)
        if rng.random() < 0.5:
            walks[-1].exited = None
    return walks


def _orders(rng: random.Random) -> list[Order]:
    orders = [
        Order(rng.randrange(PEOPLE), _moment(rng, 100, START - timedelta(days=50)),
              Decimal(rng.randrange(2, 9000, 2)) / 100, rng.choice((1, 2)))
        for _ in range(200)
    ]  # fmt: skip
    back = [Order(one.customer, one.at + timedelta(days=2), -one.amount) for one in orders if rng.random() < 0.1]
    return orders + back


def _units(walks: list[Walk]) -> dict[int, tuple[datetime, bool]]:
    """Customer → the first instant somebody decided to contact him, and whether he was treated."""
    first: dict[int, tuple[datetime, bool]] = {}
    for walk in walks:
        for asked in walk.asked:
            for at, verdict, rule in asked.answers:
                if verdict == "sent" or rule == "control":
                    first[walk.customer] = min(first.get(walk.customer, (NOW, False)), (at, verdict == "sent"))
    return first


def _recount(walks: list[Walk], orders: list[Order]) -> dict[str, tuple[float | None, float | None]]:
    """Name → numerator (or value) and denominator."""
    asked = [(walk.customer, one) for walk in walks for one in walk.asked]
    last = [one.answers[-1] for _, one in asked if one.answers]
    left = [(who, one, kind) for who, one in asked for kind, _ in one.outcomes if kind in ("handed_over", "unknown")]
    gone = [(who, one) for who, one, _ in left if any(kind == "unsubscribed" for kind, _ in one.outcomes)]
    until = max(order.at for order in orders if order.at <= NOW)
    treated = {who: at for who, (at, is_treated) in _units(walks).items() if is_treated and at + WINDOW <= until}
    inside = [
        one
        for one in orders
        if one.customer in treated and treated[one.customer] <= one.at < treated[one.customer] + WINDOW
    ]
    bought = [one for one in inside if one.amount >= 0]
    letters = [
        1 for who, one, _ in left if who in treated and treated[who] <= one.outcomes[0][1] < treated[who] + WINDOW
    ]
    spend = float(sum(one.amount for one in inside))
    return {
        "enrolled": (len(walks), None),
        "proposed": (len(asked), None),
        "sent": (sum(verdict == "sent" for _, verdict, _ in last), None),
        "control": (sum(rule == "control" for _, _, rule in last), None),
        "refused": (sum(verdict == "refused" and rule != "control" for _, verdict, rule in last), None),
        "postponed": (sum(verdict == "postponed" for _, verdict, _ in last), None),
        "exited": (sum(walk.exited is not None for walk in walks), None),
        "messages": (sum(kind == "handed_over" for _, _, kind in left), None),
        "unknown": (sum(kind == "unknown" for _, _, kind in left), None),
        "conversion": (len({one.customer for one in bought}), len(treated)),
        "orders_per_message": (len(bought), len(letters)),
        "average_basket": (spend, len(bought)),
        "unsubscribed": (len({who for who, _ in gone}), len({who for who, _, _ in left})),
        "unsubscribes_per_message": (len(gone), len(left)),
        "cost": (0.002 * len(left), None),
    }


@pytest.mark.parametrize("seed", range(5))
def test_every_key_figure_equals_a_recount(seed: int) -> None:
    rng = random.Random(seed)
    walks, orders = _walks(rng), _orders(rng)
    people = customers(PEOPLE)
    play(programme(control="40 %"), people, walks)
    sell(people, orders)
    kpis = {kpi.name: kpi for kpi in programme_report("win-back", NOW).kpis}
    for name, (part, whole) in _recount(walks, orders).items():
        assert (kpis[name].value if whole is None else kpis[name].part) == pytest.approx(part), name
        assert kpis[name].whole == whole, name
        assert whole is None or kpis[name].value == pytest.approx(part / whole), name


@pytest.mark.parametrize("seed", range(3))
def test_counts_by_rule_and_reason_equal_a_recount(seed: int) -> None:
    walks = _walks(random.Random(seed))
    play(programme(), customers(PEOPLE), walks)
    last = [one.answers[-1] for walk in walks for one in walk.asked if one.answers]
    counts = programme_counts("win-back")
    assert counts["refused"] == Counter(rule for _, verdict, rule in last if verdict == "refused" and rule != "control")
    assert counts["exited"] == Counter(walk.exited[1] for walk in walks if walk.exited)
    assert (
        counts["proposed"] >= counts["sent"] + counts["control"] + sum(counts["refused"].values()) + counts["postponed"]
    )


def test_shares_never_exceed_one_however_often_people_click() -> None:
    at = START + timedelta(hours=1)
    clicks = [("handed_over", START), *[("unsubscribed", at)] * 5, *[("clicked", at)] * 7]
    walk = Walk(0, START, False, [Asked(START, [(START, "sent", "allowed")], clicks)])
    people = customers(1)
    play(programme(), people, [walk])
    sell(people, [Order(0, at, Decimal(5)) for _ in range(9)] + [Order(0, NOW, Decimal(5))])
    report: Report = programme_report("win-back", NOW)
    shares = [kpi for kpi in report.kpis if kpi.measure == "share"]
    assert len(shares) == 3
    assert all(kpi.value == 1 for kpi in shares)
