"""Fields and facts that PostgreSQL keeps, on customers known by heart; and what is computed once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from cordiale.cases.models import Case
from cordiale.consent.models import Consent, Opposition
from cordiale.consent.queries import address_hash
from cordiale.customers.models import Customer
from cordiale.home import Home
from cordiale.lake import open_lake
from cordiale.relations.models import Relation
from cordiale.segments import actions, queries
from cordiale.segments.rules import BadExpression, Expression, parse
from cordiale.segments.rules.compilation import to_sql
from tests.segments.conftest import NOW
from tests.segments.generation import WORDS

FIELDS = """\
children: {type: integer, label: {fr: Enfants, en: Children}, category: declared}
member: {type: boolean, label: {fr: Membre, en: Member}, category: declared}
tone: {type: choice, label: {fr: Ton, en: Tone}, category: declared, options: [kind, curt]}
moved: {type: date, label: {fr: Déménagé, en: Moved}, category: declared}
health: {type: text, label: {fr: Santé, en: Health}, category: declared, sensitive: true}
"""


@pytest.fixture
def declared(snapshot: dict[str, int], fresh_home: Home) -> None:
    (fresh_home.company / "fields.yaml").write_text(FIELDS)
    said: list[dict[str, Any]] = [
        {"children": 2, "member": True, "tone": "kind", "moved": "2020-02-29"},
        {"children": "many", "member": "maybe", "moved": "2021-02-30"},
        {"children": 0, "member": False, "tone": "curt", "moved": "0000-01-01"},
    ]
    for customer, values in enumerate(said, 1):
        Customer.objects.filter(id=customer).update(declared=values)


@pytest.mark.parametrize(("text", "who"), [
    ("children >= 0", {1, 3}), ("children = 2", {1}), ("member", {1}), ("not member", {2, 3, 4, 5}),
    ("tone = 'kind'", {1}), ("tone <> 'kind'", {3}), ("tone in ('kind', 'curt')", {1, 3}),
    ("moved < '2021-01-01'", {1}), ("moved is null", {2, 3, 4, 5}), ("children < 1 or moved = '2020-02-29'", {1, 3}),
])  # fmt: skip
def test_fields_of_the_company_have_their_own_names(
    declared: None, held: Callable[[str], set[int]], text: str, who: set[int]
) -> None:
    assert held(text) == who


@pytest.mark.parametrize(("text", "words"), [
    ("tone = 'rude'", "never 'rude'"), ("health = 'x'", "no field is called"),
    ("declared('health') = 'x'", "sensitive"),
])  # fmt: skip
def test_options_are_checked_and_sensitive_fields_are_not_read(declared: None, text: str, words: str) -> None:
    with pytest.raises(BadExpression, match=words):
        queries.count(text, NOW)


def case(customer: int, state: str, days_ago: float, priority: int = 2) -> None:
    resolved = NOW if state == "resolved" else None
    Case.objects.create(
        customer_id=customer, state=state, opened_at=NOW - timedelta(days=days_ago), channel="email", source="test",
        category="delivery", priority=priority, resolved_at=resolved, updated_at=NOW,
        satisfaction=2 if resolved else None,
    )  # fmt: skip


def test_cases_and_relations_are_facts_of_the_customer(
    snapshot: dict[str, int], held: Callable[[str], set[int]]
) -> None:
    case(1, "open", 2)
    case(2, "resolved", 40, priority=1)
    Relation.objects.create(kind="referred", one_id=1, other_id=3, since=NOW - timedelta(days=9), source="test")
    Relation.objects.create(
        kind="household", one_id=2, other_id=4, since=NOW - timedelta(days=90), until=NOW, source="test"
    )
    assert held("cases(state => 'open') > 0") == {1}
    assert held("cases(last => '30 days') > 0") == {1}
    assert held("cases(satisfaction <= 2, priority => 'high') = 1") == {2}
    assert held("relations('referred') = 1") == {1}
    assert held("relations('referred_by', last => '10 days') = 1") == {3}
    assert held("relations('household') > 0") == set()


def test_reachable_needs_consent_an_address_and_no_opposition(
    snapshot: dict[str, int], held: Callable[[str], set[int]]
) -> None:
    assert held("reachable('offers', 'email')") == {1, 4}
    assert held("reachable('offers', 'sms')") == set()
    Opposition.objects.create(
        channel="email", address_hash=address_hash("email", "D@example.org"), reason="objection", at=NOW
    )
    assert held("reachable('offers', 'email')") == {1}
    Customer.objects.filter(id=1).update(restricted_at=NOW)
    assert held("reachable('offers', 'email')") == set()
    assert held("consent('offers', 'email')") == {1, 4}
    Consent.objects.filter(customer_id=4).update(state="withdrawn")
    assert held("consent('offers', 'email')") == {1}


def test_answers_and_the_last_one(snapshot: dict[str, int], held: Callable[[str], set[int]]) -> None:
    rows = [(1, 9, 9.0), (1, 2, 3.0), (2, 5, 10.0), (3, 1, None)]
    open_lake().append("answers", pa.Table.from_pylist([
        {"customer_id": who, "ts": NOW - timedelta(days=days), "answer_id": f"{who}-{days}", "survey": "nps",
         "question": "q", "kind": "nps", "value": value} for who, days, value in rows]))  # fmt: skip
    assert held("answers('nps') > 0") == {1, 2, 3}
    assert held("answers('nps', value >= 9) = 1") == {1, 2}
    assert held("last_answer('nps') <= 6") == {1}
    assert held("not last_answer('nps') > 6") == {1, 3, 4, 5}
    assert held("last_answer('nps') is null") == {3, 4, 5}


@pytest.mark.parametrize(("text", "who"), [
    ("sequence(events('Cart Updated'), orders())", {1}),
    ("sequence(events('Cart Updated'), not orders(), within => '16 days')", set()),
    ("sequence(events('Cart Updated'), not orders(), within => '1 day')", {1}),
    ("sequence(events('Page Viewed'), not orders())", {2}),
    ("sequence(orders(category => 'wine'), orders(category => 'bread'), within => '40 days')", {1}),
    ("sequence(orders(), orders()) = 2", {1}), ("never(sequence(orders(), orders()))", {3, 4, 5}),
])  # fmt: skip
def test_what_followed_what(
    snapshot: dict[str, int], held: Callable[[str], set[int]], text: str, who: set[int]
) -> None:
    assert held(text) == who


def test_scenarios_ask_for_new_facts_too(snapshot: dict[str, int]) -> None:
    case(1, "open", 1)
    who = pa.table({
        "candidate_id": pa.array([11, 12], pa.int64()), "customer_id": pa.array([1, 1], pa.int64()),
        "entry": pa.array([NOW - timedelta(days=2), NOW], pa.timestamp("us", tz="UTC")),
    })  # fmt: skip
    assert queries.holding("cases(since => entry) > 0 and sample(1, 'x')", who, NOW) == {11}


def test_a_segment_that_many_name_is_computed_once() -> None:
    saved = {"dear": parse("spend(category => 'wine') > 12345 and paid > 6789", WORDS)}
    words = {**WORDS.segments, "dear": "true"}
    naming = [
        parse(f"in_segment('dear') and orders_n > {number} or not in_segment('dear')",
              type(WORDS)(**{**vars(WORDS), "segments": words}))
        for number in range(30)
    ]  # fmt: skip
    sql = to_sql(naming, NOW, saved).sql
    assert (sql.count("12345"), sql.count("6789")) == (1, 1)


def test_a_tree_of_segments_of_segments_does_not_blow_up() -> None:
    saved: dict[str, Expression] = {"s0": parse("orders_n > 1", WORDS)}
    words = type(WORDS)(**{**vars(WORDS), "segments": {f"s{number}": "true" for number in range(11)}})
    for number in range(1, 10):
        inner = f"in_segment('s{number - 1}')"
        saved[f"s{number}"] = parse(f"{inner} or not {inner} and {inner}", words)
    assert len(to_sql([parse("in_segment('s9')", words)], NOW, saved).sql) < 5_000


def test_a_sample_is_the_same_every_day_and_lies_in_the_larger_one(
    snapshot: dict[str, int], held: Callable[[str], set[int]]
) -> None:
    half, most = held("sample(0.5, 'a')"), held("sample(0.9, 'a')")
    assert half <= most
    assert held("not sample(0.5, 'a')") == {1, 2, 3, 4, 5} - half
    actions.save_segment("half", "sample(0.5, 'a')", actor="test", now=NOW)
    assert set(queries.members("half", NOW + timedelta(hours=3)).customer_ids) == half


@pytest.mark.parametrize("text", [
    "events('x', property('a''b') = 1) > 0", "events('x', property('a\"].b') = 1) > 0", "property('x') = 1",
    "orders(property('x') = 1) > 0", "orders(1 = 1) > 0", "orders(amount > amount) > 0", "orders(age > 3) > 0",
    "orders(select 1) > 0", "orders(category = 'a' or 1 = 1) > 0", "orders(not category = 'a') > 0",
    "sample(0.1)", "sample('0.1', 'x')", "sample(0, 'x')", "sample(30, 'x')", "sample(0.1, '')", "sample(-0.1, 'x')",
    "sample(0.1, now)", "sequence(orders())", "sequence(not orders(), orders())", "sequence(spend(), orders())",
    "sequence(orders(last => '3 days'), orders())", "sequence(orders(minimum => 3), orders())",
    "sequence(orders(), orders(), within => 3)", "sequence(orders(), orders(), foo => '3 days')",
    "sequence(orders(), orders(), orders(), orders(), orders(), orders(), orders())", "sequence(1, 2)",
    "sequence(orders(), 'x') = 1", "listed('nobody')", "entries('nobody') > 0", "relations('married') > 0",
    "cases(state => 'lost') > 0", "cases(satisfaction => '3') > 0", "never(last_answer('nps'))", "reachable('offers')",
    "events('x', seconds like '3%') > 0", "orders(amount not between 1 and 2) > 0", "orders(amount in ()) > 0",
    "orders(category in ('a', 3)) > 0", "orders(category > 'a') > 0", "spend(amount = 'x') > 0",
])  # fmt: skip
def test_what_makes_no_sense_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(BadExpression) as caught:
        parse(text, WORDS)
    assert caught.value.line == 1
    assert caught.value.told("fr")[0] != caught.value.told("en")[0]
