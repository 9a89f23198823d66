"""What a row must satisfy to become a fact."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale import home
from cordiale.facts import contracts
from cordiale.facts.actions import record
from cordiale.lake import RowsRefused, open_lake

AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def order_lines(**changed: object) -> pa.Table:
    """Three lines: two of order `a`, one of order `b`; a change to None leaves its column out."""
    columns = {
        "customer_id": [1, 1, 2],
        "ts": [AT] * 3,
        "order_id": ["a", "a", "b"],
        "line_no": [1, 2, 1],
        "product_id": ["p1", "p2", "p3"],
        "category": ["WINE", None, "BREAD"],
        "quantity": [1, 2, 1],
        "amount": [Decimal("9.90"), Decimal("3.00"), Decimal("-1.20")],
        "discount": [Decimal("0.00"), Decimal("0.50"), Decimal("0.00")],
        **changed,
    }
    return pa.table({name: values for name, values in columns.items() if values is not None})


def events(**changed: object) -> pa.Table:
    columns = {"customer_id": [1], "ts": [AT], "event_id": ["e1"], "name": ["Cart Updated"], **changed}
    return pa.table(columns)


def test_facts_are_recorded_once_for_an_application_s_version(fresh_home: home.Home) -> None:
    assert record("order_lines", order_lines(), app=("till", 7)) == 3
    assert record("order_lines", order_lines(), app=("till", 7)) == 0
    total = open_lake().query("SELECT sum(amount) AS paid, count(*) AS n FROM order_lines").to_pylist()[0]
    assert total == {"paid": Decimal("11.70"), "n": 3}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"line_no": [2, 3, 1]}, "line_no, row 0: 2 belongs to order 'a', which has 0 lines numbered 1"),
        ({"line_no": [1, 1, 1]}, "line_no, row 0: 1 is twice in order 'a'"),
        ({"line_no": [1, 0, 1]}, "line_no, row 1: 0 is no line number; count from 1"),
        ({"discount": [Decimal(0), Decimal("-0.50"), Decimal(0)]}, "discount, row 1: Decimal\\('-0.50'\\) is negative"),
        ({"order_id": ["a", "a", " "]}, "order_id, row 2: ' ' is blank"),
        ({"customer_id": [1, 1, None]}, "customer_id is empty in row 2"),
        ({"ts": [datetime(2026, 1, 5)] * 3}, "give instants with a zone"),  # noqa: DTZ001 - the fault under test
        ({"amount": [Decimal("1.234")] * 3}, "amount must be decimal128"),
        ({"quantity": None}, "column 'quantity' is missing"),
        ({"price": [1, 2, 3]}, "no column 'price'"),
    ],
)
def test_a_bad_line_is_refused_with_its_column_row_and_reason(
    fresh_home: home.Home, changed: dict[str, object], words: str
) -> None:
    with pytest.raises(RowsRefused, match=words):
        record("order_lines", order_lines(**changed))
    assert open_lake().query("FROM order_lines").num_rows == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"properties": ["{"]}, "properties, row 0: '{' is not JSON"),
        ({"properties": ["[1]"]}, "is not a JSON object"),
        ({"name": [""]}, "name, row 0: '' is blank"),
    ],
)
def test_a_bad_event_is_refused(changed: dict[str, object], words: str) -> None:
    with pytest.raises(RowsRefused, match=words):
        contracts.check("events", events(**changed))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_orders_numbered_from_one_are_taken(sizes: list[int]) -> None:
    lines = [(f"o{order}", line + 1) for order, size in enumerate(sizes) for line in range(size)]
    count = len(lines)
    rows = order_lines(
        customer_id=[1] * count, ts=[AT] * count, order_id=[order for order, _ in lines],
        line_no=[line for _, line in lines], product_id=["p"] * count, category=["C"] * count, quantity=[1] * count,
        amount=[Decimal(1)] * count, discount=[Decimal(0)] * count,
    )  # fmt: skip
    assert contracts.check("order_lines", rows).num_rows == count


def answers(**changed: object) -> pa.Table:
    """One answer of each kind; a change to None leaves its column out."""
    columns = {
        "customer_id": [1] * 6,
        "ts": [AT] * 6,
        "answer_id": list("abcdef"),
        "survey": ["after-purchase"] * 6,
        "question": ["q1"] * 6,
        "kind": ["nps", "csat", "ces", "choice", "text", "number"],
        "value": [10.0, 5.0, 1.0, None, None, 2.5],
        "text": [None, None, "easy", "red", "Très bien", None],
        **changed,
    }
    return pa.table({name: values for name, values in columns.items() if values is not None})


def test_answers_of_every_kind_are_kept(fresh_home: home.Home) -> None:
    assert record("answers", answers()) == 6
    rows = open_lake().query("SELECT kind, value, text FROM answers ORDER BY answer_id").to_pylist()
    assert rows[4] == {"kind": "text", "value": None, "text": "Très bien"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": [11.0, 5.0, 1.0, None, None, 2.5]}, "answers.value, row 0: 11.0 is no answer of kind nps.* 0 to 10"),
        ({"value": [9.5, 5.0, 1.0, None, None, 2.5]}, "answers.value, row 0: 9.5"),
        ({"value": [9.0, None, 1.0, None, None, 2.5]}, "answers.value, row 1: None is no answer of kind csat.* 1 to 7"),
        ({"value": [9.0, 5.0, 0.0, None, None, 2.5]}, "answers.value, row 2: 0.0 is no answer of kind ces"),
        ({"value": [9.0, 5.0, 1.0, None, None, float("nan")]}, "answers.value, row 5: nan is no number"),
        ({"text": [None, None, None, "red", " ", None]}, "answers.text, row 4: ' ' is blank"),
        ({"kind": ["stars", "csat", "ces", "choice", "text", "number"]}, "answers.kind, row 0: 'stars' is not a kind"),
        ({"survey": [""] * 6}, "answers.survey, row 0: '' is blank"),
    ],
)
def test_an_answer_off_its_scale_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(RowsRefused, match=words):
        contracts.check("answers", answers(**change))
