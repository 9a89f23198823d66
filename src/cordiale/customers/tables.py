"""Validation of whole columns. What most values look like is told by one expression over the column; the rest, each
distinct value once, goes through `validation`. A property test holds the answers of both equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from cordiale.customers import fields, validation
from cordiale.customers.fields import Field

PASSED_ON = ("customer_id", "reference", "created_at")
"""Columns that are no fields but say whose row it is; they are given back as they came."""
PROBLEMS = pa.schema([("row", pa.int64()), ("field", pa.string()), ("value", pa.string()), ("reason", pa.string())])
_TYPES = {"date": pa.date32(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
_PLAIN_TEXT = r"^[!-~\x{00C0}-\x{017E}]+(?: [!-~\x{00C0}-\x{017E}]+)*$"
_PLAIN_EMAIL = (
    r"^[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+"
    r"(?:fr|com|net|org|eu|be|ch|de|es|it|uk|lu|ca|io|nl|pt)$"
)
_LONG_LABEL = r"[^@.]{64}|^[^@]{65}"


def validate_table(table: pa.Table, country: str = "") -> tuple[pa.Table, pa.Table]:
    """The table as it is kept, and its problems (`PROBLEMS`): value by value, the row counted from 0.

    Every column is a field or one of `PASSED_ON`; cells may be texts or typed values. A value that is not valid is null
    in the clean table and stands among the problems with what is wrong; nothing is cut or guessed silently. `country`
    (ISO 3166) is where telephone numbers and postcodes are read in rows that have none. Raises UnknownField.
    """
    home = validation.country_of(country) or validation.company_country()
    known = {name: fields.get_field(name) for name in table.column_names if name not in PASSED_ON}
    regions, cleaned, problems = None, {}, []
    ordered = sorted(known, key=lambda name: name != "country")  # countries first: the others are read by them
    for name in ordered:
        column = table.column(name).combine_chunks()
        if known[name].type in ("phone", "postcode"):
            cleaned[name], wrong = _by_country(known[name], column, regions, home)
        else:
            cleaned[name], wrong = _column(known[name], column, home)
        problems.append(_problems(known[name], column, wrong))
        if name == "country":
            regions = pc.fill_null(cleaned[name], home)
    columns = [cleaned[name] if name in known else table.column(name) for name in table.column_names]
    clean = pa.table(columns, names=table.column_names) if columns else table
    return clean, pa.concat_tables([PROBLEMS.empty_table(), *problems]).sort_by([("row", "ascending")])


def type_of(field: Field) -> pa.DataType:
    """The Arrow type of a field's clean column."""
    return _TYPES.get(field.type, pa.string())


_Wrong = list[tuple[int, str]]


def _by_country(field: Field, column: pa.Array, regions: pa.Array | None, home: str) -> tuple[pa.Array, _Wrong]:
    if regions is None:
        return _column(field, column, home)
    cleaned, wrong = pa.nulls(len(column), pa.string()), []
    for region in pc.unique(regions).to_pylist():
        here = pc.equal(regions, region)
        places = pc.indices_nonzero(here)
        part, bad = _column(field, column.filter(here), region)
        cleaned = pc.replace_with_mask(cleaned, here, part)
        wrong += [(places[position].as_py(), reason) for position, reason in bad]
    return cleaned, wrong


def _column(field: Field, column: pa.Array, country: str) -> tuple[pa.Array, _Wrong]:
    """The column as it is kept, and the positions of the values that are not valid, with the reason."""
    if pa.types.is_large_string(column.type) or pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    if field.type == "date" and pa.types.is_date32(column.type):
        column = column.cast(pa.date32())
    if not pa.types.is_string(column.type) or field.type not in _FAST:
        return _each(field, column, country)
    quick = _FAST[field.type](field, column, country)
    slow = pc.and_(pc.is_valid(column), pc.is_null(quick))
    if not pc.any(slow).as_py():
        return quick, []
    places = pc.indices_nonzero(slow)
    rest, wrong = _each(field, column.filter(slow), country)
    return pc.replace_with_mask(quick, slow, rest), [(places[one].as_py(), reason) for one, reason in wrong]


def _each(field: Field, column: pa.Array, country: str) -> tuple[pa.Array, _Wrong]:
    """Each distinct value once."""
    coded = column.dictionary_encode()
    values, reasons = [], {}
    for number, value in enumerate(coded.dictionary.to_pylist()):
        try:
            values.append(validation.clean(field, value, country))
        except ValueError as wrong:
            values.append(None)
            reasons[number] = str(wrong)
    cleaned = pa.array(values, type_of(field)).take(coded.indices)
    if not reasons:
        return cleaned, []
    bad = pc.is_in(coded.indices, value_set=pa.array(list(reasons), coded.indices.type))
    return cleaned, [(one, reasons[coded.indices[one].as_py()]) for one in pc.indices_nonzero(bad).to_pylist()]


def _problems(field: Field, column: pa.Array, wrong: _Wrong) -> pa.Table:
    rows = [one for one, _ in wrong]
    values = column.take(pa.array(rows, pa.int64())).to_pylist()
    shown = [str(value)[:500] for value in values]
    reasons = [reason for _, reason in wrong]
    return pa.table([rows, [field.name] * len(rows), shown, reasons], schema=PROBLEMS)


def _text(field: Field, column: pa.Array, country: str) -> pa.Array:
    fits = pc.and_(
        pc.match_substring_regex(column, _PLAIN_TEXT), pc.less_equal(pc.utf8_length(column), field.max_length)
    )
    return pc.if_else(fits, column, None)


def _email(field: Field, column: pa.Array, country: str) -> pa.Array:
    tidy = pc.ascii_lower(pc.ascii_trim_whitespace(column))
    fits = pc.and_(
        pc.and_(pc.match_substring_regex(tidy, _PLAIN_EMAIL), pc.invert(pc.match_substring_regex(tidy, _LONG_LABEL))),
        pc.less_equal(pc.utf8_length(tidy), min(field.max_length, 254)),
    )
    return pc.if_else(fits, tidy, None)


def _phone(field: Field, column: pa.Array, country: str) -> pa.Array:
    if country != "FR" or field.max_length < 12:
        return pa.nulls(len(column), pa.string())
    plain = pc.replace_substring_regex(column, r"[ .-]", "")
    national = pc.replace_substring_regex(plain, r"^(?:\+33|0033|0)([1-9][0-9]{8})$", r"\1")
    fits = pc.match_substring_regex(national, _french_numbers())
    well_written = pc.match_substring_regex(column, r"^(?:\+33|0033|0)(?:[ .-]?[0-9])+$")
    return pc.if_else(pc.and_(fits, well_written), pc.binary_join_element_wise("+33", national, ""), None)


@lru_cache(maxsize=1)
def _french_numbers() -> str:
    """All that the library takes for a valid national number in France, as one expression."""
    numbers = phonenumbers.PhoneMetadata.metadata_for_region("FR")
    kinds = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan")
    patterns = [getattr(numbers, kind).national_number_pattern for kind in kinds if getattr(numbers, kind)]
    return "^(?:" + "|".join(f"(?:{one})" for one in patterns if one) + ")$"


_FAST: Mapping[str, Callable[[Field, pa.Array, str], Any]] = {"text": _text, "email": _email, "phone": _phone}
