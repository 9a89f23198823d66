"""Why a customer is in a segment or not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from cordiale.segments import actions, queries
from tests.segments.conftest import NOW

TEXT = """city ilike 'lyon'
  and (orders(last => '90 days', category => 'wine') >= 2 or not consent('offers', 'sms'))"""


def test_each_rule_says_where_it_stands_and_whether_it_holds(snapshot: dict[str, int]) -> None:
    rules = queries.explain(TEXT, 1, NOW)
    assert [(one.depth, one.shape, one.line, one.column, one.held) for one in rules] == [
        (0, "every", 1, 1, True), (1, "rule", 1, 1, True), (1, "some", 2, 7, True), (2, "rule", 2, 8, True),
        (2, "not", 2, 62, False), (3, "rule", 2, 66, True),
    ]  # fmt: skip
    assert rules[3].text == "orders(last => '90 days', category => 'wine') >= 2"


def test_each_leaf_shows_the_customers_own_values(snapshot: dict[str, int]) -> None:
    (rule,) = queries.explain("spend(last => '90 days') / orders_total > 3 * average_basket", 1, NOW)
    assert rule.values.pop("average_basket") == Decimal("17.90")
    assert rule.values == {"spend(last => '90 days')": Decimal("45.70"), "orders_total": 3}
    (rule,) = queries.explain("days_since(last_order_at) > 3", 5, NOW)
    assert (rule.held, rule.values) == (False, {"days_since(last_order_at)": None, "last_order_at": None})


def test_a_customer_without_traits_yet_has_unknown_values(snapshot: dict[str, int]) -> None:
    rules = queries.explain("orders_total is null and orders() = 0", 999, NOW)
    assert [one.held for one in rules] == [True, True, True]


@pytest.mark.parametrize("text", [
    TEXT, "not city = 'Lyon' or age > 30", "in_segment('lyon') and has_email", "true", "not (has_phone or false)",
    "spend() > 40 and (orders_total in (1, 3) or events('Page Viewed') > 0) and birthday_in < 200",
    "declared('income') is not null and city not like 'P%'",
])  # fmt: skip
def test_explanations_agree_with_who_is_in(held: Callable[[str], set[int]], text: str) -> None:
    actions.save_segment("lyon", "city ilike 'lyon'", actor="test", now=NOW)
    for position, rule in enumerate(queries.explain(text, 1, NOW)):
        members = held(rule.text)
        assert {who for who in range(1, 6) if queries.explain(text, who, NOW)[position].held} == members


def test_rules_are_counted_each_by_itself(snapshot: dict[str, int]) -> None:
    counts = queries.count_rules("city ilike 'lyon' and (has_email or age > 70)", NOW)
    assert [(one.text, one.matching) for one in counts] == [
        ("city ilike 'lyon' and (has_email or age > 70)", 1), ("city ilike 'lyon'", 2), ("(has_email or age > 70)", 4),
        ("has_email", 3), ("age > 70", 1),
    ]  # fmt: skip
