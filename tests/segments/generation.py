"""Random expressions and random small companies, for tests that compare readings of the language."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from cordiale.segments.rules import PROFILE, Field, Kind, Vocabulary
from cordiale.segments.rules.compilation import Plan
from tests.segments.naive import Person

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
TRAITS = {"orders_n": Kind.INTEGER, "ratio": Kind.NUMBER, "paid": Kind.MONEY, "part": Kind.SHARE, "taste": Kind.TEXT,
          "seen_at": Kind.INSTANT}  # fmt: skip
FIELDS = {name: Field(name=name, kind=kind, source="trait", titles={}) for name, kind in TRAITS.items()}
SEGMENTS = {"tasty": "taste = 'wine' or paid > 2", "double": "not in_segment('tasty') and orders_n > 0"}
DECLARED = {"pets": Kind.NUMBER, "hobby": Kind.TEXT, "has_car": Kind.BOOLEAN, "moved_on": Kind.DATE}
FIELDS |= {name: Field(name=name, kind=kind, source="declared", titles={}) for name, kind in DECLARED.items()}
WORDS = Vocabulary(
    fields={**PROFILE, **FIELDS}, segments=SEGMENTS, purposes=("offers", "service"), channels=("email", "sms"),
    lists=frozenset({"vip"}), unasked=frozenset({"service"}),
)  # fmt: skip
MARKS = [("granted", "offers", "email"), ("granted", "offers", "sms"), ("withdrawn", "service", "email"),
         ("opposed", "email"), ("opposed", "sms"), ("listed", "vip")]  # fmt: skip
INSTANT = pa.timestamp("us", tz="UTC")
TYPES = {
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.MONEY: pa.decimal128(12, 2),
    Kind.SHARE: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.INSTANT: INSTANT,
    Kind.DATE: pa.date32(),
    Kind.BOOLEAN: pa.bool_(),
}

_texts = st.sampled_from(["wine", "Wine", "bread", "l'été", "100%", "a_b", "", "日本"])
_quoted = _texts.map(lambda text: "'" + text.replace("'", "''") + "'")
_cents = st.integers(-300, 900).map(lambda cents: Decimal(cents) / 100)
_moments = st.integers(-30 * 24, 2 * 24).map(lambda hours: NOW + timedelta(hours=hours))
_days = st.sampled_from(["1 day", "3 days", "2 weeks", "36 hours"])


def _optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


_lines = st.lists(st.fixed_dictionaries({
    "ts": _moments, "order_id": st.sampled_from(["o1", "o2", "o3"]), "category": _optional(_texts),
    "channel": st.sampled_from(["web", "store"]), "quantity": st.integers(-2, 5), "amount": _cents,
}), max_size=5)  # fmt: skip
_properties = st.sampled_from([
    '{"total": 3, "tone": "good"}', '{"total": "2.5"}', "{}", '{"tone": "bad", "a b": 1}', None, '{"tone": ""}',
    '{"total": 2.5000000000000004, "tone": null}', '{"total": 1e1, "tone": "l\'été \\u00e9%"}', '{"total": "many"}',
    '{"total": -0.1, "tone": true}',
])  # fmt: skip
_events = st.lists(st.fixed_dictionaries({
    "ts": _moments, "name": st.sampled_from(["Seen", "Paid", "Left"]), "properties": _properties,
    "category": _optional(_texts),
}), max_size=5)  # fmt: skip
_answers = st.lists(st.fixed_dictionaries({
    "ts": _moments, "survey": st.sampled_from(["nps", "csat"]), "value": _optional(st.integers(0, 10).map(float)),
    "question": st.sampled_from(["q1", "q2"]),
}), max_size=3)  # fmt: skip
_cases = st.lists(st.fixed_dictionaries({
    "ts": _moments, "state": st.sampled_from(["open", "resolved"]), "satisfaction": _optional(st.integers(1, 5)),
}), max_size=2)  # fmt: skip
_messages = st.lists(st.fixed_dictionaries({
    "ts": _moments, "message_id": st.sampled_from(["m1", "m2", "m3"]), "programme": _optional(_texts),
    "kind": st.sampled_from(["handed_over", "clicked", "bounced"]),
}), max_size=4)  # fmt: skip
_relations = st.lists(st.fixed_dictionaries({
    "ts": _moments, "kind": st.sampled_from(["household", "referred"]),
}), max_size=2)  # fmt: skip
_stays = st.lists(st.fixed_dictionaries({
    "ts": _moments, "segment": st.sampled_from(["tasty", "double"]), "kind": st.sampled_from(["entered", "left"]),
}), max_size=3)  # fmt: skip


@st.composite
def people(draw: st.DrawFn) -> list[Person]:
    """One to four customers, much of them unknown."""
    values: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.INTEGER: st.integers(-3, 5), Kind.NUMBER: st.sampled_from([-1.5, 0.0, 0.5, 2.0]), Kind.MONEY: _cents,
        Kind.SHARE: st.sampled_from([0.0, 0.25, 0.5, 1.0]), Kind.TEXT: _texts, Kind.INSTANT: _moments,
        Kind.DATE: st.dates(date(1950, 1, 1), date(2010, 1, 1)), Kind.BOOLEAN: st.booleans(),
    }  # fmt: skip
    found = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        fields = {name: draw(_optional(values[field.kind])) for name, field in WORDS.fields.items()}
        lines = _numbered(draw(_lines), number)
        events = [{**row, "event_id": f"{number}-{n}", "source": "web"} for n, row in enumerate(draw(_events))]
        answers = [{**row, "answer_id": f"{number}-{n}"} for n, row in enumerate(draw(_answers))]
        fields |= {name: draw(_optional(st.booleans())) for name in ("at_email", "at_phone")}
        declared = {"income": draw(_optional(_texts))} | {name: fields[name] for name in DECLARED}
        facts = {"order_lines": lines, "events": events, "answers": answers, "cases": draw(_cases),
                 "stays": draw(_stays), "messages": _once(draw(_messages), number),
                 "relations": draw(_relations)}  # fmt: skip
        found.append(Person(fields, number, declared, draw(st.sets(st.sampled_from(MARKS))), facts))
    return found


def _once(rows: list[dict[str, Any]], who: int) -> list[dict[str, Any]]:
    """A message is handed over once at most, and its numbers are its customer's."""
    found = {(row["message_id"], row["kind"]): row for row in rows}
    return [{**row, "message_id": f"{who}-{row['message_id']}"} for row in found.values()]


def _numbered(rows: list[dict[str, Any]], who: int) -> list[dict[str, Any]]:
    """Lines of an order share its moment, channel and sign, and are numbered from 1."""
    first: dict[str, dict[str, Any]] = {}
    seen: dict[str, int] = {}
    numbered = []
    for row in rows:
        head = first.setdefault(row["order_id"], row)
        seen[row["order_id"]] = seen.get(row["order_id"], 0) + 1
        amount = abs(row["amount"]) * (1 if head["amount"] >= 0 else -1)
        numbered.append({**row, "ts": head["ts"], "channel": head["channel"], "order_id": f"{who}-{row['order_id']}",
                         "line_no": seen[row["order_id"]], "amount": amount})  # fmt: skip
    return numbered


def _facts() -> st.SearchStrategy[str]:
    window = st.one_of(st.just(""), _days.map(lambda days: f"last => '{days}'"), st.just("since => '2026-11-10'"))
    line = st.one_of(st.just(""), _quoted.map(lambda text: f"category => {text}"), st.just("channel => 'web'"))
    minimum = st.sampled_from(["", "minimum => 2.5"])
    measured = st.tuples(st.sampled_from(["spend", "units"]), st.tuples(window, line)).map(_called)
    orders = st.tuples(st.just("orders"), st.tuples(window, line, minimum)).map(_called)
    events = st.tuples(st.just("events"), st.tuples(_names, _of_event, window)).map(_called)
    answers = st.tuples(
        st.sampled_from(["answers", "last_answer"]),
        st.tuples(
            st.sampled_from(["'nps'", "'csat'"]), st.sampled_from(["", "question => 'q1'", "value >= 7"]), window
        ),
    ).map(_called)
    cases = st.tuples(
        st.just("cases"), st.tuples(st.sampled_from(["", "state => 'open'", "satisfaction < 4"]), window)
    ).map(_called)
    stays = st.tuples(st.sampled_from(["entries", "exits"]), st.tuples(st.just("'tasty'"), window)).map(_called)
    messages = st.tuples(st.just("messages"), st.tuples(_of_message, window)).map(_called)
    relations = st.tuples(st.just("relations"), st.tuples(st.just("'referred'"), window)).map(_called)
    return st.one_of(measured, orders, events, answers, cases, stays, messages, relations, sequences)


_names = st.sampled_from(["'Seen'", "'Paid'"])
_of_line = st.one_of(
    st.sampled_from(["", "", "channel => 'web'", "amount > 2", "quantity <= 3", "amount between 1 and 4.5",
                     "category not like '%in%'", "category <> 'wine'"]),
    st.tuples(_quoted, _quoted).map(lambda two: f"category in ({two[0]}, {two[1]})"),
)  # fmt: skip
_of_event = st.sampled_from([
    "", "", "property('total') > 2.5", "property('tone') = 'good'", "property('tone') <> 'bad'",
    "property('a b') = '1'",
    "category in ('wine', 'bread')", "property('total') between -1 and 2.5", "property('total') in (3, 10)",
    "property('tone') not in ('good', 'bad')", "property('tone') like '%'", "property('tone') not like 'l''_t%'",
    "category not in ('wine')", "property('tone') = 'true'",
])  # fmt: skip
_of_message = st.sampled_from([
    "", "", "kind => 'clicked'", "kind in ('clicked', 'bounced')", "kind <> 'handed_over'", "programme not like 'w%'",
    "programme <> 'wine', kind like '%ed'",
])  # fmt: skip
_step = st.one_of(
    st.tuples(st.just("orders"), st.tuples(_of_line)), st.tuples(st.just("events"), st.tuples(_names, _of_event)),
    st.tuples(st.just("events"), st.tuples(_names, st.just(""))),
    st.tuples(st.just("answers"), st.tuples(st.just("'nps'"), st.just(""))),
    st.tuples(st.just("messages"), st.tuples(_of_message)),
).map(lambda call: _called(call))  # noqa: PLW0108 - defined below  # fmt: skip
_nots = st.sampled_from(["", "", "not "])
sequences = st.tuples(
    _step, st.lists(st.tuples(_nots, _step).map("".join), min_size=1, max_size=3).map(", ".join),
    st.sampled_from(["", "", "within => '3 days'", "within => '36 hours'", "within => '2 weeks'"]),
    st.sampled_from(["", "", "last => '2 weeks'", "since => '2026-11-01'"]),
).map(lambda call: f"sequence({', '.join(part for part in call if part)})")  # fmt: skip


def _called(call: tuple[str, tuple[str, ...]]) -> str:
    return f"{call[0]}({', '.join(part for part in call[1] if part)})"


_number = st.one_of(st.integers(0, 6).map(str), st.sampled_from(["0.5", "2.50", "-1", "99999999999", "-99999999999"]))
_numeric = st.deferred(lambda: st.one_of(  # a name of its own: hypothesis writes strategies out, and warns of long ones
    st.sampled_from(["orders_n", "ratio", "pets", "paid", "age", "days_since(seen_at)", "birthday_in"]), _facts()
))  # fmt: skip
_computed = st.one_of(_numeric, st.tuples(_numeric, st.sampled_from("+-*/"), st.one_of(_numeric, _number)).map(
    lambda parts: f"({' '.join(parts)})"), _numeric.map(lambda value: f"-{value}"))  # fmt: skip
_sign = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
_not = st.sampled_from(["", "not "])
_instants = st.one_of(
    st.sampled_from(["now", "'2026-11-10'", "created_at + '2 days'"]), _days.map(lambda d: f"now - '{d}'")
)
_textual = st.sampled_from(["taste", "city", "hobby", "declared('income')"])
_patterns = st.sampled_from(["'%in%'", "'w___'", "'%'", "'l''%'", "'100%'", "'WINE'"])


def _spaced(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map(" ".join)


rules = st.one_of(
    _spaced(_computed, _sign, st.one_of(_number, _numeric)),
    _spaced(_numeric, _not, "between", _number, "and", _number),
    _spaced(_numeric, _not, "in (", _number, ",", _number, ")"),
    _spaced(_textual, st.sampled_from(["=", "<>"]), _quoted),
    _spaced(_textual, _not, "in (", _quoted, ",", _quoted, ")"),
    _spaced(_textual, _not, st.sampled_from(["like", "ilike"]), _patterns),
    _spaced("seen_at", st.sampled_from(["<", "<=", ">", ">="]), _instants),
    _spaced("seen_at", _not, "between", _instants, "and", "now + '1 day'"),
    _spaced("birth_on", _sign, "'1980-05-06'"),
    _spaced(st.one_of(_textual, _numeric, st.just("seen_at"), st.just("birth_on")), "is", _not, "null"),
    _spaced("part", _sign, st.sampled_from(["0.25", "0", "1"])),
    st.sampled_from(["has_email", "true", "false", "consent('offers', 'sms')", "in_segment('tasty')",
                     "in_segment('double')", "never(events('Seen'))", "reachable('offers', 'email')", "has_car",
                     "reachable('service', 'email')", "reachable('offers', 'sms')", "listed('vip')",
                     "sample(0.5, 'a')", "sample(0.25, 'a')", "sample(0.5, 'l''été')", "sample(1, 'b')"]),
    sequences, _spaced(sequences, _sign, st.integers(0, 3).map(str)),
    _spaced("hobby", st.sampled_from(["=", "<>"]), _quoted), _spaced("moved_on", _sign, "'1980-05-06'"),
)  # fmt: skip


def _trees(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            _spaced("not (", inner, ")"),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " and ".join(parts) + ")"),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " or ".join(parts) + ")"),
        ),
        max_leaves=5,
    )


expressions = _trees(rules)
_from_entry = st.sampled_from(["entry", "entry - '36 hours'", "entry + '1 day'"])
_since_entry = st.one_of(
    _spaced("orders(category => 'wine', since =>", _from_entry, ")"), _spaced("spend(since =>", _from_entry, ")"),
    _spaced("events('Seen', since =>", _from_entry, ")"), _spaced("last_answer('nps', since =>", _from_entry, ")"),
    _spaced("orders(minimum => 2.5, since =>", _from_entry, ")"), _spaced("messages(since =>", _from_entry, ")"),
    _spaced("sequence(events('Seen'), orders(), within => '2 weeks', since =>", _from_entry, ")"),
    _spaced("sequence(orders(), not events('Paid'), since =>", _from_entry, ")"),
)  # fmt: skip
scenarios = _trees(st.one_of(
    rules, _spaced(_since_entry, _sign, _number), _spaced("seen_at", st.sampled_from([">", "<="]), _from_entry),
    _spaced("days_since(", _from_entry, ")", _sign, _number), _spaced("seen_at between", _from_entry, "and now"),
))  # fmt: skip
"""Conditions of scenarios: `entry` stands for a moment of the candidate's own."""
entries = st.lists(st.tuples(st.integers(1, 4), _moments), min_size=1, max_size=6)


def relations(company: list[Person], plan: Plan) -> dict[str, pa.Table]:
    """What a plan reads, as Arrow, under the names of `views`."""
    ids = list(range(1, len(company) + 1))
    traits = {name: pa.array([one.fields[name] for one in company], TYPES[kind]) for name, kind in TRAITS.items()}
    profile = {name: pa.array([one.fields[name] for one in company], TYPES[kind_of(name)]) for name in plan.profile}
    declared = {
        f"declared_{n}": pa.array([one.declared.get(key.key) for one in company], TYPES[key.kind])
        for n, key in enumerate(plan.declared)
    }
    marks = {
        f"mark_{n}": pa.table({"customer_id": pa.array(
            [who for who, one in zip(ids, company, strict=True) if mark in one.marks], pa.int64())})
        for n, mark in enumerate(plan.marks)
    }  # fmt: skip
    return {
        "people_traits": pa.table({"customer_id": pa.array(ids, pa.int64()), **traits}),
        "profiles": pa.table({"customer_id": pa.array(ids, pa.int64()), **profile, **declared}),
        **marks,
        "people_lines": _table(company, "order_lines", LINES), "people_events": _table(company, "events", EVENTS),
        "people_answers": _table(company, "answers", ANSWERS),
        "people_messages": _table(company, "messages", MESSAGES),
        "cases": _table(company, "cases", CASES), "stays": _table(company, "stays", STAYS),
        "relations": _table(company, "relations", RELATIONS),
    }  # fmt: skip


LINES = {"ts": INSTANT, "order_id": pa.string(), "line_no": pa.int32(), "category": pa.string(), "channel": pa.string(),
         "quantity": pa.int32(), "amount": pa.decimal128(12, 2)}  # fmt: skip
EVENTS = {"ts": INSTANT, "event_id": pa.string(), "name": pa.string(), "source": pa.string(), "properties": pa.string(),
          "category": pa.string()}  # fmt: skip
ANSWERS = {
    "ts": INSTANT,
    "answer_id": pa.string(),
    "survey": pa.string(),
    "question": pa.string(),
    "value": pa.float64(),
}
CASES = {"ts": INSTANT, "state": pa.string(), "satisfaction": pa.int32()}
MESSAGES = {"ts": INSTANT, "message_id": pa.string(), "programme": pa.string(), "kind": pa.string()}
RELATIONS = {"ts": INSTANT, "kind": pa.string()}
STAYS = {"ts": INSTANT, "segment": pa.string(), "kind": pa.string()}


def kind_of(name: str) -> Kind:
    return PROFILE[name].kind if name in PROFILE else Kind.BOOLEAN


def _table(company: list[Person], table: str, columns: dict[str, pa.DataType]) -> pa.Table:
    rows = [{"customer_id": who, **row} for who, one in enumerate(company, 1) for row in one.facts[table]]
    return pa.Table.from_pylist(rows, schema=pa.schema({"customer_id": pa.int64(), **columns}))


def over_relations(sql: str) -> str:
    """The plan's query over given relations in the place of the lake's views."""
    for view, relation in (
        ("traits", "people_traits"), ("order_lines", "people_lines"), ("events", "people_events"),
        ("answers", "people_answers"), ("messages", "people_messages"),
    ):  # fmt: skip
        for word in ("FROM", "JOIN"):
            sql = sql.replace(f"{word} {view} AS", f"{word} {relation} AS")
    return sql
