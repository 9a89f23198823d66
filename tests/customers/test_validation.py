"""What values must look like, one at a time and by the column."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale.customers import fields, tables, validation
from cordiale.customers.fields import UnknownField


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("first_name", "  Anne \t Marie ", "Anne Marie"), ("first_name", "Zoe\u0301", "Zoé"),
        ("email", " Anne.ROUX@Example.ORG ", "anne.roux@example.org"), ("email", "é@exemple.fr", "é@exemple.fr"),
        ("phone", "06 12 34 56 78", "+33612345678"), ("phone", "0033 1.42.68.53.00", "+33142685300"),
        ("phone", "+33 (0)6 12 34 56 78", "+33612345678"), ("phone", "+44 20 7946 0958", "+442079460958"),
        ("phone", "0690 12 34 56", "+590690123456"), ("phone", "06 39 98 00 01", "+33639980001"),
        ("birth_on", "31/12/1980", date(1980, 12, 31)), ("birth_on", "1980-12-31", date(1980, 12, 31)),
        ("country", "france", "FR"), ("country", "be", "BE"), ("language", "Français", "fr"),
        ("language", "en-GB", "en"),
        ("postcode", "75 011", "75011"), ("postcode", "1000", "01000"),
        ("timezone", "Europe/Brussels", "Europe/Brussels"),
        ("city", "", None), ("city", None, None),
    ],
)  # fmt: skip
def test_a_value_is_kept_as(field: str, value: Any, kept: Any) -> None:
    assert validation.clean_values({field: value}) == {field: kept}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "anne@"), ("email", "a@b.test"), ("email", "a b@example.org"), ("phone", "12"), ("phone", "06 12 34"),
        ("phone", "0612345678 poste 3"), ("birth_on", "31/02/1980"), ("birth_on", "1980"), ("birth_on", "01/01/1700"),
        ("country", "Ruritania"), ("language", "??"), ("postcode", "7501"[:3]), ("postcode", "00123"),
        ("timezone", "Mars/Olympus"), ("city", "x" * 81), ("city", "a\x00b"), ("city", ["Lyon"]),
        ("email", "a" * 65 + "@example.org"), ("birth_on", "+1980-12-31"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_with_a_reason_and_never_cut(field: str, value: Any) -> None:
    with pytest.raises(validation.NotValid) as refusal:
        validation.clean_values({field: value})
    assert refusal.value.problems[field].endswith(".")


def test_a_number_and_a_postcode_are_read_in_the_country_of_the_row() -> None:
    belgian = validation.clean_values({"country": "Belgique", "phone": "0470 12 34 56", "postcode": "1000"})
    assert belgian == {"country": "BE", "phone": "+32470123456", "postcode": "1000"}


def test_what_is_valid_is_sifted_from_what_is_not() -> None:
    clean, problems = validation.sift({"city": "Lyon", "email": "no", "shoe": 43})
    assert clean == {"city": "Lyon"}
    assert set(problems) == {"email", "shoe"}


def test_whole_columns_give_clean_values_and_problems_with_their_rows() -> None:
    table = pa.table({
        "reference": ["A", "B", "C"], "email": ["A@B.fr", "no", None], "phone": ["0612345678", "06 12 34 56 78", "1"],
        "country": ["FR", None, "BE"], "birth_on": ["1980-01-31", "31/01/1980", "x"],
    })  # fmt: skip
    clean, problems = tables.validate_table(table)
    assert clean.column("email").to_pylist() == ["a@b.fr", None, None]
    assert clean.column("phone").to_pylist() == ["+33612345678", "+33612345678", None]
    assert clean.schema.field("birth_on").type == pa.date32()
    assert [(one["row"], one["field"]) for one in problems.to_pylist()] == [(1, "email"), (2, "phone"), (2, "birth_on")]


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(UnknownField, match="'shoes'"):
        tables.validate_table(pa.table({"shoes": [43]}))


_DIGITS = st.text(alphabet="0123456789 .-+()", max_size=16)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "first_name": st.text(max_size=12) | st.sampled_from(["Zoé", "a" * 81, "O’Neil", "a  b", " a"]),
    "email": st.text(max_size=8)
    | st.from_regex(r"[a-zA-Z0-9._+-]{1,6}@[a-z0-9.-]{1,8}\.(fr|com|test|org)", fullmatch=True),
    "phone": _DIGITS | st.from_regex(r"(0|\+33|0033)[ .-]?[1-9]([ .-]?[0-9]){8}", fullmatch=True),
    "birth_on": st.dates().map(str) | st.from_regex(r"[0-3][0-9]/[01][0-9]/(19|20)[0-9]{2}", fullmatch=True),
    "postcode": st.from_regex(r"[0-9]{4,5}|[A-Z0-9 ]{1,9}", fullmatch=True),
    "language": st.sampled_from(["fr", "FR", "en_GB", "xx", "français"]),
}  # fmt: skip


@given(data=st.data(), field=st.sampled_from(sorted(_VALUES)), country=st.sampled_from(["FR", "BE", "US"]))
def test_a_column_answers_as_its_values_do_one_by_one(data: st.DataObject, field: str, country: str) -> None:
    values = data.draw(st.lists(st.none() | _VALUES[field], max_size=6))
    clean, problems = tables.validate_table(pa.table({field: pa.array(values, pa.string())}), country)
    one_by_one = [validation.sift({field: value}, country) for value in values]
    assert clean.column(field).to_pylist() == [kept.get(field) for kept, _ in one_by_one]
    assert {row["row"]: row["reason"] for row in problems.to_pylist()} == {
        row: wrong[field] for row, (_, wrong) in enumerate(one_by_one) if wrong
    }


def test_every_field_type_has_a_column_type() -> None:
    assert {tables.type_of(one) for one in fields.fields().values()} <= {pa.string(), pa.date32()}
