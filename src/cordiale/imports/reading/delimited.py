"""CSV in any dialect: quoted line breaks, ragged rows, bytes that are no text."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from django.utils.translation import gettext as _

from cordiale.imports.reading.batches import Batch, RefusedRow, unique_names, without_blank_rows
from cordiale.imports.reading.options import Reading, Unreadable

BLOCK = 4 << 20
NOT_TEXT, NUL = "\ufffd", "\ufffe"
"""What stands for a byte that the encoding does not know, and for a zero byte, until the row is refused."""
_MOST_COLUMNS = 1_000
_PYTHON = {"windows-1252": "cp1252", "mac-roman": "mac_roman", "utf-8": "utf-8-sig"}


class Decoded(io.RawIOBase):
    """A file of any encoding as UTF-8. What cannot be decoded stays visible as a mark in its place."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.path = path
        self._file = path.open("rb")
        self._decoder = codecs.getincrementaldecoder(_PYTHON.get(encoding, encoding))(errors="replace")
        self._ready = b""
        self._is_over = False
        self.has_marks = False

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; all that is left where it is negative."""
        parts, count = [self._ready], len(self._ready)
        while not self._is_over and (size < 0 or count < size):
            parts.append(self._next(size if size > 0 else BLOCK))
            count += len(parts[-1])
        ready = b"".join(parts)
        end = len(ready) if size < 0 else size
        self._ready = ready[end:]
        return ready[:end]

    def close(self) -> None:
        """Let the file go."""
        self._file.close()
        super().close()

    def _next(self, size: int) -> bytes:
        raw = self._file.read(size)
        self._is_over = not raw
        text = self._decoder.decode(raw, final=self._is_over)
        if "\0" in text:
            text = text.replace("\0", NUL)
        if not self.has_marks and not text.isascii():
            self.has_marks = NOT_TEXT in text or NUL in text
        return text.encode("utf-8", "replace")


def first_rows(path: Path, reading: Reading, count: int, size: int = 1 << 20) -> list[list[str]]:
    """The first rows of the file, header and what stands above it included."""
    source = Decoded(path, reading.encoding)
    try:
        text = source.read(size).decode("utf-8", "ignore")
    finally:
        source.close()
    rows: list[list[str]] = []
    csv.field_size_limit(BLOCK)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=reading.delimiter):
            rows.append(row)
            if len(rows) >= count:
                break
    except csv.Error as error:
        raise Unreadable(
            _("row %(row)s cannot be read (%(why)s); save the file again as CSV") % {"row": len(rows) + 1, "why": error}
        ) from error
    return rows


def columns(path: Path, reading: Reading) -> list[str]:
    """The names of the columns."""
    rows = first_rows(path, reading, reading.skip + 1)
    if len(rows) <= reading.skip or not any(cell.strip() for cell in rows[-1]):
        raise Unreadable(
            _("the file has no row with the names of its columns; give it one, or say how many lines to skip")
        )
    if len(rows[-1]) > _MOST_COLUMNS:
        raise Unreadable(
            _("the file has %(count)s columns, at most %(most)s fit; is the delimiter right?")
            % {"count": len(rows[-1]), "most": _MOST_COLUMNS}
        )
    return unique_names(rows[-1] if reading.has_header else [""] * len(rows[-1]))


def batches(path: Path, reading: Reading) -> Iterator[Batch]:
    """The rows, all cells as text."""
    names = columns(path, reading)
    left_out = _LeftOut(reading.delimiter)
    source = Decoded(path, reading.encoding)
    try:
        number = 1 + reading.skip + reading.has_header
        for record in _open(source, names, reading, left_out):
            table = pa.table(record)
            batch = Batch(table, left_out.numbers_around(number, table.num_rows), left_out.take())
            number = batch.rows[-1].as_py() + 1 if table.num_rows else number
            yield without_blank_rows(_without_marks(batch) if source.has_marks else batch)
        if left_out.refused:
            nothing = pa.schema([(name, pa.string()) for name in names]).empty_table()
            yield Batch(nothing, pa.array([], pa.int64()), left_out.take())
    except pa.ArrowInvalid as error:
        raise Unreadable(
            _("the CSV cannot be read on (%(why)s); look for a quote that is opened and never closed")
            % {"why": _first_line(error)}
        ) from error
    finally:
        source.close()


class _LeftOut:
    """Rows of another width than the header: what becomes of them, and of the numbers of the others."""

    def __init__(self, delimiter: str) -> None:
        self.refused: list[RefusedRow] = []
        self._delimiter = delimiter
        self._numbers: list[int] = []

    def refuse(self, row: Any) -> str:
        """What the parser calls for each."""
        self._numbers.append(row.number)
        reason = _("it has %(cells)s cells, the header %(expected)s") % {
            "cells": row.actual_columns,
            "expected": row.expected_columns,
        }
        if "\n" in row.text:
            reason += _("; a quote is opened and closed lines further on, or never")
        cells = _cells(row.text, self._delimiter)
        if any(cell.strip() for cell in cells):
            self.refused.append(RefusedRow(row.number, reason, cells))
        return "skip"

    def take(self) -> list[RefusedRow]:
        """Those not taken yet."""
        taken, self.refused = self.refused, []
        return taken

    def numbers_around(self, first: int, count: int) -> pa.Array:
        """The numbers of `count` rows from `first` on, those left out passed over."""
        self._numbers = [number for number in self._numbers if number >= first]
        numbers = np.arange(first, first + count + len(self._numbers), dtype=np.int64)
        return pa.array(numbers[~np.isin(numbers, self._numbers)][:count])


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [text])
    except csv.Error:
        return [text]


def _open(source: Decoded, names: list[str], reading: Reading, left_out: _LeftOut) -> Iterator[pa.RecordBatch]:
    if (
        len(first_rows(source.path, reading, reading.skip + reading.has_header + 1))
        <= reading.skip + reading.has_header
    ):
        return iter(())
    return iter(
        pa_csv.open_csv(
            source,
            read_options=pa_csv.ReadOptions(
                column_names=names,
                skip_rows_after_names=reading.skip + reading.has_header,
                block_size=BLOCK,
                use_threads=False,  # rows are numbered only so
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=reading.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=left_out.refuse,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    )


def _without_marks(batch: Batch) -> Batch:
    marked = np.zeros(batch.table.num_rows, dtype=bool)
    for column in batch.table.columns:
        marked |= pc.match_substring_regex(column, f"[{NOT_TEXT}{NUL}]").to_numpy(zero_copy_only=False)
    if not marked.any():
        return batch
    refused = [_marked(batch, int(place)) for place in np.flatnonzero(marked)]
    return batch.filtered(pa.array(~marked), refused)


def _marked(batch: Batch, place: int) -> RefusedRow:
    cells = [str(column[place].as_py()) for column in batch.table.columns]
    name, cell = next(
        (name, cell) for name, cell in zip(batch.table.column_names, cells, strict=True)
        if NOT_TEXT in cell or NUL in cell
    )  # fmt: skip
    what = _("a zero byte") if NUL in cell else _("bytes that are no text in this encoding")
    return RefusedRow(batch.rows[place].as_py(), f"{name}: {what}", [cell.replace(NUL, "") for cell in cells])


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
