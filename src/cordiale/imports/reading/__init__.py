"""Files as batches of rows, whatever their format. Nothing here knows what the columns mean."""

from __future__ import annotations

from cordiale.imports.reading.batches import Batch, RefusedRow, chunks
from cordiale.imports.reading.guessing import guess, open_rows, sample, sheets
from cordiale.imports.reading.options import FORMATS, Reading, Unreadable

__all__ = [
    "FORMATS", "Batch", "Reading", "RefusedRow", "Unreadable", "chunks", "guess", "open_rows", "sample", "sheets",
]  # fmt: skip
