"""Whom each row of a batch is about: by the column where nothing is doubtful, one after the other where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np

from cordiale.customers import planner
from cordiale.customers.recording import OWN_REFERENCE
from cordiale.identity import tables
from cordiale.identity.columns import Column, Flags, Numbers
from cordiale.identity.rules.names import Person
from cordiale.identity.rules.telling import Book, Clash, Row, Value

ROW = "row"
"""The kind of identifier of rows that have none that is theirs alone: a digest of what they say."""
_FEW = 1_000
"""For so many values PostgreSQL chooses well by itself how to look them up."""
# One text instead of an array: quoting a hundred thousand values one by one costs more than looking them up. Compared
# with an array, an index is walked along once; each value of a join would start from its root.
_VALUES = "ANY((SELECT string_to_array(%s, chr(31)))::text[])"
_HOLDERS = f"SELECT value, customer_id FROM identity_identity WHERE kind = %s AND value = {_VALUES}"
_REFERRED = f"""
SELECT value, customer_id, 1 FROM identity_identity WHERE kind = 'reference' AND value = {_VALUES} UNION ALL
SELECT reference, id, 2 FROM customers_customer WHERE reference = {_VALUES} AND erased_at IS NULL ORDER BY 3
"""
_CLAIMANTS = """
SELECT kind, value, claimant_id FROM identity_conflict
WHERE (kind, value) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY id
"""
_PEOPLE = "SELECT id, first_name, last_name, birth_on FROM customers_customer WHERE id = ANY(%s)"
_REFERENCES = """
SELECT coalesce(c.merged_into_id, c.id), sum((c.reference <> %s || c.id)::int + (
    SELECT count(*) FROM identity_identity i
    WHERE i.customer_id = c.id AND i.kind = 'reference' AND i.value <> c.reference))::int
FROM customers_customer c WHERE c.id = ANY(%s) OR c.merged_into_id = ANY(%s) GROUP BY 1
"""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows to decide: their strong identifiers by kind (all of STRONG, in order), what is asked of a row only where it
    is in doubt, and the rows that are `left_out`: they name a browser only."""

    columns: Mapping[str, Column]
    left_out: Flags
    person: Callable[[int], Person]
    digest: Callable[[int], str]
    size: int

    def values(self, row: int) -> list[Value]:
        """The identifiers of one row, strongest first."""
        return [
            (kind, str(one.values[int(one.codes[row])])) for kind, one in self.columns.items() if one.codes[row] >= 0
        ]


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Whom the rows are about: `numbers` (negative: the nth to make, 0: nobody we know by name), what follows of it."""

    numbers: Numbers
    made: int
    links: list[tuple[str, str, int, int]]  # kind, value, number, row
    linked_columns: Mapping[str, Flags]  # rows whose value of that kind is tied to their number as a whole
    clashes: list[tuple[Clash, int]]

    @property
    def is_news(self) -> bool:
        """Does it change who points to whom?"""
        return bool(self.made or self.links or self.clashes or any(rows.any() for rows in self.linked_columns.values()))

    def numbered(self, made: Sequence[int]) -> Matched:
        """The same with the customers to make called by these numbers."""
        if not made:
            return self

        def real(number: int) -> int:
            return made[-number - 1] if number < 0 else number

        new = np.array(made, dtype=np.int64)
        numbers = np.where(self.numbers < 0, new[np.maximum(-self.numbers - 1, 0)], self.numbers)
        links = [(kind, value, real(number), row) for kind, value, number, row in self.links]
        clashes = [
            (clash._replace(holder=real(clash.holder), claimant=real(clash.claimant)), row)
            for clash, row in self.clashes
        ]
        return replace(self, numbers=numbers, links=links, clashes=clashes)


@dataclass(frozen=True)
class Known:
    """The strong identifiers of some rows by kind, and of each value the customer it points to, 0 for nobody."""

    columns: Mapping[str, Column]
    holders: Mapping[str, Numbers]

    def only(self, rows: Flags) -> Known:
        """The same of these rows alone."""
        return Known({kind: one.only(rows) for kind, one in self.columns.items()}, self.holders)

    def hidden(self, kind: str, rows: Flags) -> Known:
        """The same, these rows having none of one kind."""
        return Known({**self.columns, kind: self.columns[kind].hidden(rows)}, self.holders)


def look_up(columns: Mapping[str, Column]) -> Known:
    """Whom the identifiers point to. Holds for as long as nobody ties values: under `tables.lock` what follows of it
    can be written."""
    is_large = max((len(one.values) for one in columns.values()), default=0) > _FEW
    with planner.along_index() if is_large else nullcontext():
        return Known(columns, {kind: _holders(kind, one) for kind, one in columns.items()})


def match(batch: Batch, holders: Mapping[str, Numbers] | None = None) -> Matched:
    """Decide every row. Reads only; what is to be written is under `tables.lock`, with everything decided again.

    `holders` as `look_up` found them of the batch's columns; looked up where nobody did.
    """
    holders = look_up(batch.columns).holders if holders is None else holders
    known = {kind: one.spread(holders[kind]) for kind, one in batch.columns.items()}
    survivor = tables.survivors(int(number) for values in holders.values() for number in np.unique(values))
    root = _rooted(known, survivor)
    again, first = _repeated(batch)
    alone = {kind: _alone(one, ~again) for kind, one in batch.columns.items()}
    given = np.any([one.is_given for one in batch.columns.values()], axis=0)
    fresh = {kind: alone[kind] & (known[kind] == 0) for kind in batch.columns}
    is_new = ~again & given & _every(batch, fresh)
    is_plain = (
        ~again & (known["reference"] > 0)
        & _every(batch, {kind: fresh[kind] | (root[kind] == root["reference"]) for kind in batch.columns})
    )  # fmt: skip
    numbers = np.where(is_plain, known["reference"], 0)
    numbers[is_new] = -np.arange(1, is_new.sum() + 1)
    linked = {kind: (is_new | is_plain) & one.is_given & (known[kind] == 0) for kind, one in batch.columns.items()}
    doubtful = np.flatnonzero(~again & ~is_new & ~is_plain & ~batch.left_out)
    book, links, clashes = _decide(batch, doubtful, known, survivor, numbers, int(is_new.sum()))
    numbers[again] = numbers[first[again]]
    return Matched(numbers=numbers, made=book.made, links=links, linked_columns=linked, clashes=clashes)


def _every(batch: Batch, holds: Mapping[str, Flags]) -> Flags:
    """Rows of which it holds for every identifier they have."""
    every: Flags = np.all([~one.is_given | holds[kind] for kind, one in batch.columns.items()], axis=0)
    return every


def _rooted(known: Mapping[str, Numbers], survivor: Mapping[int, int]) -> Mapping[str, Numbers]:
    if not survivor:
        return known
    merged = np.array(sorted(survivor), dtype=np.int64)
    into = np.array([survivor[int(number)] for number in merged], dtype=np.int64)

    def rooted(numbers: Numbers) -> Numbers:
        places = np.minimum(np.searchsorted(merged, numbers), len(merged) - 1)
        return np.where(merged[places] == numbers, into[places], numbers)

    return {kind: rooted(numbers) for kind, numbers in known.items()}


def _alone(one: Column, rows: Flags) -> Flags:
    """Rows whose value no other of `rows` has."""
    alone: Flags = one.spread(one.counts(rows)) == 1
    return alone


def _holders(kind: str, one: Column) -> Numbers:
    """The customer each value points to, 0 for nobody."""
    found = np.zeros(len(one.values), dtype=np.int64)
    for place, number in holders(kind, one.values.to_pylist()):
        found[place] = number
    return found


def holders(kind: str, values: Sequence[str]) -> list[tuple[int, int]]:
    """Of the values that point to a customer: the place in `values`, and the customer.

    A reference is the customer's own, or one of another source.
    """
    if not values:
        return []
    text = "\x1f".join(values)
    if text.count("\x1f") >= len(values):  # a value holds what sets them apart: none that is kept does
        text = "\x1f".join(value.replace("\x1f", " ") for value in values)
    found = tables.rows(_REFERRED, text, text) if kind == "reference" else tables.rows(_HOLDERS, kind, text)
    by_value = {value: number for value, number, *_ in found}
    return [(place, by_value[value]) for place, value in enumerate(values) if value in by_value] if found else []


def _repeated(batch: Batch) -> tuple[Flags, Numbers]:
    """Rows that say with the same reference what an earlier one said, and which that is (order lines of one person)."""
    reference = batch.columns["reference"]
    first = np.full(len(reference.values) + 1, batch.size, dtype=np.int64)
    np.minimum.at(first, reference.codes, np.arange(batch.size))
    place = first[reference.codes]
    again = reference.is_given & (place < np.arange(batch.size))
    for one in batch.columns.values():
        again &= one.codes == one.codes[np.minimum(place, batch.size - 1)]
    return again, place


def _decide(
    batch: Batch, doubtful: Numbers, known: Mapping[str, Numbers], survivor: Mapping[int, int], numbers: Numbers,
    made: int,
) -> tuple[Book, list[tuple[str, str, int, int]], list[tuple[Clash, int]]]:  # fmt: skip
    rows = {int(row): batch.values(int(row)) for row in doubtful}
    book = _book(rows, known, survivor)
    book.made = made
    digests = _digests(batch, rows, book)
    links: list[tuple[str, str, int, int]] = []
    clashes: list[tuple[Clash, int]] = []
    for row, values in rows.items():
        verdict = book.decide(Row(values, batch.person(row), digests.get(row)))
        numbers[row] = verdict.number
        links += [(*value, verdict.number, row) for value in verdict.links]
        clashes += [(clash, row) for clash in verdict.clashes]
    return book, links, clashes


def _book(rows: Mapping[int, list[Value]], known: Mapping[str, Numbers], survivor: Mapping[int, int]) -> Book:
    holders = {
        value: int(known[value[0]][row]) for row, values in rows.items() for value in values if known[value[0]][row]
    }
    claimants: dict[Value, list[int]] = {}
    shared = [value for value in holders if value[0] != "reference"]
    for kind, value, number in _read_claimants(shared):
        claimants.setdefault((kind, value), []).append(number)
    numbers = {*holders.values(), *(number for several in claimants.values() for number in several)}
    survivor = dict(survivor) | tables.survivors(numbers)
    roots = sorted({survivor.get(number, number) for number in numbers})
    people = {number: Person(*rest) for number, *rest in tables.rows(_PEOPLE, roots)} if roots else {}
    references = dict(tables.rows(_REFERENCES, OWN_REFERENCE.format(""), roots, roots)) if roots else {}
    return Book(holders, claimants, people, references, survivor)


def _read_claimants(values: Iterable[Value]) -> Iterator[tuple[str, str, int]]:
    kinds, texts = zip(*values, strict=True) if (values := list(values)) else ((), ())
    yield from tables.rows(_CLAIMANTS, list(kinds), list(texts)) if kinds else ()


def _digests(batch: Batch, rows: Mapping[int, list[Value]], book: Book) -> dict[int, Value]:
    """What rows without a reference may be known again by, where their other values are somebody else's."""
    without = [row for row, values in rows.items() if not values or values[0][0] != "reference"]
    digests = {row: (ROW, batch.digest(row)) for row in without}
    texts = sorted({value for _, value in digests.values()})
    if texts:
        book.holders |= {(ROW, texts[place]): number for place, number in holders(ROW, texts)}
    return digests
