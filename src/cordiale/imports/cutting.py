"""A file cut into the chunks that are each written once: the same ones whenever it is cut."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cordiale.imports.mapping import FileMapping
from cordiale.imports.reading import Batch, Reading, chunks, open_rows

ROWS = 50_000
_TOGETHER = 200_000
"""So many rows a chunk where rows of one order have to be in the same: the file is read once for each chunk."""


def cut(path: Path, reading: Reading, mapping: FileMapping, rows: int) -> Iterator[Batch]:
    """The chunks of a file of `rows` rows. All lines of an order are in one, wherever they stand in the file."""
    column = next((name for name, one in mapping.columns.items() if one.to == "order_id"), None)
    if mapping.kind != "orders" or column is None:
        yield from chunks(open_rows(path, reading), ROWS)
        return
    parts = max(1, -(-rows // _TOGETHER))
    for part in range(parts):
        yield _gathered(path, reading, column, part, parts)


def count_chunks(mapping: FileMapping, rows: int) -> int:
    """How many chunks `cut` gives at most."""
    return max(1, -(-rows // (_TOGETHER if mapping.kind == "orders" else ROWS)))


def _gathered(path: Path, reading: Reading, column: str, part: int, parts: int) -> Batch:
    found: list[Batch] = []
    for batch in open_rows(path, reading):
        mask = _parts_of(batch.table.column(column), parts) == part
        kept = Batch(batch.table.filter(pa.array(mask)), batch.rows.filter(pa.array(mask)))
        found.append(Batch(kept.table, kept.rows, batch.refused if part == 0 else []))
    return Batch(
        pa.concat_tables([one.table for one in found]),
        pa.concat_arrays([one.rows for one in found]),
        [one for batch in found for one in batch.refused],
    )


def _parts_of(column: pa.ChunkedArray, parts: int) -> npt.NDArray[np.int64]:
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    by_value = [zlib.crc32((value or "").strip().encode()) % parts for value in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    parts_by_value: npt.NDArray[np.int64] = np.array([*by_value, 0], dtype=np.int64)
    found: npt.NDArray[np.int64] = np.take(parts_by_value, codes)
    return found
