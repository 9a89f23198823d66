"""The KPIs of a programme from its counts. Titles and definitions in words are in `measure.texts`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from cordiale.measure.rules.effect import Effect, Unit
from cordiale.measure.rules.interval import Interval
from cordiale.measure.rules.report import Behaviour, Counts, Kpi, Measure, Outcome, Period, Reach, effect_of


def kpis(
    counts: Counts,
    reach: Reach,
    behaviour: Behaviour,
    outcomes: Sequence[Outcome],
    *,
    target: float,
    cost: Decimal | None,
    cost_in_windows: Decimal | None,
) -> list[Kpi]:
    """Every KPI, in the order of a programme's life: whom, what was said, what came of it, what it cost and gained."""
    return [
        *_walk(counts),
        _count("messages", reach.handed_over),
        _count("unknown", reach.unknown),
        *_answers(reach, behaviour, target),
        Kpi(name="cost", measure=Measure.MONEY, period=Period.SINCE_START, value=None if cost is None else float(cost)),
        *_gains(outcomes, cost_in_windows),
    ]


def _walk(counts: Counts) -> list[Kpi]:
    return [
        _count("enrolled", counts.enrolled),
        _count("proposed", counts.proposed),
        _count("sent", counts.sent),
        _count("control", counts.control),
        _count("refused", sum(counts.refused.values())),
        _count("postponed", counts.postponed, Period.AT_PRESENT),
        _count("exited", sum(counts.exited.values())),
    ]


def _answers(reach: Reach, behaviour: Behaviour, target: float) -> list[Kpi]:
    messages = reach.handed_over + reach.unknown
    return [
        _quotient("conversion", Measure.SHARE, behaviour.buyers, behaviour.customers, Period.WINDOW, target=target),
        _quotient("orders_per_message", Measure.NUMBER, behaviour.orders, behaviour.messages, Period.WINDOW),
        _quotient("average_basket", Measure.MONEY, behaviour.spend, behaviour.orders, Period.WINDOW),
        _quotient("unsubscribed", Measure.SHARE, reach.unsubscribed_customers, reach.customers),
        _quotient("unsubscribes_per_message", Measure.SHARE, reach.unsubscribed_messages, messages),
    ]


def _gains(outcomes: Sequence[Outcome], cost: Decimal | None) -> list[Kpi]:
    orders, money = effect_of(outcomes, Unit.ORDERS), effect_of(outcomes, Unit.MONEY)
    return [
        _incremental("incremental_orders", Measure.NUMBER, orders),
        _incremental("incremental_revenue", Measure.MONEY, money),
        _cost_per_order(orders, cost),
    ]


def _incremental(name: str, measure: Measure, effect: Effect | None) -> Kpi:
    """The effect a customer times the treated customers compared, with the interval that allows looking often."""
    if effect is None:
        return Kpi(name=name, measure=measure, period=Period.WINDOW, value=None)
    size = effect.treated.customers
    return Kpi(name=name, measure=measure, period=Period.WINDOW, value=effect.difference * size,
               interval=effect.often.scaled(size))  # fmt: skip


def _cost_per_order(effect: Effect | None, cost: Decimal | None) -> Kpi:
    """Only where orders were surely gained: divided by an effect that may be zero, a cost means nothing."""
    value = interval = None
    if effect is not None and cost is not None and effect.often.low > 0:
        gained = effect.often.scaled(effect.treated.customers)
        value = float(cost) / (effect.difference * effect.treated.customers)
        interval = Interval(low=float(cost) / gained.high, high=float(cost) / gained.low)
    return Kpi(name="cost_per_incremental_order", measure=Measure.MONEY, period=Period.WINDOW, value=value,
               interval=interval)  # fmt: skip


def _count(name: str, value: int, period: Period = Period.SINCE_START) -> Kpi:
    return Kpi(name=name, measure=Measure.COUNT, period=period, value=value)


def _quotient(
    name: str,
    measure: Measure,
    part: float,
    whole: float,
    period: Period = Period.SINCE_START,
    target: float | None = None,
) -> Kpi:
    value = part / whole if whole else None
    return Kpi(name=name, measure=measure, period=period, value=value, part=part, whole=whole, target=target)
