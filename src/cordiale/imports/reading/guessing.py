"""What a file is, found in its bytes, never in its name."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from cordiale.imports.reading import columnar, delimited, workbook
from cordiale.imports.reading.batches import Batch
from cordiale.imports.reading.options import DELIMITERS, Reading, Unreadable

_SAMPLE = 256 << 10
_LOOKED_AT = 200  # rows
_OTHER_ENCODINGS = {"windows-1252": "cp1252", "mac-roman": "mac_roman", "cp850": "cp850"}
"""The likeliest first: it is taken where they are equal. Written by Windows, by old Macs, by DOS."""
_WRITTEN = frozenset("éèêëàâäáãåçîïíôöóõøûùüúñœæÿßÉÈÊÀÂÄÇÎÔÖÛÜŒÆÑ€«»’‘“”–—…°")
_NEVER_WRITTEN = frozenset("\ufffd‚ƒ„†‡ˆ‰Šš‹›¤¦¬¸¹¾Ð×ÝÞðýþ░▒▓│┤╣║╗╝┐└┴┬├─┼╚╔╩╦╠═╬┘┌█▄▀■∏π∫Ω√≈∆◊ˇ˘˙˚˛˝ı∂∑∞±≤≥¥µ")
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_MOSTLY = 0.01
"""So small a share of bytes that are not UTF-8 are bad bytes of a file that is."""


def guess(path: Path) -> Reading:
    """How to read a file. Raises Unreadable with what to do for what is no table."""
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise Unreadable(_("the file is empty; choose another"))
    if head.startswith(b"PAR1"):
        columnar.columns(path)
        return Reading(format="parquet")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _of_workbook(path)
    if head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"(\xb5/\xfd")):
        raise Unreadable(_("the file is compressed; unpack it first"))
    encoding = _encoding(path, head)
    text = _decoded(head, encoding)
    if _is_no_text(text):
        raise Unreadable(_("this is neither CSV, Excel nor Parquet; export the table in one of these formats"))
    delimiter, skip = _dialect(text)
    reading = Reading(format="csv", delimiter=delimiter, encoding=encoding, skip=skip)
    delimited.columns(path, reading)
    return reading


def sheets(path: Path, reading: Reading) -> list[str]:
    """The sheets there are to choose from; none where the file is no workbook."""
    return workbook.sheets(path) if reading.format == "excel" else []


def columns(path: Path, reading: Reading) -> list[str]:
    """The names of the columns, none empty, none twice."""
    if reading.format == "parquet":
        return columnar.columns(path)
    if reading.format == "csv":
        return delimited.columns(path, reading)
    return workbook.columns(path, reading)


def open_rows(path: Path, reading: Reading) -> Iterator[Batch]:
    """All rows, in batches. Raises Unreadable where the file is not what `reading` says."""
    if reading.format == "parquet":
        return columnar.batches(path)
    if reading.format == "csv":
        return delimited.batches(path, reading)
    return workbook.batches(path, reading)


def sample(path: Path, reading: Reading, count: int) -> Batch:
    """The first rows (fewer where the first batch has fewer)."""
    rows = open_rows(path, reading)
    first = next(iter(rows), None)
    if first is None:
        raise Unreadable(_("the file has a header and no rows; choose another"))
    return Batch(first.table.slice(0, count), first.rows[:count], first.refused)


def _of_workbook(path: Path) -> Reading:
    names = workbook.sheets(path)
    for name in names:
        reading = Reading(format="excel", sheet=name)
        rows = workbook.first_rows(path, reading, 20)
        if any(any(cell for cell in row) for row in rows):
            reading = Reading(format="excel", sheet=name, skip=_above_header(rows))
            workbook.columns(path, reading)
            return reading
    raise Unreadable(_("the workbook has no filled sheet; choose another"))


def _encoding(path: Path, head: bytes) -> str:
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    bad, others = _not_utf8(path)
    if bad <= _MOSTLY * (bad + others):
        return "utf-8"
    others_of_head = bytes(byte for byte in head if byte > 127)
    return max(_OTHER_ENCODINGS, key=lambda name: _likeness(others_of_head, _OTHER_ENCODINGS[name]))


def _likeness(content: bytes, codec: str) -> int:
    """How many of the bytes beyond ASCII are letters people write in, less those that nobody writes."""
    text = content.decode(codec, "replace")
    return sum((letter in _WRITTEN) - 2 * (letter in _NEVER_WRITTEN) for letter in text)


def _not_utf8(path: Path) -> tuple[int, int]:
    """How many bytes are no UTF-8, and how many letters beyond ASCII are, in the whole file."""
    bad = others = 0
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    with path.open("rb") as file:
        while block := file.read(delimited.BLOCK):
            text = decoder.decode(block)
            if not text.isascii():
                marks = text.count(delimited.NOT_TEXT)
                bad, others = bad + marks, others + sum(map(text.count, "éèàçêôîûïëâùœÉÀ€’")) + (not marks)
    return bad, others


def _decoded(head: bytes, encoding: str) -> str:
    codec = {"windows-1252": "cp1252", "mac-roman": "mac_roman", "utf-8": "utf-8-sig"}.get(encoding, encoding)
    text = codecs.getincrementaldecoder(codec)(errors="replace").decode(head)
    whole_lines = text.rfind("\n")
    return text[: whole_lines + 1] if len(head) >= _SAMPLE and whole_lines > 0 else text


def _is_no_text(text: str) -> bool:
    controls = sum(text.count(chr(code)) for code in range(32) if code not in {9, 10, 13, 0})
    return controls + text.count(delimited.NOT_TEXT) > max(8, len(text) // 20) or text.count("\0") > len(text) // 4


def _dialect(text: str) -> tuple[str, int]:
    """The delimiter that cuts most rows into the same number of cells, and the lines above the header."""
    best, rows_of_best = (0.0, 0, ";"), [[""]]
    for delimiter in DELIMITERS:
        rows = _first_rows(text, delimiter)
        widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda one: (one[0] > 1, one[1], one[0]))
        score = (count / widths.total() if width > 1 else 0.0, width, delimiter)
        if score[:2] > best[:2]:
            best, rows_of_best = score, rows
    return best[2], _above_header(rows_of_best) if best[1] > 1 else 0


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) >= _LOOKED_AT:
                break
    except csv.Error:  # a lone quote in a long text: what came before is enough to judge
        return rows
    return rows


def _above_header(rows: Sequence[Sequence[str]]) -> int:
    """How many rows stand above the first that is filled as widely as most are."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    usual = Counter(count for count in filled if count).most_common(1)
    if not usual:
        return 0
    wide = usual[0][0]
    for place, count in enumerate(filled[:20]):
        if count >= max(1, wide - 1) or count > wide // 2 + 1:
            return place
    return 0
