"""Orders by the million: whole tables of lines, compared with the lake in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from cordiale import clock
from cordiale.facts import contracts
from cordiale.lake import open_lake, outside
from cordiale.orders import arrow
from cordiale.orders.taken import Taken
from cordiale.orders.taking import take

_NUMBERED = """
SELECT * EXCLUDE (_place), CAST(row_number() OVER (PARTITION BY order_id ORDER BY _place) AS INTEGER) AS line_no
FROM lines ORDER BY _place
"""
_DIFFERING = """
SELECT DISTINCT order_id FROM (
    (SELECT * FROM given EXCEPT ALL SELECT * FROM present)
    UNION ALL (SELECT * FROM present EXCEPT ALL SELECT * FROM given)
)
"""
_SAME = [name for name in arrow.COLUMNS.names if name != "source"]
"""What makes two lines the same: where they came from does not."""


def take_table(
    lines: pa.Table, *, source: str, now: datetime, on_known: Literal["keep", "replace"] = "replace"
) -> Taken:
    """Take whole orders from a table of lines (the columns of `order_lines`; `line_no` may be absent: in their order).

    An order that is known already is left as it is (`keep`) or has exactly these lines from now on (`replace`); one
    whose lines are the same is not touched. Raises RowsRefused with the first bad row; nothing is written then.
    Taking a table again changes nothing.
    """
    clock.require_aware(now)
    lines = contracts.check("order_lines", _numbered(lines).drop_columns(_present(lines, "source")))
    lines = lines.set_column(lines.column_names.index("source"), arrow.COLUMNS.field("source"), _all(source, lines))
    given = lines["order_id"].combine_chunks().unique()
    streamed, there = _streamed(given), open_lake().known_orders(given)
    known = pa.concat_arrays([there, streamed]).unique()
    changing = pa.array([], pa.string()) if on_known == "keep" else _differing(lines, there)
    changed = pa.concat_arrays([changing, streamed]).unique() if on_known == "replace" else changing
    new = given.filter(pc.invert(pc.is_in(given, known)))
    direct = pa.concat_arrays([new, changed]).filter(pc.invert(pc.is_in(pa.concat_arrays([new, changed]), streamed)))
    written = lines.filter(pc.is_in(lines["order_id"], direct))
    open_lake().replace_orders(direct, written)
    taken = Taken(len(new), len(direct) - len(new), len(given) - len(direct), written.num_rows)
    if on_known == "replace" and len(streamed):
        taken = _with_streamed(taken, lines.filter(pc.is_in(lines["order_id"], streamed)), now)
    return taken


def _with_streamed(taken: Taken, lines: pa.Table, now: datetime) -> Taken:
    """Orders that are told of bit by bit hear the table as one more statement, true now, where it differs."""
    differing = _differing(lines, lines["order_id"].combine_chunks().unique())
    told = [replace(one, at=now) for one in arrow.statements(lines.filter(pc.is_in(lines["order_id"], differing)))]
    heard = take(told, now)
    return replace(taken, orders_same=taken.orders_same - len(told)) + heard


def _numbered(lines: pa.Table) -> pa.Table:
    if "line_no" in lines.column_names:
        return lines
    return outside.query_tables(_NUMBERED, lines=lines.append_column("_place", pa.array(range(lines.num_rows))))


def _present(lines: pa.Table, *names: str) -> list[str]:
    return [name for name in names if name in lines.column_names]


def _all(value: str, rows: pa.Table) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), rows.num_rows)


def _differing(lines: pa.Table, order_ids: pa.Array) -> pa.Array:
    """Which of these orders have other lines, or another customer, in the lake."""
    if not len(order_ids):
        return order_ids
    present = open_lake().order_lines_of(order_ids)
    given = lines.filter(pc.is_in(lines["order_id"], order_ids))
    return outside.query_tables(_DIFFERING, given=given.select(_SAME), present=present.select(_SAME))[
        "order_id"
    ].combine_chunks()


def _streamed(order_ids: pa.Array) -> pa.Array:
    """Which of these orders are told of bit by bit."""
    return pa.array(_asked(order_ids.to_pylist()), pa.string())


def _asked(order_ids: Sequence[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM orders_order)")
        if not cursor.fetchone()[0]:
            return []
        cursor.execute("SELECT order_id FROM orders_order WHERE order_id = ANY(%s)", [list(order_ids)])
        return [order_id for (order_id,) in cursor.fetchall()]
