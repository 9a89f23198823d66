"""Fields as the company declares them."""

from __future__ import annotations

import pytest

from cordiale.customers import fields
from cordiale.customers.survivorship import Rule
from cordiale.errors import Located
from cordiale.home import Home

SHOES = """
shoe_size: {type: integer, label: {fr: Pointure, en: Shoe size}, category: declared, survivorship: [crm, shop]}
diet:
  type: choice
  label: {fr: Régime, en: Diet}
  category: declared
  sensitive: true
  options: {vegan: {fr: Végane, en: Vegan}, none: {fr: Aucun, en: None}}
"""


def declare(home: Home, text: str) -> None:
    (home.company / "fields.yaml").write_text(text)


def test_the_company_declares_fields_and_the_core_ones_stay(fresh_home: Home) -> None:
    declare(fresh_home, SHOES)
    known = fields.fields()
    assert known["shoe_size"].rule == Rule("sources", ("crm", "shop"))
    assert known["diet"].options["vegan"]["fr"] == "Végane"
    assert known["email"].type == "email"
    assert "diet" not in {one.name for one in fields.listed()}


def test_a_label_and_survivorship_of_a_core_field_can_change(fresh_home: Home) -> None:
    declare(fresh_home, "city: {type: text, label: {fr: Commune}, category: signaletic, survivorship: first}")
    assert fields.get_field("city").labels == {"fr": "Commune"}
    assert fields.rules()["city"] == Rule("first")


def test_an_unknown_field_is_refused_with_the_nearest_name(fresh_home: Home) -> None:
    with pytest.raises(fields.UnknownField, match="did you mean 'first_name'"):
        fields.get_field("firstname")


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("- a", "1:1", "mapping"),
        ("x: {type: text, label: {fr: X}, category: odd}", "1:33", "no category"),
        ("x: {type: blob, label: {fr: X}, category: declared}", "1:5", "no type"),
        ("x: {type: text, category: declared}", "1:1", "label by language"),
        ("\nemail: {type: text, label: {fr: X}, category: signaletic}", "2:9", "cannot change"),
        ("email: {type: email, label: {fr: X}, category: signaletic, sensitive: true}", "1:60", "found by it"),
        ("x: {type: choice, label: {fr: X}, category: declared}", "1:1", "needs options"),
        ("x: {type: text, label: {fr: X}, category: declared, survivorship: best}", "1:53", "survivorship"),
        ("x: {type: text, label: {fr: X}, category: declared, max_length: 0}", "1:53", "characters"),
        ("x: {type: text, label: {fr: X}, category: declared, colour: red}", "1:53", "'colour'"),
        ("reference: {type: text, label: {fr: X}, category: declared}", "1:1", "cannot be the name"),
        ("x: {type: text, label: {fr: X}, category: declared, options: {a: {fr: A}}}", "1:53", "only a choice"),
    ],
)
def test_a_mistake_in_the_file_is_told_at_its_place(fresh_home: Home, text: str, place: str, word: str) -> None:
    declare(fresh_home, text)
    with pytest.raises(Located, match=word) as refusal:
        fields.fields()
    assert f"fields.yaml:{place}" in str(refusal.value)
