"""What a row of each fact table must satisfy beyond its types. Pure: Arrow in, the first breach out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from cordiale.lake import RowsRefused, conform, fact_table


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A row that cannot be taken: its column, its number among those given (from 0), its value, and why."""

    column: str
    row: int
    value: object
    reason: str


def check(table: str, rows: pa.Table) -> pa.Table:
    """`rows` in the table's types. Raises RowsRefused naming the column, the first bad row and the reason."""
    rows = conform(rows, fact_table(table).columns, table)
    for rule in _RULES[table]:
        for breach in rule(rows):
            raise RowsRefused(f"{table}.{breach.column}, row {breach.row}: {breach.value!r} {breach.reason}")
    return rows


def _first(rows: pa.Table, column: str, bad: pa.ChunkedArray, reason: str) -> Iterator[Breach]:
    row = pc.index(bad, True).as_py()
    if row >= 0:
        yield Breach(column=column, row=row, value=rows.column(column)[row].as_py(), reason=reason)


def _not_blank(*columns: str) -> Callable[[pa.Table], Iterator[Breach]]:
    def rule(rows: pa.Table) -> Iterator[Breach]:
        for column in columns:
            blank = pc.equal(pc.utf8_trim_whitespace(rows.column(column)), "")
            yield from _first(rows, column, blank, "is blank; give it a value")

    return rule


def _discount_is_not_negative(rows: pa.Table) -> Iterator[Breach]:
    bad = pc.less(rows.column("discount"), pa.scalar(Decimal(0), rows.column("discount").type))
    yield from _first(rows, "discount", bad, "is negative; write what was taken off the price as a positive amount")


def _lines_are_numbered(rows: pa.Table) -> Iterator[Breach]:
    yield from _first(rows, "line_no", pc.less(rows.column("line_no"), 1), "is no line number; count from 1")


def _each_order_has_one_first_line(rows: pa.Table) -> Iterator[Breach]:
    """Orders are counted by their line 1: none would lose the order, two would count it twice."""
    first = pc.cast(pc.equal(rows.column("line_no"), 1), pa.int64())
    counts = (
        pa.table({"order_id": rows.column("order_id"), "first": first})
        .group_by("order_id")
        .aggregate([("first", "sum")])
    )
    wrong = counts.filter(pc.not_equal(counts["first_sum"], 1))
    if wrong.num_rows:
        order, found = wrong["order_id"][0].as_py(), wrong["first_sum"][0].as_py()
        row = pc.index(rows.column("order_id"), order).as_py()
        yield Breach(
            column="line_no",
            row=row,
            value=rows.column("line_no")[row].as_py(),
            reason=f"belongs to order '{order}', which has {found} lines numbered 1; number one line 1",
        )


def _lines_are_given_once(rows: pa.Table) -> Iterator[Breach]:
    counts = rows.select(["order_id", "line_no"]).group_by(["order_id", "line_no"]).aggregate([([], "count_all")])
    twice = counts.filter(pc.greater(counts["count_all"], 1))
    if twice.num_rows:
        order, line = twice["order_id"][0].as_py(), twice["line_no"][0].as_py()
        same = pc.and_(pc.equal(rows.column("order_id"), order), pc.equal(rows.column("line_no"), line))
        row = pc.index(same, True).as_py()
        yield Breach(column="line_no", row=row, value=line, reason=f"is twice in order '{order}'; give each line once")


def _properties_are_json(rows: pa.Table) -> Iterator[Breach]:
    column = rows.column("properties")
    for text in column.unique().to_pylist():
        reason = None if text is None else _not_an_object(text)
        if reason:
            row = pc.index(column, text).as_py()
            yield Breach(column="properties", row=row, value=text, reason=reason)


def _not_an_object(text: str) -> str | None:
    try:
        value = json.loads(text)
    except ValueError as error:
        return f"is not JSON ({error})"
    return None if isinstance(value, dict) else 'is not a JSON object; write {"name": value}'


_SCALES = {"nps": (0, 10), "csat": (1, 7), "ces": (1, 7)}
"""Whole numbers from lowest to highest: likely to recommend; satisfaction and ease, on five points or seven."""
_WORDS, _NUMBER = frozenset({"choice", "text"}), "number"


def _kinds_are_known(rows: pa.Table) -> Iterator[Breach]:
    kinds = [*_SCALES, *sorted(_WORDS), _NUMBER]
    unknown = pc.invert(pc.is_in(rows.column("kind"), pa.array(kinds)))
    yield from _first(rows, "kind", unknown, f"is not a kind of answer; write one of {', '.join(kinds)}")


def _answers_are_on_their_scale(rows: pa.Table) -> Iterator[Breach]:
    value = rows.column("value")
    for kind, (lowest, highest) in _SCALES.items():
        within = pc.and_(pc.greater_equal(value, lowest), pc.less_equal(value, highest))
        fits = pc.fill_null(pc.and_(within, pc.equal(value, pc.floor(value))), False)
        bad = pc.and_(pc.equal(rows.column("kind"), kind), pc.invert(fits))
        yield from _first(rows, "value", bad, f"is no answer of kind {kind}; give a whole number {lowest} to {highest}")


def _numbers_are_given(rows: pa.Table) -> Iterator[Breach]:
    given = pc.fill_null(pc.is_finite(rows.column("value")), False)
    bad = pc.and_(pc.equal(rows.column("kind"), _NUMBER), pc.invert(given))
    yield from _first(rows, "value", bad, "is no number; an answer of kind number needs one")


def _words_are_given(rows: pa.Table) -> Iterator[Breach]:
    written = pc.not_equal(pc.utf8_trim_whitespace(pc.fill_null(rows.column("text"), "")), "")
    wordy = pc.is_in(rows.column("kind"), pa.array(sorted(_WORDS)))
    reason = "is blank; an answer of kind text or choice needs its words"
    yield from _first(rows, "text", pc.and_(wordy, pc.invert(written)), reason)


_RULES: dict[str, tuple[Callable[[pa.Table], Iterator[Breach]], ...]] = {
    "order_lines": (
        _not_blank("order_id", "product_id"),
        _lines_are_numbered,
        _lines_are_given_once,
        _each_order_has_one_first_line,
        _discount_is_not_negative,
    ),
    "events": (_not_blank("event_id", "name"), _properties_are_json),
    "messages": (_not_blank("message_id", "channel", "kind"),),
    "answers": (
        _not_blank("answer_id", "survey", "question"),
        _kinds_are_known,
        _answers_are_on_their_scale,
        _numbers_are_given,
        _words_are_given,
    ),
}
