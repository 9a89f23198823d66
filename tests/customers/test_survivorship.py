"""Which value is kept of what sources said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale.customers.survivorship import Rule, Said, fold, is_repeated

START = datetime(2026, 1, 1, tzinfo=UTC)


def said(number: int, city: str | None, day: int, source: str = "crm", **more: object) -> Said:
    return Said(number=number, values={"city": city}, source=source, at=START + timedelta(days=day), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "kept", "why"),
    [
        (Rule("latest"), "Lyon", "latest"),
        (Rule("first"), "Metz", "first"),
        (Rule("most_certain"), "Nice", "most_certain"),
        (Rule("sources", ("shop", "crm")), "Lyon", "sources"),
        (Rule("sources", ("crm",)), "Nice", "sources"),
    ],
)
def test_a_rule_chooses(rule: Rule, kept: str, why: str) -> None:
    told = [
        said(1, "Metz", 1, certainty=0.5),
        said(2, "Nice", 2, certainty=0.9),
        said(3, "Lyon", 3, "shop", certainty=0.6),
    ]
    one = fold(told, {"city": rule})["city"]
    assert (one.value, one.why) == (kept, why)


def test_the_persons_own_word_counts_before_later_sources_and_a_fill_only_where_nothing_is_said() -> None:
    fill, shop, own = said(1, "Metz", 9, standing="fill"), said(2, "Nice", 1), said(3, "Lyon", 0, standing="own")
    assert fold([fill], {})["city"].value == "Metz"
    assert (fold([fill, shop], {})["city"].value, fold([fill, shop], {})["city"].why) == ("Nice", "known")
    assert (fold([fill, shop, own], {})["city"].value, fold([fill, shop, own], {})["city"].why) == ("Lyon", "own")


def test_of_two_fills_the_first_stays_and_none_is_a_value() -> None:
    assert fold([said(2, "Nice", 2, standing="fill"), said(1, "Metz", 1, standing="fill")], {})["city"].value == "Metz"
    assert fold([said(1, "Nice", 1), said(2, None, 2, standing="own")], {})["city"].value is None


_SAID = st.builds(
    lambda number, values, source, day, certainty, standing: Said(
        number=number, values=values, source=source, at=START + timedelta(days=day), certainty=certainty,
        standing=standing,
    ),
    number=st.integers(0, 10**6), values=st.dictionaries(st.sampled_from("abc"), st.sampled_from(["x", "y", None])),
    source=st.sampled_from(["crm", "shop", "web"]), day=st.integers(0, 3), certainty=st.sampled_from([0.5, 1.0]),
    standing=st.sampled_from(["fill", "normal", "own"]),
)  # fmt: skip
_RULES = st.sampled_from([Rule("latest"), Rule("first"), Rule("most_certain"), Rule("sources", ("shop", "crm"))])


@given(told=st.lists(_SAID, max_size=8, unique_by=lambda one: one.number), rule=_RULES, seed=st.integers())
def test_the_order_in_which_it_was_told_does_not_matter(told: list[Said], rule: Rule, seed: int) -> None:
    rules = dict.fromkeys("abc", rule)
    shuffled = Random(seed).sample(told, len(told))
    assert fold(told, rules) == fold(shuffled, rules)


def test_a_source_that_says_it_again_says_nothing_new() -> None:
    known = [said(1, "Metz", 1), said(2, "Nice", 2)]
    assert is_repeated(said(3, "Nice", 5), known)
    assert not is_repeated(said(3, "Metz", 5), known)
    assert not is_repeated(said(3, "Nice", 1), known)
    assert not is_repeated(said(3, "Nice", 5, "shop"), known)
    assert not is_repeated(said(3, "Nice", 5, standing="own"), known)
