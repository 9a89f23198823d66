"""The visual face of a segment: the same tree as its text, whatever is in it, and what its buttons do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordiale.errors import CordialeError
from cordiale.segments.builder import outline as outlines
from cordiale.segments.builder.flat import flatten, is_same, rebuild
from cordiale.segments.builder.offers import Offers
from cordiale.segments.builder.outline import Edit, Group, Rule
from cordiale.segments.queries.catalogue import Catalogue, _field, _function
from cordiale.segments.rules import parse, tree_json
from cordiale.segments.rules.language import MEASURES
from tests.segments import generation
from tests.segments.generation import WORDS

OFFERS = Offers(Catalogue(
    fields=tuple(_field(one, None, "en") for one in WORDS.fields.values()),
    functions=tuple(_function(name, measure, "en") for name, measure in MEASURES.items()),
    purposes=(), channels=(), segments=(), lists=(),
))  # fmt: skip


def shown(text: str) -> Group:
    return outlines.of_tree(tree_json.dump(parse(text, WORDS)), OFFERS)


def said(outline: Group) -> str:
    """The text of an outline, its written rules read."""
    return tree_json.normalised(tree_json.load(_read(outlines.tree(outline, OFFERS).node), WORDS))


def _read(node: Any) -> Any:
    if node["type"] == "written":
        return tree_json.dump(parse(node["text"], WORDS))
    if node["type"] == "not":
        return {**node, "part": _read(node["part"])}
    return {**node, "parts": [_read(one) for one in node["parts"]]} if "parts" in node else node


@settings(max_examples=300, deadline=None)
@given(text=generation.expressions)
def test_the_visual_face_keeps_every_tree(text: str) -> None:
    outline = outlines.of_json(json.loads(json.dumps(outlines.to_json(shown(text)))))
    again = tree_json.dump(tree_json.load(_read(outlines.tree(outline, OFFERS).node), WORDS))
    assert is_same(again, tree_json.dump(parse(text, WORDS)))


@pytest.mark.parametrize("text", [
    "orders(category => 'wine', last => '90 days') >= 1", "events('Seen', property('total') > 3) = 0",
    "sequence(orders(category = 'wine'), not orders(), within => '3 days', last => '30 days') >= 1",
    "created_at > now - '30 days'", "created_at between '2026-01-01' and '2026-02-01'", "taste ilike '%win%'",
    "part >= 0.125", "paid between -5 and 12.5", "not has_email", "taste not in ('wine', 'bread')", "age is null",
    "consent('offers', 'email')", "in_segment('tasty')", "listed('vip')", "sample(0.1, 'draw')",
    "relations('household') >= 1", "last_answer('nps') >= 9", "spend(since => '2026-01-01', quantity > 2) > 50",
    "orders(minimum => 30) >= 2",
])  # fmt: skip
def test_what_people_ask_for_has_fields_of_its_own(text: str) -> None:
    [rule] = shown(text).parts
    assert isinstance(rule, Rule)
    assert rule.flat["about"] != "written"


def test_what_has_no_fields_is_shown_as_text() -> None:
    [rule] = shown("age * 2 > orders_n + 1").parts
    assert rule == Rule({"about": "written", "text": "age * 2 > orders_n + 1"})


def test_decimals_are_typed_with_a_comma_and_shares_in_percent() -> None:
    flat = {"about": "field:part", "op": ">=", "v": "12,5"}
    assert rebuild(flat, OFFERS)["right"] == {"type": "number", "value": "0.125"}
    assert flatten(rebuild(flat, OFFERS), OFFERS)["v"] == "12.5"
    assert rebuild({"about": "field:age", "op": ">", "v": "soon"}, OFFERS)["right"]["value"] == "soon"


THREE = "age > 1 and (age > 2 or age > 3) and age > 4"


@pytest.mark.parametrize(("verb", "place", "text", "focus"), [
    ("remove", "0", "(age > 2 or age > 3) and age > 4", "0"),
    ("remove", "1.1", "age > 1 and age > 2 and age > 4", "1.0"),
    ("copy", "2", "age > 1 and (age > 2 or age > 3) and age > 4 and age > 4", "3"),
    ("unwrap", "1", "age > 1 and age > 2 and age > 3 and age > 4", "1"),
    ("down", "0", "(age > 1 or age > 2 or age > 3) and age > 4", "0.0"),
    ("up", "2", "age > 1 and (age > 2 or age > 3 or age > 4)", "1.2"),
    ("up", "1.0", "age > 1 and age > 2 and age > 3 and age > 4", "1"),
    ("down", "1.1", "age > 1 and age > 2 and age > 3 and age > 4", "2"),
    ("up", "0", THREE, "0"), ("down", "2", THREE, "2"), ("wrap", "0", THREE, "0.0"),
])  # fmt: skip
def test_a_button_changes_the_tree_and_says_where_one_is(verb: str, place: str, text: str, focus: str) -> None:
    outline, at = outlines.edited(shown(THREE), Edit(verb, place))
    assert (said(outline), at) == (text, focus)


def test_rules_groups_and_conditions_are_added() -> None:
    outline, focus = outlines.edited(shown("age > 1"), Edit("add"))
    assert (focus, outline.parts[1]) == ("1", Rule({"about": ""}))
    outline, focus = outlines.edited(outline, Edit("add-group"))
    assert focus == "2.0"
    outline, _focus = outlines.edited(shown("orders() >= 1"), Edit("add-cond", "0", ""))
    assert isinstance(outline.parts[0], Rule)
    assert outline.parts[0].flat["conds"] == [{"column": "", "op": "=", "v": ""}]
    outline, _focus = outlines.edited(outline, Edit("remove-cond", "0", "0"))
    assert said(outline) == "orders() >= 1"


@pytest.mark.parametrize("data", [
    [], {"kind": "drop", "parts": []}, {"kind": "all", "parts": [3]}, {"flat": []}, {"kind": "all"},
    {"kind": "all", "parts": [{"flat": {}}] * 201},
])  # fmt: skip
def test_other_shapes_from_a_browser_are_refused(data: Any) -> None:
    with pytest.raises(CordialeError):
        outlines.of_json(data)


@pytest.mark.parametrize("edit", [
    Edit("drop", "0"), Edit("remove", ""), Edit("up", "7"), Edit("remove", "0.0"), Edit("remove-cond", "0", "3"),
    Edit("add", "0"),
])  # fmt: skip
def test_a_button_for_what_is_gone_is_refused(edit: Edit) -> None:
    with pytest.raises(CordialeError):
        outlines.edited(shown("age > 1"), edit)


ROLES = ["about", "op", "v", "w", "n", "u", "window", "wn", "share"]
TYPED = ["field:age", "fact:orders", "sequence", "sample", "=", "in", "not between", "1", "x", "", "²", "last"]


@settings(max_examples=200, deadline=None)
@given(flat=st.dictionaries(st.sampled_from(ROLES), st.sampled_from(TYPED)))
def test_whatever_the_fields_hold_becomes_a_node(flat: dict[str, str]) -> None:
    assert rebuild(flat, OFFERS)["type"]
