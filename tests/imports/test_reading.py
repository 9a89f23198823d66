"""Files of any dialect come back as they were written; what is broken is told, never a trace."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordiale.errors import CordialeError
from cordiale.imports.reading import Batch, Reading, chunks, guess, open_rows
from cordiale.imports.reading.delimited import NUL

_ENCODINGS = {"utf-8": "utf-8", "windows-1252": "cp1252", "utf-16": "utf-16"}
_LETTERS = st.characters(codec="cp1252", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff")
_CELL = st.text(_LETTERS | st.sampled_from('\n",;\t|é€œ'), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 5))
    rows = draw(st.lists(st.lists(_CELL, min_size=width, max_size=width), max_size=12))
    return [row for row in rows if any(row)]


def written(rows: list[list[str]], delimiter: str, encoding: str, newline: str, quoting: int) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=quoting)  # type: ignore[arg-type]
    width = len(rows[0]) if rows else 1
    writer.writerow([f"c{number}" for number in range(width)])
    writer.writerows(rows)
    return text.getvalue().encode(_ENCODINGS[encoding])


def read(path: Path, reading: Reading) -> tuple[list[list[str]], list[int], list[Any]]:
    batches = list(open_rows(path, reading))
    rows = [list(row.values()) for batch in batches for row in batch.table.to_pylist()]
    return rows, [n for batch in batches for n in batch.rows.to_pylist()], [r for b in batches for r in b.refused]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.sampled_from(";,\t|"), st.sampled_from(list(_ENCODINGS)), st.sampled_from(["\n", "\r\n"]),
       st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))  # fmt: skip
def test_any_table_in_any_dialect_comes_back(
    tmp_path: Path, rows: list[list[str]], delimiter: str, encoding: str, newline: str, quoting: int
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(written(rows, delimiter, encoding, newline, quoting))
    back, numbers, refused = read(path, Reading(format="csv", delimiter=delimiter, encoding=encoding))
    assert back == rows
    assert numbers == list(range(2, len(rows) + 2))
    assert not refused


@pytest.mark.parametrize("delimiter", list(";,\t|"))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "mac_roman", "utf-16"])
def test_dialect_and_encoding_are_guessed(tmp_path: Path, delimiter: str, encoding: str) -> None:
    rows = [["Prénom", "Né le", "Prix"], ["Élodie", "31/12/1980", "1.5 €"], ["Œdipe", "01/02/1990", ""]] * 3
    path = tmp_path / "t.csv"
    path.write_bytes("\n".join(delimiter.join(row) for row in rows).encode(encoding))
    reading = guess(path)
    assert reading.delimiter == delimiter
    assert next(open_rows(path, reading)).table.column("Prénom")[0].as_py() == "Élodie"


def test_a_single_accent_far_into_the_file_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"ref;name\n" + b"u;plain\n" * 80_000 + "u;Zoé\n".encode("cp1252"))
    assert guess(path).encoding == "windows-1252"


def test_bad_rows_keep_their_numbers_and_say_why(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'Liste\n\na;b\n1;2\n1;2;3\n\n"x\ny";2\n' + b"\xff;2\nz\0;3\nlast;1\n" + "é;é\n".encode() * 200)
    reading = Reading(format="csv", delimiter=";", encoding="utf-8", skip=2)
    rows, numbers, refused = read(path, reading)
    assert (rows[:3], numbers[:3]) == ([["1", "2"], ["x\ny", "2"], ["last", "1"]], [4, 7, 10])
    assert [one.row for one in refused] == [5, 8, 9]
    assert all(mark not in cell for one in refused for cell in one.cells for mark in NUL)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from([b"", b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"a;b\n1;", b'"']))
def test_any_bytes_are_read_or_refused_with_words(tmp_path: Path, content: bytes, head: bytes) -> None:
    path = tmp_path / "t"
    path.write_bytes(head + content)
    with contextlib.suppress(CordialeError):
        read(path, guess(path))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["parquet", "xlsx"]), st.integers(0, 4_000), st.binary(min_size=1, max_size=4))
def test_a_damaged_file_is_told_never_a_trace(tmp_path: Path, kind: str, place: int, noise: bytes) -> None:
    path = tmp_path / f"t.{kind}"
    _whole_file(path, kind)
    content = bytearray(path.read_bytes())
    place %= len(content)
    content[place : place + len(noise)] = noise
    path.write_bytes(content)
    with contextlib.suppress(CordialeError):
        read(path, guess(path))


def _whole_file(path: Path, kind: str) -> None:
    if kind == "parquet":
        pq.write_table(pa.table({"a": ["x"] * 50, "b": list(range(50))}), path)
        return
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for number in range(50):
            sheet.write_row(number, 0, [f"x{number}", number])


def test_a_workbook_is_read_with_its_types(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("empty")
        sheet = book.add_worksheet("Clients")
        sheet.write_row(1, 0, ["Réf", "Né le", "n", "ok"])
        sheet.write_row(2, 0, ["u1"])
        sheet.write_datetime(2, 1, dt.datetime(1980, 2, 1), book.add_format({"num_format": "dd/mm/yyyy"}))  # noqa: DTZ001
        sheet.write_row(2, 2, [3, True])
    reading = guess(path)
    assert (reading.sheet, reading.skip) == ("Clients", 1)
    assert read(path, reading)[:2] == ([["u1", "1980-02-01", "3", "true"]], [3])


@given(st.lists(st.integers(0, 7), max_size=12), st.integers(1, 9))
def test_chunks_are_the_same_rows_cut_at_the_same_places(sizes: list[int], size: int) -> None:
    start, batches = 0, []
    for count in sizes:
        numbers = list(range(start, start + count))
        batches.append(Batch(pa.table({"n": pa.array(numbers, pa.int64())}), pa.array(numbers, pa.int64())))
        start += count
    cut = [chunk.table.column("n").to_pylist() for chunk in chunks(iter(batches), size)]
    assert [n for part in cut for n in part] == list(range(start))
    assert all(len(part) == size for part in cut[:-1])
