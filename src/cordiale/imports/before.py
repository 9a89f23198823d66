"""The lines that orders had before an import changed them, kept beside its file so that undoing gives them back."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cordiale.imports import files
from cordiale.lake import open_lake


def keep(number: int, chunk: int, lines: pa.Table) -> None:
    """Keep the lines a chunk finds. A chunk that is written again after a crash finds its own: the first ones stay."""
    path = files.folder(number) / f"before-{chunk}.parquet"
    if not lines.num_rows or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".part")
    pq.write_table(lines, draft)
    draft.replace(path)


def give_back(number: int, source: str) -> int:
    """Let the orders have the lines they had, but for those that somebody else changed since; how many."""
    count = 0
    for lines in _kept(number):
        orders = lines["order_id"].combine_chunks().unique()
        present = open_lake().order_lines_of(orders)
        others = present.filter(pc.fill_null(pc.not_equal(present["source"], source), True))
        ours = orders.filter(pc.invert(pc.is_in(orders, others["order_id"].combine_chunks())))
        if len(ours):
            open_lake().replace_orders(ours, lines.filter(pc.is_in(lines["order_id"], ours)))
            count += len(ours)
    return count


def _kept(number: int) -> Iterator[pa.Table]:
    folder = files.folder(number)
    for path in sorted(folder.glob("before-*.parquet")) if folder.is_dir() else []:
        yield pq.read_table(path)
