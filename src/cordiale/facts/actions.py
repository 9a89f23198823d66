"""Recording facts."""

from __future__ import annotations

import pyarrow as pa

from cordiale.facts import contracts, subjects
from cordiale.lake import open_lake


def record(table: str, rows: pa.Table, app: tuple[str, int] | None = None) -> int:
    """Add facts to the lake in one commit; how many. Zero when `app` already wrote its version or a later one.

    What an event is about (category, topic, product, seconds) is read out of its properties.

    Raises RowsRefused naming the column, the first bad row and the reason; nothing is written then.
    """
    checked = contracts.check(table, subjects.with_subjects(rows) if table == "events" else rows)
    return checked.num_rows if open_lake().append(table, checked, app=app) else 0
