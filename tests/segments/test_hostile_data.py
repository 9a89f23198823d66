"""Facts, values and names as shops really send them, on customers known by heart."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from cordiale.customers.models import Customer
from cordiale.home import Home
from cordiale.identity import actions as identity
from cordiale.ids import share_of
from cordiale.lake import open_lake
from cordiale.orders.actions import LineTold, OrderTold, take, write_due
from cordiale.segments import actions, queries
from cordiale.segments.rules import BadExpression, Field, Kind, parse, tree_json
from cordiale.segments.rules.compilation import to_sql
from cordiale.segments.rules.sentence import sentence
from tests.segments.conftest import LINES as SCHEMA
from tests.segments.conftest import NOW, event, order
from tests.segments.generation import WORDS

Held = Callable[[str], set[int]]


def send(customer: int, **properties: object) -> dict[str, object]:
    number = json.dumps(properties)
    return {**event(customer, 1, "Cart Updated"), "event_id": f"{customer}-{number}", "properties": number}


@pytest.mark.parametrize(("text", "who"), [
    ("messages(kind in ('clicked', 'bounced')) = 1", {1}), ("messages(kind = 'clicked') = 1", {1}),
    ("messages(kind <> 'clicked') = 1", {1, 4}), ("messages(kind like 'click%') = 1", {1}),
    ("messages(kind => 'handed_over', kind in ('handed_over', 'clicked')) = 1", {1, 4}),
])  # fmt: skip
def test_messages_are_counted_by_whatever_is_said_of_their_kind(
    snapshot: dict[str, int], held: Held, text: str, who: set[int]
) -> None:
    assert held(text) == who
    root = parse(text, WORDS)
    assert tree_json.load(tree_json.dump(root), WORDS).root.left.key == root.root.left.key  # type: ignore[union-attr]
    assert "handed_over" in sentence(root.root, "en") or "handed_over" not in text


def test_a_total_added_up_in_floating_point_is_a_number(snapshot: dict[str, int], held: Held) -> None:
    totals = [59.699999999999996, 1e-7, 1.5e3, -3, 10**15 * 10, "12,5", None, True]
    open_lake().append("events", pa.Table.from_pylist([send(who, total=one) for who, one in enumerate(totals, 1)]))
    assert held("events('Cart Updated', property('total') > 50, last => '36 hours') > 0") == {1, 3}
    assert held("events('Cart Updated', property('total') < 1) > 0") == {2, 4}


def test_a_declared_number_has_as_many_decimals_as_it_was_told_with(snapshot: dict[str, int], held: Held) -> None:
    for number, value in enumerate([0.30000000000000004, "2.123456789", "1e3", "", 7], 1):
        Customer.objects.filter(id=number).update(declared={"size": value})
    assert held("declared_number('size') > 0") == {1, 2, 5}


def test_an_empty_text_is_unknown_in_facts_too(snapshot: dict[str, int], held: Held) -> None:
    rows = [send(1, tone=""), send(2, tone="bad"), send(3, tone=None), send(4, other=1)]
    open_lake().append("events", pa.Table.from_pylist(rows))
    lines = order(5, 2, ("", "5.00"))
    open_lake().append("order_lines", pa.Table.from_pylist(lines, schema=SCHEMA))
    assert held("events('Cart Updated', property('tone') <> 'good') > 0") == {2}
    assert held("events('Cart Updated', property('tone') like '%') > 0") == {2}
    assert held("orders(category <> 'wine', last => '3 days') > 0") == {3}


NASTY = [
    "l'été",
    "100%",
    "a_b",
    "日本",
    "\\",
    '"',
    "--",
    "/*x*/",
    "a;b",
    "$1",
    "?",
    "{x}",
    "%s",
    "\u202e",
    "🎉",
    "x" * 200,
]


@pytest.mark.parametrize("value", NASTY)
def test_any_text_is_a_value_and_only_that(snapshot: dict[str, int], held: Held, value: str) -> None:
    Customer.objects.filter(id=2).update(city=value[:80])
    rows = [{**one, "event_id": value} for one in [{**event(3, 1, value), "category": value,
            "properties": json.dumps({"v": value})}]]  # fmt: skip
    open_lake().append("events", pa.Table.from_pylist(rows))
    quoted = "'" + value.replace("'", "''") + "'"
    city = "'" + value[:80].replace("'", "''") + "'"
    assert held(f"city = {city}") == held(f"city in ({city}, 'Nantes')") == {2}
    assert held(f"events({quoted}, category => {quoted}, property('v') = {quoted}) = 1") == {3}
    for language in ("fr", "en"):
        assert value in sentence(parse(f"city = {quoted}", WORDS).root, language)


@pytest.mark.parametrize("name", [
    "comment", "case", "when", "select", "from", "map", "any", "if", "set", "show", "use", "only", "current_date",
    "desc", "date", "interval", "left", "values", "next", "last", "since", "minimum", "within", "rank", "end",
    "été", "order",
])  # fmt: skip
def test_a_field_may_be_called_like_any_word_of_sql(name: str) -> None:
    fields = {**WORDS.fields, name: Field(name=name, kind=Kind.NUMBER, source="declared", titles={})}
    words = replace(WORDS, fields=fields)
    text = f"({name} > 3 and not {name} is null) or 1 < {name} + {name}"
    expression = parse(text, words)
    assert tree_json.normalised(expression) == text
    assert to_sql([expression], NOW).declared[0].key == name


def test_a_field_of_the_company_called_comment_is_read(snapshot: dict[str, int], fresh_home: Home, held: Held) -> None:
    (fresh_home.company / "fields.yaml").write_text(
        "comment: {type: text, label: {fr: Commentaire, en: Comment}, category: declared}\n"
        "ShoeSize: {type: integer, label: {fr: Pointure, en: Shoe size}, category: declared}\n"
    )
    Customer.objects.filter(id=3).update(declared={"comment": "call back", "ShoeSize": 38})
    assert held("comment like 'call%'") == held("ShoeSize = 38") == held("SHOESIZE > 37") == {3}
    tree = tree_json.dump(queries.parse("shoesize > 37"))
    assert queries.parse_tree(tree).text == "ShoeSize > 37"


@pytest.mark.parametrize("text", ["city = '\ud800'", "city = 'a\udfff'", "\ud83d = 3", "city = '\x1b'", "city = 'a\0'"])
def test_characters_that_no_store_takes_are_refused_at_their_place(text: str) -> None:
    with pytest.raises(BadExpression) as caught:
        parse(text, WORDS)
    assert len(text[caught.value.start : caught.value.end]) == 1


def test_ten_thousand_values_are_refused_with_a_way_out() -> None:
    with pytest.raises(BadExpression, match="in_segment") as caught:
        parse("city in (" + ",".join(f"'c{number}'" for number in range(10_000)) + ")", WORDS)
    assert caught.value.code in ("too_long", "too_many")


# Windows


def at(customer: int, moment: datetime, number: int) -> dict[str, object]:
    (row,) = order(customer, 0, ("wine", "1.00"))
    return {**row, "ts": moment, "order_id": f"{customer}-{number}"}


def test_windows_have_exact_borders(snapshot: dict[str, int], held: Held) -> None:
    tick, day = timedelta(microseconds=1), timedelta(days=1)
    moments = [NOW - day, NOW - day - tick, NOW, NOW - tick, NOW + day]
    rows = [at(5, moment, number) for number, moment in enumerate(moments)]
    open_lake().append("order_lines", pa.Table.from_pylist(rows, schema=SCHEMA))
    assert held("orders(last => '1 day') = 2 and orders() = 3") == {5}
    assert held("orders(since => now) = 0 and orders(last => '24 hours') = orders(last => '1 day')") >= {5}


@pytest.mark.parametrize(("zone", "day", "hours"), [
    ("Europe/Paris", "2026-03-29", 23), ("Europe/Paris", "2026-10-25", 25), ("America/Sao_Paulo", "2018-11-04", 23),
    ("Asia/Beirut", "2022-03-27", 23), ("Pacific/Apia", "2011-12-29", 24), ("Asia/Kolkata", "2026-03-29", 24),
])  # fmt: skip
def test_a_day_is_the_companys_on_days_of_changed_clocks(zone: str, day: str, hours: int) -> None:
    def moment(written: str) -> datetime:
        root = parse(f"seen_at >= '{written}'", replace(WORDS, zone=zone)).root
        return root.right.moment.at(NOW)  # type: ignore[union-attr]

    following = f"{day[:8]}{int(day[8:]) + 1:02}" if zone != "Pacific/Apia" else "2011-12-31"
    assert moment(following) - moment(day) == timedelta(hours=hours)


@pytest.mark.parametrize("sign", ["+", "-"])
def test_moments_added_up_have_an_end(sign: str) -> None:
    with pytest.raises(BadExpression, match="200 years") as caught:
        parse("created_at < now" + f" {sign} '73000 days'" * 2, WORDS)
    assert caught.value.column == 35
    parse(f"created_at {sign} '73000 days' {sign} '73000 days' < now {sign} '73000 days'", WORDS)


def test_figures_beyond_all_bounds_stop_no_count(snapshot: dict[str, int], held: Held) -> None:
    large = " * 999999999999999" * 30
    assert held(f"orders_total{large} > 1") == {1, 2, 3, 4}
    assert held(f"orders_total{large} - orders_total{large} = 0") == {5}
    assert held("created_at" + " + '73000 days'" * 90 + " > now") == {1, 2, 3, 4, 5}
    assert held("orders_total in (99999999999, 1.5, 3)") == {1}
    assert held("-orders_total between -999999999999999 and -2.5") == {1}
    assert held("1 / orders_total > 0.9 or orders_total / (orders_total - orders_total) > 0") == {3, 4}


def test_a_corrected_or_refunded_order_counts_as_it_stands(snapshot: dict[str, int], held: Held) -> None:
    def told(kind: str, hours: int, *lines: LineTold) -> None:
        at, days = NOW - timedelta(days=2) + timedelta(hours=hours), {"customer_id": 5, "source": "shop"}
        take([OrderTold(order_id="n1", at=at, kind=kind, lines=list(lines) or None, **days)], NOW)  # type: ignore[arg-type]
        write_due()

    wine, tea = (LineTold(product_id=one, category=one, amount=Decimal(20)) for one in ("wine", "tea"))
    told("completed", 0, wine, tea)
    assert held("orders(last => '3 days') = 1 and spend(last => '3 days') = 40 and orders(category => 'wine') = 1") == {
        5
    }
    told("updated", 1, tea)
    assert held("orders(last => '3 days') = 1 and spend(last => '3 days') = 20 and orders(category => 'wine') = 0") == {
        5
    }
    told("refunded", 2)
    assert held("orders(last => '3 days') = 1 and spend(last => '3 days') = 0 and units(category => 'tea') = 0") >= {5}
    assert held("sequence(orders(), not orders(), within => '1 day', last => '3 days')") >= {5}
    told("cancelled", 3)
    assert 5 in held("never(orders())")


# Who somebody is


def test_a_customer_merged_today_counts_once_and_with_the_survivors_facts(snapshot: dict[str, int], held: Held) -> None:
    identity.merge(1, 2, actor="test", reason="test", now=NOW)
    identity.publish_pending()
    assert held("true") == {1, 3, 4, 5}
    assert held("orders() = 5") == {1}
    assert queries.count("true", NOW).of == 4
    actions.save_segment("all", "orders() > 0", actor="test", now=NOW)
    assert actions.refresh(NOW)["all"].size == len(queries.members("all", NOW).customer_ids) == 3


def test_an_erased_customer_is_in_nothing(snapshot: dict[str, int], held: Held) -> None:
    open_lake().erase([4])
    Customer.everyone.filter(pk=4).update(erased_at=NOW, merged_into=4)
    assert held("true") == held("not false") == {1, 2, 3, 5}


# Samples


def test_samples_of_two_names_are_independent_and_nested_by_share() -> None:
    people = range(1, 20_001)
    first, second = ({one for one in people if share_of(f"sample:{name}", one) < 0.5} for name in ("a", "b"))
    small = {one for one in people if share_of("sample:a", one) < 0.1}
    assert abs(len(first) / 20_000 - 0.5) < 0.015
    assert abs(len(first & second) / 20_000 - 0.25) < 0.015
    assert small < first


# Names that go away


def test_a_trait_that_goes_away_is_told_at_the_segment_that_leads_there(snapshot: dict[str, int]) -> None:
    actions.save_segment("inner", "city is not null", actor="test", now=NOW)
    actions.save_segment("outer", "in_segment('inner')", actor="test", now=NOW)
    from cordiale.segments.models import Segment

    Segment.objects.filter(name="inner").update(expression="some_gone_trait > 3 and city is not null")
    text = "has_email and\n  in_segment('outer')"
    with pytest.raises(BadExpression, match="the segment 'outer' cannot be evaluated any more") as caught:
        queries.count(text, NOW)
    assert "some_gone_trait" in str(caught.value)
    assert (caught.value.line, caught.value.column) == (2, 3)
    assert text[caught.value.start : caught.value.end] == "in_segment('outer')"
    assert "ne peut plus être évalué" in caught.value.told("fr")[0]
    with pytest.raises(BadExpression, match="some_gone_trait"):
        queries.count_rules("not in_segment('outer')", NOW)
