"""Excel and OpenDocument workbooks, every cell as text."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from cordiale.imports.reading.batches import Batch, unique_names, without_blank_rows
from cordiale.imports.reading.options import Reading, Unreadable

_ROWS = 20_000
_MOST_UNPACKED = 2 << 30  # bytes: more is a bomb, or nothing a spreadsheet program opens


def sheets(path: Path) -> list[str]:
    """The names of the sheets, in order."""
    return list(_workbook(path).sheet_names)


def first_rows(path: Path, reading: Reading, count: int) -> list[list[str]]:
    """The first rows of the sheet."""
    found: list[list[str]] = []
    for row in _rows(path, reading):
        found.append([_text(cell) for cell in row])
        if len(found) >= count:
            break
    return found


def columns(path: Path, reading: Reading) -> list[str]:
    """The names of the columns."""
    rows = first_rows(path, reading, reading.skip + 1)
    if len(rows) <= reading.skip or not any(rows[-1]):
        raise Unreadable(
            _("the sheet '%(sheet)s' has no row with the names of its columns; choose another sheet")
            % {"sheet": reading.sheet}
        )
    return unique_names(rows[-1] if reading.has_header else [""] * len(rows[-1]))


def batches(path: Path, reading: Reading) -> Iterator[Batch]:
    """The rows, all cells as text. A workbook is read whole: the format allows nothing else (1 048 576 rows)."""
    names = columns(path, reading)
    start = reading.skip + reading.has_header
    waiting: list[list[str]] = []
    first = start + 1
    for number, row in enumerate(_rows(path, reading), start=1):
        if number <= start:
            continue
        waiting.append([_text(cell) for cell in row])
        if len(waiting) >= _ROWS:
            yield _batch(names, waiting, first)
            waiting, first = [], number + 1
    if waiting:
        yield _batch(names, waiting, first)


def _batch(names: list[str], rows: list[list[str]], first: int) -> Batch:
    width = len(names)
    columns = zip(*((*row, *[""] * (width - len(row)))[:width] for row in rows), strict=True)
    arrays = [pa.array(column, pa.string()) for column in columns]
    table = pa.table(arrays, names=names)
    return without_blank_rows(Batch(table, pa.array(range(first, first + len(rows)), pa.int64())))


def _rows(path: Path, reading: Reading) -> Iterator[list[Any]]:
    workbook = _workbook(path)
    name = reading.sheet or (workbook.sheet_names[0] if workbook.sheet_names else "")
    if name not in workbook.sheet_names:
        raise Unreadable(
            _("the workbook has no sheet '%(sheet)s'; it has %(sheets)s")
            % {"sheet": name, "sheets": ", ".join(workbook.sheet_names)}
        )
    try:
        # Blank rows above the first filled one keep their numbers.
        yield from workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, ValueError, OSError) as error:
        raise Unreadable(
            _("the sheet '%(sheet)s' cannot be read (%(why)s); save it again as CSV")
            % {"sheet": name, "why": _first_line(error)}
        ) from error
    except BaseException as error:
        raise _refusal(error) from error


def _workbook(path: Path) -> CalamineWorkbook:
    if zipfile.is_zipfile(path):
        _refuse_bombs(path)
    try:
        return CalamineWorkbook.from_path(str(path))
    except PasswordError as error:
        raise Unreadable(_("the workbook has a password; save it without one")) from error
    except (CalamineError, ValueError, OSError) as error:
        raise Unreadable(
            _("the workbook cannot be read (%(why)s); save it again as .xlsx or CSV") % {"why": _first_line(error)}
        ) from error
    except BaseException as error:
        raise _refusal(error) from error


def _refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Unreadable(_("the workbook is damaged; save it again as .xlsx or CSV")) from error
    if unpacked > _MOST_UNPACKED:
        raise Unreadable(
            _("the workbook unpacks to %(size)s MB, more than we open; save the sheet as CSV")
            % {"size": unpacked >> 20}
        )


def _refusal(error: BaseException) -> BaseException:
    """A panic of the parser is a damaged file; anything else (Ctrl-C) goes on."""
    if type(error).__name__ == "PanicException":
        return Unreadable(_("the workbook is damaged; save it again as .xlsx or CSV"))
    return error


def _text(cell: Any) -> str:  # noqa: PLR0911 - one line a type
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
