"""Every refusal points at the exact place and proposes the mend."""

from __future__ import annotations

import pytest

from cordiale.segments.rules import PROFILE, BadExpression, Field, Kind, Vocabulary, parse
from cordiale.segments.rules.problems import _HINTS, _SENTENCES
from cordiale.segments.rules.reading import MAX_CHARACTERS

KINDS = {
    "recency_days": "integer", "orders_90d": "integer", "spend_90d": "money", "promotion_share": "share",
    "first_order_at": "instant", "last_order_at": "instant", "favourite_category": "text", "overdue_ratio": "number",
}  # fmt: skip
FIELDS = {name: Field(name=name, kind=Kind(kind), source="trait", titles={}) for name, kind in KINDS.items()}
STAGE = Field(name="stage", kind=Kind.TEXT, source="trait", titles={}, choices=("dormant", "lost"))
WORDS = Vocabulary(fields={**PROFILE, **FIELDS, "stage": STAGE}, segments={"dormant": "true"},
                   purposes=("offers", "news"), channels=("email", "sms"), zone="Europe/Paris")  # fmt: skip


def refusal(text: str) -> BadExpression:
    with pytest.raises(BadExpression) as caught:
        parse(text, WORDS)
    return caught.value


@pytest.mark.parametrize(("text", "place", "bad", "words"), [
    ("", (1, 1), "", "is empty"),
    ("   ", (1, 1), "", "is empty"),
    ("spend_90d >", (1, 12), "", "stops before its end"),
    ("not", (1, 4), "", "stops before its end"),
    ("and age > 3", (1, 1), "and", "not expected here"),
    ("age > > 3", (1, 7), ">", "not expected here"),
    ("age > 5 days", (1, 9), "days", "not expected here"),
    ("city = 'x", (1, 8), "'x", "never closed"),
    ("city = 'x' )", (1, 12), ")", "not expected here"),
    ("(city = 'x'", (1, 1), "(", "never closed"),
    ("city = 'x' 'y'", (1, 12), "'y'", "not expected here"),
    ("()", (1, 2), ")", "not expected here"),
    ("orders(,) > 1", (1, 8), ",", "not expected here"),
    ("orders(last => '90 days',) > 1", (1, 26), ")", "not expected here"),
    ('city = "Lyon"', (1, 8), '"Lyon"', "straight single quotes"),
    ("city = ‘Lyon’", (1, 8), "‘Lyon’", "straight single quotes"),
    ("city == 'x'", (1, 6), "==", "write ="),
    ("city = null", (1, 8), "null", "write is null"),
    ("city isnull", (1, 6), "isnull", "write is null"),
    ("has_email = true", (1, 13), "true", "write has_email"),
    ("age > 1e5", (1, 7), "1e5", "not a plain number"),
    ("age > 1_000", (1, 7), "1_000", "not a plain number"),
    ("age > 3 -- note", (1, 9), "--", "comments"),
    ("age > 3 /* note */", (1, 9), "/*", "comments"),
    ("recency_day > 3", (1, 1), "recency_day", "did you mean 'recency_days'?"),
    ("age > 3\n  and citi = 'x'", (2, 7), "citi", "did you mean 'city'?"),
    ("order() > 0", (1, 1), "order", "did you mean 'orders'?"),
    ("year(first_order_at) = 2026", (1, 1), "year", "no function is called 'year'"),
    ("orders(lst => '90 days') > 1", (1, 8), "lst", "did you mean 'last'?"),
    ("spend(minimum => 3) > 1", (1, 7), "minimum", "spend has no argument"),
    ("orders(last => '1 day', last => '3 days') > 1", (1, 25), "last", "given twice"),
    ("orders(last => '1 day', since => now) > 1", (1, 25), "since", "exclude each other"),
    ("orders(last => 90) > 1", (1, 16), "90", "takes a duration"),
    ("orders(last => '3 months') > 1", (1, 16), "'3 months'", "not a duration"),
    ("orders(since => last_order_at) > 1", (1, 17), "last_order_at", "takes a fixed moment"),
    ("orders(since => 'soon') > 1", (1, 17), "'soon'", "neither a day nor an instant"),
    ("orders(since => entry) > 0", (1, 17), "entry", "only known inside a scenario"),
    ("orders(minimum => 'x') > 1", (1, 19), "'x'", "takes an amount"),
    ("orders(category => 3) > 1", (1, 20), "3", "takes a text"),
    ("orders('x') > 1", (1, 8), "'x'", "are named"),
    ("events(last => '7 days') > 0", (1, 1), "events(last => '7 days')", "takes one value"),
    ("age(1) > 0", (1, 1), "age", "is a field"),
    ("orders > 3", (1, 1), "orders", "is a function"),
    ("orders()", (1, 1), "orders()", "write orders() > 0"),
    ("city", (1, 1), "city", "a condition is wanted"),
    ("age = age = 3", (1, 1), "age = age", "a value is wanted"),
    ("consent('ofers', 'email')", (1, 9), "'ofers'", "did you mean 'offers'?"),
    ("consent('offers', 'fax')", (1, 19), "'fax'", "it is one of email, sms"),
    ("consent('offers')", (1, 1), "consent('offers')", "takes 2 values"),
    ("consent(purpose => 'offers')", (1, 9), "purpose", "consent has no argument"),
    ("in_segment('dorment')", (1, 12), "'dorment'", "did you mean 'dormant'?"),
    ("stage = 'dormnat'", (1, 9), "'dormnat'", "did you mean 'dormant'?"),
    ("stage in ('lost', 'gone')", (1, 19), "'gone'", "never 'gone'"),
    ("never(city)", (1, 7), "city", "takes a fact function"),
    ("declared(city) = 'x'", (1, 10), "city", "takes a text"),
    ("days_since(city) > 3", (1, 12), "city", "takes an instant"),
    ("spend_90d > 'x'", (1, 13), "'x'", "an amount and a text do not compare"),
    ("spend_90d > city", (1, 13), "city", "an amount and a text do not compare"),
    ("promotion_share > 30", (1, 19), "30", "30 % is written 0.3"),
    ("promotion_share > spend_90d", (1, 19), "spend_90d", "do not compare"),
    ("city > 'x'", (1, 1), "city > 'x'", "'>' does not apply to a text"),
    ("city between 'a' and 'b'", (1, 1), "city between 'a' and 'b'", "does not apply to a text"),
    ("age like '3%'", (1, 1), "age like '3%'", "does not apply to a number"),
    ("city like '\\_%'", (1, 11), "'\\_%'", "without backslash"),
    ("city like city", (1, 11), "city", "a pattern is a text"),
    ("city in ()", (1, 9), "()", "list of fixed values"),
    ("city in ('a', city)", (1, 15), "city", "list of fixed values"),
    ("age in ('a')", (1, 9), "'a'", "do not compare"),
    ("first_order_at = '2026-01-31'", (1, 1), "first_order_at = '2026-01-31'", "does not apply to an instant"),
    ("first_order_at > '2026-02-31'", (1, 18), "'2026-02-31'", "neither a day nor an instant"),
    ("first_order_at > '2026-01-31T10:00:00'", (1, 18), "'2026-01-31T10:00:00'", "neither a day nor an instant"),
    ("birth_on > '31/01/2000'", (1, 12), "'31/01/2000'", "not a day"),
    ("last_order_at - first_order_at > 3", (1, 17), "first_order_at", "days_since"),
    ("last_order_at * '3 days' < now", (1, 1), "last_order_at * '3 days'", "does not compute"),
    ("spend_90d - '3 days' > 2", (1, 13), "'3 days'", "does not compute with a text"),
    ("-city = 'x'", (1, 1), "-city", "does not compute with a text"),
    ("1 = 1", (1, 1), "1 = 1", "the same for everyone"),
    ("has_email is null", (1, 1), "has_email is null", "does not apply to a condition"),
])  # fmt: skip
def test_the_exact_words_are_pointed_at(text: str, place: tuple[int, int], bad: str, words: str) -> None:
    error = refusal(text)
    assert (error.line, error.column) == place
    assert text[error.start : error.end] == bad
    assert words in str(error)


@pytest.mark.parametrize("text", [
    "select 1", "exists (select 1)", "city in (select 1)", "city = 'x'; drop table segments_segment",
    "city = 'x' union select 1", "recency_days::int > 3", "cast(age as int) > 3", "city || 'x' = 'y'", "city ~ 'x'",
    "@city = 'x'", "city.name = 'x'", "city[1] = 'x'", "$1 = city", "age > ?", "{'a': 1} = city", "x -> 1 = 2",
    "case when city = 'x' then true end", "if(true, true, false)", "age % 2 = 1", "(age, city) = (1, 'x')",
    "age between symmetric 1 and 2", "city collate nocase = 'x'", "city glob 'x'", "city similar to 'x'",
    "read_parquet('/etc/passwd') = 'x'", "age = any(city)", "city is distinct from 'x'", "count(*) > 1", "age > 0x1F",
    "city = e'x\\n'", "city = $$x$$", "#1 = 2", "city = 'x' escape 'y'", "orders(distinct city) > 1", "customer_id = 1",
    "city = 'x' as y", "current_date > 3", "age <=> 3", "city = \x00'x'", "interval '3 days' > 2", "lambda x: x",
    "orders(last := '90 days') > 1", "email like '%'", "age > 3 limit 1", "city = :name", "true where true",
])  # fmt: skip
def test_whatever_else_sql_can_say_is_refused_with_a_place(text: str) -> None:
    error = refusal(text)
    assert (error.line, error.column) >= (1, 1)
    assert error.start <= len(text)


@pytest.mark.parametrize("text", [
    "(" * 17 + "true" + ")" * 17, "not " * 17 + "true", "age > " + "- " * 17 + "1", "age" + " + age" * 300 + " > 1",
    " or ".join(["has_email"] * 401), "x" * (MAX_CHARACTERS + 1), "(" * 4000, "not " * 999,
    "city in (" + "'a'," * 900 + "'b')",
])  # fmt: skip
def test_length_depth_and_number_are_bounded(text: str) -> None:
    assert refusal(text).code in ("too_deep", "too_long", "too_many")


def test_what_is_allowed_reaches_its_limits() -> None:
    parse("(" * 16 + "true" + ")" * 16, WORDS)
    parse("age" + " + age" * 190 + " > 1", WORDS)
    parse(" or ".join(["has_email"] * 190), WORDS)


def test_every_sentence_is_said_in_both_languages() -> None:
    for english, french in (*_SENTENCES.values(), *_HINTS.values()):
        assert english
        assert french != english
    told = refusal("spend_90d > 'x'").told("fr")
    assert told == ("on ne peut pas comparer un montant et un texte", "")


def test_names_and_keywords_are_read_in_any_case_and_texts_as_written() -> None:
    expression = parse("CITY = 'L''Été' AND Orders(LAST => '90 Days') > 0", WORDS)
    assert expression.root.parts[0].right.value == "L'Été"  # type: ignore[union-attr]
