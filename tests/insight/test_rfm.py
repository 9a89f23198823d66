"""RFM scores follow values alone."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from cordiale.insight.rules import rfm

values = st.lists(st.integers(0, 40), min_size=1, max_size=60)


@given(values, st.randoms(use_true_random=False))
def test_scores_do_not_depend_on_the_order_of_the_rows(amounts: list[int], draw: random.Random) -> None:
    shuffled = draw.sample(amounts, len(amounts))

    assert rfm.scale(shuffled, more_is_better=True) == rfm.scale(amounts, more_is_better=True)


@given(st.lists(values, min_size=1, max_size=5), st.booleans())
def test_a_base_counted_in_parts_is_the_whole_base(parts: list[list[int]], more_is_better: bool) -> None:
    tally = rfm.Tally()
    for part in parts:
        tally.add(part)

    whole = [value for part in parts for value in part]
    assert tally.scale(more_is_better=more_is_better) == rfm.scale(whole, more_is_better=more_is_better)


@given(values)
def test_a_score_is_the_fifth_of_the_middle_of_those_with_that_value(amounts: list[int]) -> None:
    scale = rfm.scale(amounts, more_is_better=True)

    for amount in amounts:
        below, equal = sum(other < amount for other in amounts), amounts.count(amount)
        twice_the_middle = 2 * below + equal
        assert scale.score(amount) == min(5 * twice_the_middle // (2 * len(amounts)), 4) + 1


@given(values)
def test_a_better_value_never_scores_less(days: list[int]) -> None:
    scale = rfm.scale(days, more_is_better=False)
    scores = [scale.score(day) for day in sorted(days)]

    assert scores == sorted(scores, reverse=True)


def test_a_value_most_customers_share_is_one_score() -> None:
    orders = [1] * 60 + [2] * 20 + [3] * 10 + [9] * 10
    scale = rfm.scale(orders, more_is_better=True)

    assert [scale.score(count) for count in (1, 2, 3, 9)] == [2, 4, 5, 5]


def test_without_ties_each_score_has_a_fifth() -> None:
    scale = rfm.scale(range(100), more_is_better=False)

    assert [[scale.score(day) for day in range(100)].count(score) for score in range(1, 6)] == [20] * 5
    assert (scale.score(0), scale.score(99)) == (5, 1)


def test_a_base_of_equals_is_in_the_middle_and_an_empty_one_has_no_steps() -> None:
    assert rfm.scale([4, 4, 4], more_is_better=True).score(4) == 3
    assert rfm.scale([], more_is_better=True).steps == ()
