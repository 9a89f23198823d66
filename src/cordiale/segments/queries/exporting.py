"""The members of a segment as CSV lines, page by page, whoever has withdrawn meanwhile left out."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime

from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.customers import fields
from cordiale.customers.models import Customer
from cordiale.customers.rules import csv_cell
from cordiale.errors import Refused
from cordiale.segments.queries.consents import still_granted
from cordiale.segments.queries.evaluation import matching, snapshot_day
from cordiale.segments.queries.language import get_segment, parse

MOST = 1_000_000
_AT_ONCE = 2_000


class _Line:
    """What csv.writer writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def export(name: str, *, actor: Staff | str, now: datetime) -> Iterator[str]:
    """The lines of a CSV file, the header first: number, reference, and the fields lists may show. Evaluated now; who
    takes it is audited.

    Raises NotFound, BadExpression and Refused (more than a million members) before the first line.
    """
    expression = parse(get_segment(name).expression)
    ids = next(matching([expression], snapshot_day(now), now))
    if len(ids) > MOST:
        raise Refused(f"'{name}' has {len(ids)} members; at most {MOST} are written to a file: narrow it")
    audit("segment", name, "export", actor, {"members": len(ids)}, now)
    return _lines([int(number) for number in ids], expression.text)


def _lines(ids: Sequence[int], text: str) -> Iterator[str]:
    core = [one.name for one in fields.listed() if one.is_core]
    declared = [one.name for one in fields.listed() if not one.is_core]
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(["id", "reference", *core, *declared])  # the mark: spreadsheets read UTF-8
    for start in range(0, len(ids), _AT_ONCE):
        found = Customer.objects.filter(id__in=still_granted(text, ids[start : start + _AT_ONCE])).order_by("id")
        for *row, values in found.values_list("id", "reference", *core, "declared"):
            yield writer.writerow([csv_cell(cell) for cell in (*row, *(values.get(each) for each in declared))])
