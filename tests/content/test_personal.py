"""Compiled templates print what python-liquid prints; what is not allowed is an error at its place."""

from __future__ import annotations

import quopri
from typing import Any

import pytest
from hypothesis import given, settings
from liquid import Environment

from cordiale.content.rules import quoted
from cordiale.content.rules.personal import compile_quoted, compile_text
from cordiale.errors import Located

from .cast import ADA, HTML, LETTER, PLAIN, people, source, text

OURS = {html: compile_text(source(LETTER), HTML if html else PLAIN) for html in (True, False)}
THEIRS = {html: Environment(autoescape=html).from_string(LETTER) for html in (True, False)}
QUOTED = compile_quoted(source(LETTER), HTML)


@pytest.mark.parametrize("html", [True, False])
@settings(max_examples=300, deadline=None)
@given(person=people)
def test_the_compiled_letter_equals_python_liquids(html: bool, person: dict[str, Any]) -> None:
    assert OURS[html](person) == THEIRS[html].render(**person)


@settings(max_examples=200, deadline=None)
@given(person=people)
def test_the_quoted_letter_says_the_same_and_is_fit_for_smtp(person: dict[str, Any]) -> None:
    raw = QUOTED(person)
    said = quopri.decodestring(raw).decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    expected = OURS[True](person).encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    assert said == expected
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 76 and not line.startswith(b".") and b"\n" not in line for line in lines)


@given(text)
def test_every_piece_of_quoted_printable_ends_a_line(value: str) -> None:
    piece = quoted.encode(value)
    assert piece == b"" or piece.endswith(b"\r\n")
    assert piece.isascii()


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ("Hello\n {{ custmer.name }}", "2:5", "'custmer' is not a variable (variables are customer, favourite"),
        ("{{ customer.nickname }}", "1:4", "'customer.nickname' is not a variable (customer has birth_on, first_name"),
        ("a\n\n{{ customer.first_name | shout }}", "3:27", "'shout' is not a filter (filters are capitalize, date"),
        ("x {% include 'secrets' %}", "1:6", "tags are if, elsif, else, unless, for"),
        ("{% if customer.first_name %}never closed", "1:4", "end"),
        ("{% for one in items limit: 2 %}{% endfor %}", "1:8", "'limit' cannot be used in a loop here"),
        ("{{ items.size }}", "1:4", "'items.size' cannot be used here"),
        ("{{ customer.first_name | default: 1, 2 }}", "1:26", "takes at most 1 argument"),
        ("{{ customer | upcase }}", "1:4", "'customer' is not a variable (customer has"),
    ],
)
def test_an_error_names_its_place(written: str, place: str, message: str) -> None:
    with pytest.raises(Located) as caught:
        compile_text(source(written), PLAIN)
    assert str(caught.value).startswith(f"letter/fr.txt:{place.split(':', maxsplit=1)[0]}:")
    assert message in str(caught.value)


@pytest.mark.parametrize("trap", ["__import__('os')", '"; import os; "', "{}", "'''", "\\"])
def test_what_an_author_writes_never_becomes_code(trap: str) -> None:
    written = "{{ customer.first_name | default: TRAP }}".replace(
        "TRAP", repr(trap) if "'" not in trap else f'"{trap}"'
    )
    try:
        printed = compile_text(source(written), PLAIN)({"customer": {}})
    except Located:
        return
    assert printed.replace("\\\\", "\\") == trap


def test_filters_speak_the_language_of_the_message() -> None:
    from cordiale.content.rules.filters import filters
    from cordiale.content.rules.generator import Dialect

    from .cast import VARIABLES

    french = Dialect(VARIABLES, filters("fr", "EUR"), escapes=False)
    written = "{{ traits.spend_total | money }} {{ customer.birth_on | date }} {{ traits.orders_total | number: 1 }}"
    assert compile_text(source(written), french)(ADA) == "1\u202f234,50\u00a0€ 1er décembre 1815 3,0"
    assert compile_text(source(written), PLAIN)(ADA) == "€1,234.50 1 December 1815 3.0"
