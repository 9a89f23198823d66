"""What an order becomes of all that is told of it, in whatever order it comes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale.orders.rules.folding import State, fold
from cordiale.orders.rules.money import share
from cordiale.orders.rules.told import OrderRefused, OrderTold, as_json, from_json, require

from .cast import at, line, told

BOUGHT = told("completed", 0, line("a", "20", 2, category="WINE"), line("b", "10"))


def _lines(state: State) -> list[tuple[int, str, int, str]]:
    return [(one.line_no, one.product_id, one.quantity, str(one.amount)) for one in state.lines]


def test_a_completed_order_has_its_lines_at_its_time() -> None:
    state = fold([BOUGHT])
    assert _lines(state) == [(1, "a", 2, "20.00"), (2, "b", 1, "10.00")]
    assert (state.status, state.placed_at, state.lines[0].ts, state.paid) == ("placed", at(0), at(0), 30)


def test_the_latest_statement_counts_and_keeps_the_time_the_order_was_placed() -> None:
    state = fold([told("updated", 2, line("c", "5"), customer_id=9), BOUGHT])
    assert _lines(state) == [(1, "c", 1, "5.00")]
    assert (state.customer_id, state.placed_at) == (9, at(0))


def test_an_update_without_products_changes_the_rest_only() -> None:
    state = fold([BOUGHT, told("updated", 2, store="Lyon", customer_id=7)])
    assert [(one.product_id, one.store, one.customer_id) for one in state.lines] == [("a", "Lyon", 7), ("b", "Lyon", 7)]


def test_a_cancelled_order_has_no_lines_until_a_later_statement() -> None:
    assert fold([told("cancelled", 3), BOUGHT]) == State(
        status="cancelled", customer_id=1, source="shop", placed_at=at(0)
    )
    assert fold([told("cancelled", 3), BOUGHT, told("updated", 4, line("a", "20"))]).status == "placed"


def test_a_refund_or_cancellation_of_an_order_not_heard_of_waits() -> None:
    assert fold([told("refunded", 3)]).status == "waiting"
    assert fold([told("cancelled", 3)]).customer_id is None


def test_a_whole_refund_gives_every_cent_back_at_its_time_on_lines_of_its_own() -> None:
    state = fold([BOUGHT, told("refunded", 5)])
    assert _lines(state)[2:] == [(3, "a", -2, "-20.00"), (4, "b", -1, "-10.00")]
    assert {one.ts for one in state.lines[2:]} == {at(5)}
    assert (state.status, state.paid, state.refunded) == ("refunded", 30, 30)
    assert state.lines[2].category == "WINE"


def test_products_are_given_back_at_what_was_paid_for_them() -> None:
    state = fold([BOUGHT, told("refunded", 5, line("a", None)), told("refunded", 6, line("a", None, 5))])
    assert _lines(state)[2:] == [(3, "a", -1, "-10.00"), (4, "a", -1, "-10.00")]
    assert state.status == "partly_refunded"


def test_a_refund_by_amount_is_shared_over_the_lines_without_items() -> None:
    state = fold([BOUGHT, told("refunded", 5, total=Decimal("10"))])
    assert _lines(state)[2:] == [(3, "a", 0, "-6.67"), (4, "b", 0, "-3.33")]
    assert fold([BOUGHT, told("refunded", 5, total=Decimal("30"))]).lines[2].quantity == -2


def test_a_refund_of_some_products_for_less_is_that_much() -> None:
    state = fold([BOUGHT, told("refunded", 5, line("a", None, 2), line("b", None), total=Decimal("15"))])
    assert _lines(state)[2:] == [(3, "a", -2, "-10.00"), (4, "b", -1, "-5.00")]


def test_no_refund_gives_back_more_than_was_paid() -> None:
    state = fold(
        [BOUGHT, told("refunded", 5, line("b", "99", 3), line("x", None)), told("refunded", 6), told("refunded", 7)]
    )
    assert sum(one.amount for one in state.lines) == sum(one.quantity for one in state.lines) == 0
    assert "product 'x', which the order does not have" in state.notes[0]
    assert "gave nothing back" in state.notes[1]


def test_a_named_refund_counts_once_with_its_latest_amount() -> None:
    first = told("refunded", 5, total=Decimal("10"), told_id="r1")
    assert fold([BOUGHT, told("refunded", 6, total=Decimal("12"), told_id="r1"), first]).refunded == 12


def test_an_order_s_discount_is_shared_to_the_cent() -> None:
    state = fold([told("completed", 0, line("a", "10"), line("b", "10"), line("c", "10"), discount=Decimal("10"))])
    assert [str(one.amount) for one in state.lines] == ["6.66", "6.67", "6.67"]
    assert [str(one.discount) for one in state.lines] == ["3.34", "3.33", "3.33"]


def test_stated_lines_stand_as_they_are_and_later_refunds_come_off_what_is_left() -> None:
    stated = told("stated", 5, line("a", "20", 2, line_no=1), line("a", "-10", -1, line_no=2, at=at(4)))
    assert _lines(fold([BOUGHT, told("refunded", 1), stated])) == [(1, "a", 2, "20.00"), (2, "a", -1, "-10.00")]
    assert _lines(fold([stated, told("refunded", 6)]))[2:] == [(3, "a", -1, "-10.00")]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (told("completed", 0), "has no products"),
        (told("completed", 0, line("a", None)), "line 1 has no amount"),
        (told("completed", 0, line(" ", "1")), "product_id is blank"),
        (told("completed", 0, line("a", "1"), currency="USD"), "is in USD; this company counts in EUR"),
        (told("completed", 0, line("a", "1" + "0" * 10)), "is no amount of money"),
        (told("paid", 0, line("a", "1")), "'paid' is nothing that happens to an order"),
        (told("completed", 0, line("a", "1"), discount=Decimal(-1)), "-1 is no discount"),
        (told("completed", 0, line("a", "1", category="x\x00")), "one that is no character"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(wrong: OrderTold, words: str) -> None:
    with pytest.raises(OrderRefused, match=words):
        require(wrong, "EUR")


_CENTS = st.integers(0, 500_000).map(lambda number: Decimal(number) / 100)


@given(_CENTS, st.lists(_CENTS, min_size=1, max_size=9))
def test_a_share_loses_no_cent_and_no_part_is_more_than_its_weight(total: Decimal, weights: list[Decimal]) -> None:
    total = min(total, sum(weights))
    parts = share(total, weights)
    assert sum(parts) == total
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


_PRODUCTS = st.lists(
    st.builds(line, st.sampled_from("abc"), _CENTS.map(str), st.integers(1, 4)), min_size=1, max_size=4
)
_GIVEN_BACK = st.lists(
    st.builds(line, st.sampled_from("abcd"), st.none() | _CENTS.map(str), st.integers(1, 3)), max_size=3
)
_HOURS = st.integers(0, 5)
STATEMENTS = st.one_of(
    st.builds(lambda hours, lines, off, who: told("completed", hours, *lines, discount=off, customer_id=who),
              _HOURS, _PRODUCTS, _CENTS, st.integers(1, 2)),
    st.builds(lambda hours, lines: told("updated", hours, *lines), _HOURS, st.just([]) | _PRODUCTS),
    st.builds(lambda hours, lines, total: told("refunded", hours, *lines, total=total),
              _HOURS, _GIVEN_BACK, st.none() | _CENTS),
    st.builds(lambda hours: told("cancelled", hours), _HOURS),
)  # fmt: skip


@given(st.data(), st.lists(STATEMENTS, min_size=1, max_size=7))
def test_any_order_of_arrival_and_any_repetition_gives_the_same_order(
    data: st.DataObject, all_told: list[OrderTold]
) -> None:
    again = data.draw(st.lists(st.sampled_from(all_told), max_size=4))
    shuffled = data.draw(st.permutations(all_told + again))
    assert fold(shuffled) == fold(all_told)


@given(st.lists(STATEMENTS, min_size=1, max_size=7))
def test_whatever_is_told_an_order_keeps_its_first_line_and_gives_back_at_most_what_was_paid(
    all_told: list[OrderTold],
) -> None:
    state = fold(all_told)
    assert [one.line_no for one in state.lines] == list(range(1, len(state.lines) + 1))
    assert 0 <= state.refunded <= state.paid
    assert sum((one.amount for one in state.lines), Decimal(0)) == state.paid - state.refunded
    assert not state.lines or state.lines[0].amount >= 0


@given(STATEMENTS)
def test_a_statement_is_read_as_it_was_kept(one: OrderTold) -> None:
    kept = as_json(one)
    assert from_json(kept) == one
    assert from_json(kept).key == one.key
