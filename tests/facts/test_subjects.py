from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cordiale.facts.subjects import COLUMNS, with_subjects

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2),
)


def read(*properties: Any) -> list[dict[str, Any]]:
    texts = [one if isinstance(one, str) else json.dumps(one) for one in properties]
    rows = with_subjects(pa.table({"properties": pa.array(texts, pa.string())}))
    return rows.drop_columns("properties").to_pylist()


def test_an_event_says_what_it_is_about() -> None:
    about = {"category": "WINE", "topic": " cellar ", "product_id": 12, "seconds": 41.7, "title": "x"}
    assert read(about) == [{"category": "WINE", "topic": "cellar", "product_id": "12", "seconds": 41}]


def test_what_is_no_subject_is_left_out() -> None:
    odd = {"category": ["WINE"], "topic": "", "product_id": True, "seconds": -3}
    nothing = dict.fromkeys(COLUMNS)
    assert read(odd, {}, "not json", "[1]", {"topic": "x" * 201}) == [nothing] * 5


def test_what_was_given_is_kept() -> None:
    rows = pa.table({"properties": ['{"category": "WINE"}'], "category": ["BREAD"]})
    assert with_subjects(rows).column("category").to_pylist() == ["BREAD"]


@given(st.dictionaries(st.sampled_from(sorted(COLUMNS)), JSON_VALUES))
def test_any_properties_give_columns_of_their_types(properties: dict[str, Any]) -> None:
    rows = with_subjects(pa.table({"properties": [json.dumps(properties)]}))
    assert {name: rows.schema.field(name).type for name in COLUMNS} == COLUMNS
