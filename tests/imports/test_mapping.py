"""Mappings: guessed from names, written as YAML and read as the same, refused at the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale.errors import CordialeError, Located
from cordiale.home import Home
from cordiale.imports import formats, targets
from cordiale.imports.mapping import RULES, Column, FileMapping, dump, load


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ("Prénom", "first_name"), ("NOM", "last_name"), ("Adresse e-mail", "email"), ("E-Mail", "email"),
        ("Tél.", "phone"), ("téléphone portable", "phone"), ("Date de naissance", "birth_on"),
        ("Code postal", "postcode"),
        ("zip code", "postcode"), ("N° client", "reference"), ("Carte fidélité", "card"), ("Prenoms", "first_name"),
        ("Ville", "city"), ("customer_id", "reference"),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_names(fresh_home: Home, column: str, target: str) -> None:
    assert targets.guess("customers", [column]) == {column: target}


def test_no_target_is_given_twice_and_the_exact_name_wins(fresh_home: Home) -> None:
    found = targets.guess("customers", ["e-mail pro", "Email", "?"])
    assert found["Email"] == "email"
    assert "?" not in found


_NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff\x85"),
                 min_size=1,
                 max_size=20).map(str.strip).filter(bool)  # fmt: skip


@given(st.dictionaries(_NAMES, st.sampled_from(RULES), min_size=1, max_size=4), st.sampled_from(["", *formats.DATES]),
       st.sampled_from(["", ",", "."]))  # fmt: skip
def test_a_mapping_is_the_same_object_as_its_yaml(rules: dict[str, str], dates: str, decimal: str) -> None:
    goals = ("reference", "email", "city", "last_name")
    columns = {name: Column(goal, rule) for (name, rule), goal in zip(rules.items(), goals, strict=False)}
    mapping = FileMapping(kind="customers", columns=columns, dates=dates, decimal=decimal, basis="none")
    assert load(dump(mapping)) == mapping


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("kind: customers\ncolumns:\n  Réf: reference\n  X: citty\n", (4, 3), "did you mean 'city'"),
        ("kind: customer\ncolumns: {a: email}\n", (1, 1), "cannot be imported"),
        ("kind: customers\ncolumns: {a: city}\n", (2, 1), "no column says who"),
        ("kind: customers\ndates: us\ncolumns: {a: email}\n", (2, 1), "iso day-first month-first"),
        ("kind: customers\ncolumns: {a: email, b: email}\n", (2, 1), "both go to Email address"),
        ("kind: customers\ncolumns: {a: {to: email, rule: maybe}}\n", (2, 11), "is no rule"),
        ("kind: orders\ncolumns: {a: reference}\n", (2, 1), "this kind of file needs"),
        ("kind: customers\ncolums: {a: email}\n", (2, 1), "is not known"),
        ("kind: customers\nkey: phone\ncolumns: {a: email}\n", (2, 1), "none of the mapped ones"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(fresh_home: Home, text: str, place: tuple[int, int], words: str) -> None:
    with pytest.raises(Located, match=words) as refused:
        load(text)
    assert (refused.value.line, refused.value.column) == place


def test_what_is_no_mapping_at_all_is_refused(fresh_home: Home) -> None:
    for text in ("", "- a\n", "42", "columns"):
        with pytest.raises(CordialeError):
            load(text)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["31/12/1980", "01/02/1990"], ("day-first", False)), (["12/31/1980"], ("month-first", False)),
        (["1980-12-31"], ("iso", False)), (["01/02/1990"], ("", True)), (["31/12/1980", "12/31/1980"], ("", True)),
        ([], ("", False)),
    ],
)  # fmt: skip
def test_only_a_day_over_twelve_tells_days_from_months(cells: list[str], expected: tuple[str, bool]) -> None:
    found = formats.guess_dates(cells)
    assert (found.format, found.is_open) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,50"], (",", False)), (["1.50"], (".", False)), (["1.234,50"], (",", False)), (["1,234.50"], (".", False)),
        (["1,234"], ("", True)), (["1,234", "2,5"], (",", False)), (["12", "3"], ("", False)),
        (["1.234.567"], (",", False)), (["0,123"], (",", False)),
    ],
)  # fmt: skip
def test_thousands_and_decimals_are_told_apart_or_asked(cells: list[str], expected: tuple[str, bool]) -> None:
    found = formats.guess_decimal(cells)
    assert (found.format, found.is_open) == expected
