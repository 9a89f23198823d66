"""Parquet, in its own types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from cordiale.imports.reading.batches import Batch, unique_names
from cordiale.imports.reading.options import Unreadable

_ROWS = 65_536


def columns(path: Path) -> list[str]:
    """The names of the columns."""
    return unique_names(_open(path).schema_arrow.names)


def batches(path: Path) -> Iterator[Batch]:
    """The rows, numbered from 1 with a header line in mind: the first is 2."""
    file = _open(path)
    names, number = unique_names(file.schema_arrow.names), 2
    try:
        for record in file.iter_batches(batch_size=_ROWS):
            table = pa.table([_plain(column) for column in record.columns], names=names)
            yield Batch(table, pa.array(np.arange(number, number + record.num_rows, dtype=np.int64)))
            number += record.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unreadable(
            _("the Parquet file is damaged after row %(row)s; write it again") % {"row": number - 1}
        ) from error
    finally:
        file.close()


def _plain(column: pa.Array) -> pa.Array:
    """Text as `string`, whatever way the file keeps it; no null text, so that empty is empty in every format."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or pa.types.is_binary(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    return column.fill_null("") if pa.types.is_string(column.type) else column


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unreadable(_("this is no Parquet file, or a damaged one; write it again")) from error
