"""The tree as JSON: the same meaning as the text, one way to write it, and refusals at the node they are about."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordiale.segments.rules import parse, tree_json
from cordiale.segments.rules.compilation import to_sql
from cordiale.segments.rules.tree_json import dump, load, normalised
from cordiale.segments.rules.writing import MAX_NESTED, SHAPES, BadTree
from tests.segments import generation
from tests.segments.generation import NOW, WORDS

SAVED = {name: parse(text, WORDS) for name, text in generation.SEGMENTS.items()}


@settings(max_examples=400, deadline=None)
@given(text=generation.expressions)
def test_text_becomes_a_tree_and_the_tree_the_same_text(text: str) -> None:
    expression = parse(text, WORDS)
    data = json.loads(json.dumps(dump(expression)))
    again = load(data, WORDS)
    assert to_sql([again], NOW, SAVED).sql == to_sql([expression], NOW, SAVED).sql
    assert dump(again) == data
    assert normalised(again) == again.text == normalised(expression)


@pytest.mark.parametrize(("text", "written"), [
    ("NOT city = 'Lyon'", "not city = 'Lyon'"),
    ("age>30 and (has_email)", "age > 30 and has_email"),
    ("never(orders(last=>'2 weeks'))", "orders(last => '14 days') = 0"),
    ("messages(kind => 'handed_over') > 0", "messages() > 0"),
    ("created_at > '2026-01-31T00:00:00+00:00'", "created_at > '2026-01-31'"),
    ("sequence(events('Seen'), not orders(), last => '30 days')",
     "sequence(events('Seen'), not orders(), last => '30 days') >= 1"),
    ("- -age < -(age + 1) * 2", "- -age < -(age + 1) * 2"),
    ("age - (paid - 1) > 0", "age - (paid - 1) > 0"),
])  # fmt: skip
def test_one_way_to_write_it(text: str, written: str) -> None:
    assert normalised(parse(text, WORDS)) == written


GOOD: Any = {"type": "compare", "sign": ">", "left": {"type": "field", "name": "age"},
             "right": {"type": "number", "value": 3}}  # fmt: skip


def held(condition: Any) -> Any:
    return {"type": "all", "parts": [GOOD, {"type": "not", "part": condition}]}


@pytest.mark.parametrize(("data", "path", "words"), [
    (None, "", "object with a type"), ([], "", "object with a type"), ({"type": "drop"}, "", "'drop'"),
    (held({"type": "field", "name": "age"}), "parts/1/part", "'field' here"),
    (held({"type": "flag"}), "parts/1/part", "'field' is missing"),
    (held({**GOOD, "more": 1}), "parts/1/part", "'more' is not known"),
    (held({**GOOD, "left": {"type": "field", "name": "agee"}}), "parts/1/part/left", "did you mean 'age'"),
    (held({**GOOD, "right": {"type": "text", "value": "x"}}), "parts/1/part/right", "do not compare"),
    (held({**GOOD, "right": {"type": "number", "value": "1; drop"}}), "parts/1/part/right/value", "a number is wanted"),
    (held({**GOOD, "right": {"type": "number", "value": float("nan")}}), "parts/1/part/right/value", "a number"),
    (held({**GOOD, "left": {"type": "field", "name": "age or true"}}), "parts/1/part/left/name", "a name is wanted"),
    (held({**GOOD, "sign": "> 1 or 2 >"}), "parts/1/part/sign", "no operator"),
    (held({"type": "segment", "name": "nope"}), "parts/1/part/name", "no segment is called"),
    (held({"type": "sample", "share": 30, "name": "x"}), "parts/1/part", "30 % is written 0.3"),
    ({"type": "all", "parts": []}, "parts", "a list of 1"),
    (held({**GOOD, "left": {"type": "fact", "function": "events", "subject": "x", "last": 61}}),
     "parts/1/part/left/last", "whole minutes"),
    (held({**GOOD, "left": {"type": "fact", "function": "orders", "filters": {"colour": "red"}}}),
     "parts/1/part/left", "no argument 'colour'"),
    (held({**GOOD, "left": {"type": "fact", "function": "orders", "tests": [
        {"column": "colour", "sign": "=", "options": [{"type": "text", "value": "red"}]}]}}),
     "parts/1/part/left/tests/0", "no column 'colour'"),
])  # fmt: skip
def test_a_refusal_names_the_node(data: Any, path: str, words: str) -> None:
    with pytest.raises(BadTree) as caught:
        load(data, WORDS)
    assert caught.value.path == path
    assert words in str(caught.value)
    assert caught.value.told("fr")[0] != caught.value.told("en")[0]


def test_depth_and_size_are_bounded() -> None:
    deep: Any = GOOD
    for _ in range(MAX_NESTED + 1):
        deep = {"type": "not", "part": deep}
    for data in (deep, {"type": "any", "parts": [GOOD] * 401}, {"type": "any", "parts": [GOOD] * 200},
                 {"type": "flag", "field": "x" * 5000}):  # fmt: skip
        with pytest.raises(BadTree):
            load(data, WORDS)


_words = st.sampled_from(["type", *SHAPES, "name", "parts", "part", "'", "x') or true --", "age", "\x00", "=", "last"])
_plain = st.one_of(_words, st.integers(), st.floats(), st.booleans(), st.none())
_any_json = st.recursive(
    _plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=4), max_leaves=12
)


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(sorted(SHAPES)), values=st.lists(_any_json, min_size=8, max_size=8))
def test_whatever_comes_in_is_read_or_refused(kind: str, values: list[Any]) -> None:
    required, optional = SHAPES[kind]
    keys = sorted(required) + sorted(optional)
    data = {"type": kind, **dict(zip(keys, values, strict=False))}
    for tree in (data, {"type": "unknown", "value": data}):
        with contextlib.suppress(BadTree):
            tree_json.load(tree, WORDS)
