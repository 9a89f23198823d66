"""Cells as values: a whole column at a time, what cannot be read told cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext as _

MONEY = pa.decimal128(12, 2)
INSTANT = pa.timestamp("us", tz="UTC")
_DATE = {
    "iso": r"(?P<y>\d{4})[-/.]?(?P<m>\d{1,2})[-/.]?(?P<d>\d{1,2})",
    "day-first": r"(?P<d>\d{1,2})[-/. ](?P<m>\d{1,2})[-/. ](?P<y>\d{4})",
    "month-first": r"(?P<m>\d{1,2})[-/. ](?P<d>\d{1,2})[-/. ](?P<y>\d{4})",
}
_TIME = (
    r"(?:[T ]+(?P<H>\d{1,2})[:hH](?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<f>\d{1,6})\d*)?)?)?"
    r" ?(?P<z>Z|UTC|[+-]\d{2}:?\d{2})?"
)
_MONTHS_LONGEST = 12
_TRUE = pa.array(["oui", "o", "yes", "y", "true", "vrai", "1", "x"])
_FALSE = pa.array(["non", "n", "no", "false", "faux", "0"])
_EXPECTED = {
    "iso": "2026-11-30",
    "day-first": "30/11/2026",
    "month-first": "11/30/2026",
    "": "2026-11-30",
}


@dataclass(frozen=True)
class Converted:
    """A column's values, null where empty or bad; which cells are bad, and why."""

    values: pa.Array
    bad: np.ndarray[Any, np.dtype[np.bool_]]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Formats:
    """How the file writes: `dates` of formats.DATES, `decimal` a comma or a point, `zone` of instants without one."""

    dates: str
    decimal: str
    zone: str


def convert(column: pa.ChunkedArray, kind: str, formats: Formats) -> Converted:
    """A column as `kind`: date, instant, money, number, integer, boolean; anything else is text without its margins."""
    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    if kind in {"date", "instant"} and (pa.types.is_temporal(values.type)):
        return _typed_moment(values, kind, formats)
    text = text_of(values)
    convert_one = _CONVERTERS.get(kind)
    return convert_one(text, formats) if convert_one else Converted(text, _none(text), "")


def text_of(values: pa.Array) -> pa.Array:
    """Text without margins, null where nothing is written."""
    if not pa.types.is_string(values.type):
        try:
            values = values.cast(pa.string())
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            values = pa.array([None if one is None else str(one) for one in values.to_pylist()], pa.string())
    trimmed = pc.utf8_trim(values, " \t\r\n\u00a0\u202f\ufeff")
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _dates(text: pa.Array, formats: Formats) -> Converted:
    days, is_read = _days(text, formats.dates, "(?:[T ].*)?")
    bad = _said(text) & ~is_read
    values = pa.array(days, pa.date32(), mask=~is_read)
    return Converted(
        values, bad, _("is no date; write for instance %(example)s") % {"example": _EXPECTED[formats.dates]}
    )


def _instants(text: pa.Array, formats: Formats) -> Converted:
    days, is_read = _days(text, formats.dates, _TIME)
    hours = np.zeros(len(text), dtype="timedelta64[us]")
    zones = np.zeros(len(text), dtype="timedelta64[us]")
    has_zone = np.zeros(len(text), dtype=bool)
    for pattern in _patterns(formats.dates, _TIME):
        parts = pc.extract_regex(text, pattern)
        here = ~_nulls(parts)
        hours[here] = _clock(parts)[here]
        zones[here], has_zone[here] = (one[here] for one in _offsets(parts))
    is_read &= hours < np.timedelta64(1, "D")
    naive = days.astype("datetime64[us]") + hours
    local = pc.assume_timezone(
        pa.array(naive, pa.timestamp("us"), mask=~is_read | has_zone),
        formats.zone, ambiguous="earliest", nonexistent="latest",
    ).cast(INSTANT)  # fmt: skip
    absolute = pa.array(naive - zones, pa.timestamp("us"), mask=~is_read | ~has_zone).cast(INSTANT)
    bad = _said(text) & ~is_read
    return Converted(
        pc.coalesce(local, absolute),
        bad,
        _("is no date and time; write for instance %(example)s 18:30") % {"example": _EXPECTED[formats.dates]},
    )


def _days(text: pa.Array, order: str, rest: str) -> tuple[Any, Any]:
    """Days since 1970 (datetime64[D]) and which cells hold one that exists. ISO is read whatever the order."""
    days = np.zeros(len(text), dtype="datetime64[D]")
    is_read = np.zeros(len(text), dtype=bool)
    for pattern in _patterns(order, rest):
        parts = pc.extract_regex(text, pattern)
        year, month, day = (_whole(parts, name) for name in "ymd")
        is_month = (month >= 1) & (month <= _MONTHS_LONGEST) & (year >= 1)
        months = (np.where(is_month, year, 1970) - 1970) * 12 + np.where(is_month, month, 1) - 1
        first = months.astype("datetime64[M]")
        length = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
        here = ~is_read & is_month & (day >= 1) & (day <= length)
        days[here] = (first.astype("datetime64[D]") + (day - 1))[here]
        is_read |= here
        if is_read.sum() + text.null_count >= len(text):
            break
    return days, is_read


def _patterns(order: str, rest: str) -> list[str]:
    names = ["iso"] if order in {"", "iso"} else [order, "iso"]
    return [f"^{_DATE[name]}{rest}$" for name in names]


def _clock(parts: pa.Array) -> Any:
    fraction = pc.utf8_rpad(pc.fill_null(pc.struct_field(parts, "f"), ""), 6, "0")
    micros = pc.cast(fraction, pa.int64()).to_numpy(zero_copy_only=False)
    hour, minute, second = (_whole(parts, name) for name in "HMS")
    too_late = (hour > 23) | (minute > 59) | (second > 59)
    total = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros
    return np.where(too_late, 86_400_000_000, total).astype("timedelta64[us]")


def _offsets(parts: pa.Array) -> tuple[Any, Any]:
    zone = pc.fill_null(pc.struct_field(parts, "z"), "")
    given = pc.not_equal(zone, "").to_numpy(zero_copy_only=False)
    is_signed = pc.match_substring_regex(zone, r"^[+-]")
    digits = pc.if_else(is_signed, pc.replace_substring_regex(zone, r"[+:-]", ""), "0000")
    value = pc.cast(digits, pa.int64()).to_numpy(zero_copy_only=False)
    minutes = value // 100 * 60 + value % 100
    sign = np.where(pc.starts_with(zone, "-").to_numpy(zero_copy_only=False), -1, 1)
    return (sign * minutes * 60_000_000).astype("timedelta64[us]"), given


def _typed_moment(values: pa.Array, kind: str, formats: Formats) -> Converted:
    """What Parquet says is a date or an instant already."""
    if kind == "date":
        has_zone = pa.types.is_timestamp(values.type) and values.type.tz
        local = pc.local_timestamp(values.cast(pa.timestamp("us", tz=formats.zone))) if has_zone else values
        return Converted(local.cast(pa.date32(), safe=False), _none(values), "")
    if pa.types.is_timestamp(values.type) and values.type.tz:
        return Converted(values.cast(INSTANT, safe=False), _none(values), "")
    naive = values.cast(pa.timestamp("us"), safe=False)
    local = pc.assume_timezone(naive, formats.zone, ambiguous="earliest", nonexistent="latest")
    return Converted(local.cast(INSTANT), _none(values), "")


def _plain_number(text: pa.Array, decimal: str) -> pa.Array:
    bare = pc.replace_substring_regex(text, r"[\s\x{00a0}\x{202f}'€$£]|EUR", "")
    if decimal == ",":
        bare = pc.replace_substring(pc.replace_substring(bare, ".", ""), ",", ".")
    return pc.replace_substring(bare, ",", "") if decimal == "." else bare


def _money(text: pa.Array, formats: Formats) -> Converted:
    bare = _plain_number(text, formats.decimal)
    good = pc.fill_null(pc.match_substring_regex(bare, r"^[-+]?\d{1,10}(\.\d{1,6}0*)?$"), False)
    kept = pc.replace_substring_regex(pc.if_else(good, bare, None), r"^\+|(\.\d{6})0+$", r"\1")
    values = pc.round(kept.cast(pa.decimal128(24, 6)), 2, round_mode="half_towards_infinity").cast(MONEY)
    return Converted(
        values,
        _said(text) & ~_flags(good),
        _("is no amount; write for instance %(example)s") % {"example": f"12{formats.decimal or '.'}50"},
    )


def _number(text: pa.Array, formats: Formats) -> Converted:
    bare = _plain_number(text, formats.decimal)
    good = pc.fill_null(pc.match_substring_regex(bare, r"^[-+]?\d{1,15}(\.\d{1,15})?$"), False)
    values = pc.if_else(good, bare, None).cast(pa.float64())
    return Converted(values, _said(text) & ~_flags(good), _("is no number"))


def _integer(text: pa.Array, formats: Formats) -> Converted:
    bare = pc.replace_substring_regex(_plain_number(text, formats.decimal), r"\.0*$", "")
    good = pc.fill_null(pc.match_substring_regex(bare, r"^[-+]?\d{1,9}$"), False)
    values = pc.replace_substring_regex(pc.if_else(good, bare, None), r"^\+", "").cast(pa.int64())
    return Converted(values, _said(text) & ~_flags(good), _("is no whole number"))


def _boolean(text: pa.Array, _formats: Formats) -> Converted:
    lower = pc.utf8_lower(text)
    yes, no = pc.is_in(lower, _TRUE), pc.is_in(lower, _FALSE)
    values = pc.if_else(pc.or_(yes, no), yes, pa.scalar(None, pa.bool_()))
    return Converted(
        values, _said(text) & ~_flags(pc.or_(yes, no)), _("is neither yes nor no; write oui, non, yes or no")
    )


_CONVERTERS: dict[str, Callable[[pa.Array, Formats], Converted]] = {
    "date": _dates,
    "instant": _instants,
    "money": _money,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
}


def _whole(parts: pa.Array, name: str) -> Any:
    """A group of digits as numbers; 0 where it is empty or nothing matched."""
    cells = pc.fill_null(pc.struct_field(parts, name), "")
    return pc.cast(pc.if_else(pc.equal(cells, ""), "0", cells), pa.int64()).to_numpy(zero_copy_only=False)


def _said(text: pa.Array) -> Any:
    return ~_nulls(text)


def _nulls(values: pa.Array) -> Any:
    return np.asarray(values.is_null().to_numpy(zero_copy_only=False))


def _none(values: pa.Array) -> Any:
    return np.zeros(len(values), dtype=bool)


def _flags(mask: pa.Array) -> Any:
    return np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))
