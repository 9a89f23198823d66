"""Identifiers by the column: the same spelling as `rules.values`, a hundred thousand at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cordiale.identity.rules import STRONG, canonical, is_nobodys
from cordiale.identity.rules.values import NOBODYS, NOBODYS_MAILBOXES

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_NOBODYS, _MAILBOXES = pa.array(sorted(NOBODYS)), pa.array(sorted(NOBODYS_MAILBOXES))
_CODE = r"^[A-Za-z0-9_.:-]{1,254}$"
_PLAIN = {
    "reference": _CODE,
    "card": _CODE,
    "anonymous": _CODE,
    "email": r"^[A-Za-z0-9._%'+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+){1,5}$",
    "phone": r"^\+?[0-9][0-9 .()/-]{4,30}$",
}
"""What a spelling everybody knows looks like. These are written by Arrow, the others one by one by the rules."""
_LONGEST_PLAIN = 200
_ONE_FIGURE = "(" + "|".join(f"^{figure}{{5}}|{figure}{{6}}" for figure in range(10)) + ")$"


@dataclass(frozen=True)
class Column:
    """The values of one kind in a batch: `values` are told apart, `codes` is each row's place among them, or −1."""

    values: pa.StringArray
    codes: Numbers

    @property
    def is_given(self) -> Flags:
        """Which rows have one."""
        return self.codes >= 0

    def only(self, rows: Flags) -> Column:
        """The same of these rows alone."""
        return self if rows.all() else Column(self.values, self.codes[rows])

    def hidden(self, rows: Flags) -> Column:
        """The same, these rows having none."""
        return Column(self.values, np.where(rows, -1, self.codes))

    def counts(self, rows: Flags) -> Numbers:
        """How many of `rows` have each value."""
        return np.bincount(self.codes[rows & self.is_given], minlength=len(self.values)).astype(np.int64)

    def spread(self, by_value: Numbers) -> Numbers:
        """What `by_value` says of each row's value, 0 where a row has none."""
        if not len(by_value):
            return np.zeros(len(self.codes), dtype=np.int64)
        return np.where(self.codes >= 0, by_value[np.maximum(self.codes, 0)], 0)


def column(kind: str, given: pa.Array | pa.ChunkedArray) -> Column:
    """The usable values of one kind, as they are stored."""
    whole = given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
    encoded = whole.cast(pa.string()).dictionary_encode()
    stored = _stored(kind, encoded.dictionary).dictionary_encode()
    places = stored.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    if not len(places):
        return Column(pa.array([], pa.string()), codes)
    return Column(stored.dictionary, np.where(codes >= 0, places[np.maximum(codes, 0)], -1))


def _stored(kind: str, given: pa.StringArray) -> pa.StringArray:
    """Each value as it is stored, null where it is nobody's."""
    plain = pc.and_(
        pc.match_substring_regex(given, _PLAIN[kind]), pc.less_equal(pc.binary_length(given), _LONGEST_PLAIN)
    )
    written = _WRITTEN[kind](given) if kind in _WRITTEN else given
    written = pc.if_else(pc.and_(plain, pc.invert(_nobodys(kind, written))), written, None)
    if pc.all(plain).as_py() is not False:
        return written
    others = [_one(kind, value) for value in given.filter(pc.invert(plain)).to_pylist()]
    return pc.replace_with_mask(written, pc.invert(plain), pa.array(others, pa.string()))


def _one(kind: str, value: str) -> str | None:
    stored = canonical(kind, value)
    return None if is_nobodys(kind, stored) else stored


def _phones(given: pa.StringArray) -> pa.StringArray:
    digits = pc.replace_substring_regex(given, "[^0-9]", "")
    number = pc.if_else(pc.starts_with(given, "+"), pc.binary_join_element_wise("+", digits, ""), digits)
    number = pc.replace_substring_regex(number, "^00([1-9])", r"+\1")
    return pc.replace_substring_regex(
        pc.replace_substring_regex(number, "^0([1-9][0-9]{8})$", r"+33\1"), r"^\+330", "+33"
    )


_WRITTEN = {"email": pc.ascii_lower, "phone": _phones}


def _nobodys(kind: str, written: pa.StringArray) -> pa.BooleanArray:
    if kind == "email":
        mailbox = pc.replace_substring_regex(written, "[@+].*$", "")
        return pc.is_in(mailbox, _MAILBOXES)
    nobodys = pc.is_in(pc.ascii_lower(written), _NOBODYS)
    if kind != "phone":
        return nobodys
    digits = pc.replace_substring_regex(written, r"^\+", "")
    short = pc.less(pc.binary_length(digits), 5)
    return pc.or_(pc.or_(nobodys, short), pc.match_substring_regex(digits, _ONE_FIGURE))


def strong(table: pa.Table) -> dict[str, Column]:
    """The strong identifiers of a table's rows, by kind (all of STRONG, in order); its other columns do not matter."""
    return {kind: of_table(kind, table) for kind in STRONG}


def of_table(kind: str, table: pa.Table) -> Column:
    """The identifiers of one kind in a table that may lack the column."""
    if kind in table.column_names:
        return column(kind, table[kind])
    return Column(pa.array([], pa.string()), np.full(table.num_rows, -1, dtype=np.int64))
