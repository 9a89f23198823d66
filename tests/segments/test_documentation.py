"""What the documentation of the language says is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cordiale.segments.rules import PROFILE, Field, Kind, Vocabulary, parse, tree_json
from cordiale.segments.rules.language import FUNCTIONS, MEASURES, RELATIONS
from cordiale.segments.rules.sentence import sentence

TEXT = (Path(__file__).parents[2] / "docs" / "segments-language.md").read_text()
BLOCKS = dict(re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL))
TRAITS = {"average_basket": Kind.MONEY, "lifecycle_stage": Kind.TEXT, "last_order_at": Kind.INSTANT,
          "days_between_orders": Kind.NUMBER, "promotion_share": Kind.SHARE, "income": Kind.TEXT}  # fmt: skip
FIELDS = {name: Field(name=name, kind=kind, source="trait", titles={}) for name, kind in TRAITS.items()}
WORDS = Vocabulary(fields={**PROFILE, **FIELDS}, segments={"dormant": "true"}, purposes=("offers",),
                   channels=("email", "sms"), lists=frozenset({"vip"}))  # fmt: skip


@pytest.mark.parametrize("text", BLOCKS["segments"].strip().splitlines())
def test_every_example_is_an_expression(text: str) -> None:
    expression = parse(text, WORDS)
    assert tree_json.load(tree_json.dump(expression), WORDS).text
    for language in ("fr", "en"):
        assert sentence(expression.root, language)


def test_the_tree_is_one() -> None:
    assert tree_json.load(json.loads(BLOCKS["json"]), WORDS).text == (
        "has_email and orders(category => 'WINE', last => '90 days') >= 2"
    )


def test_the_grammar_has_every_function_and_no_other() -> None:
    terminals = set(re.findall(r'"([a-z_]+)"', BLOCKS["ebnf"]))
    keywords = {"or", "and", "not", "between", "in", "like", "ilike", "is", "null", "true", "false", "now", "entry",
                "minimum", "last", "since", "within"}  # fmt: skip
    assert terminals - keywords == FUNCTIONS


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_every_column_is_named(name: str) -> None:
    for word in (*MEASURES[name].filters, *MEASURES[name].numbers, *(RELATIONS if name == "relations" else ())):
        assert re.search(rf"\b{word}\b", TEXT), word
