"""Answers people gave to surveys elsewhere."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext as _

from cordiale.imports.people import Numbers
from cordiale.imports.reading import RefusedRow
from cordiale.imports.writing.facts import column, ids, is_fresh, record
from cordiale.imports.writing.known import known_people
from cordiale.imports.writing.tasks import Flags, Outcome, Part, Seen, Task

KINDS = ("nps", "csat", "ces", "choice", "text", "number")
_IN_FIGURES = ("nps", "csat", "ces", "number")
_RANGES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}


def look(task: Task, part: Part, seen: Seen) -> Outcome:
    """What writing these rows would do."""
    known, numbers, refused = _usable(task, part)
    return Outcome(_counts(is_fresh("answers", ids(task, known, "answer_id"), numbers)), refused)


def write(task: Task, part: Part) -> Outcome:
    """Add the answers that are new."""
    known, numbers, refused = _usable(task, part)
    fresh = is_fresh("answers", ids(task, known, "answer_id"), numbers)
    if fresh.any():
        record(task, part, "answers", _rows(task, known.only(fresh), numbers[fresh]))
    return Outcome(_counts(fresh), refused)


def _usable(task: Task, part: Part) -> tuple[Part, Numbers, list[RefusedRow]]:
    kinds, values = pc.utf8_lower(column(part, "kind", pa.string())), column(part, "value", pa.float64())
    unknown = ~np.asarray(pc.is_in(kinds, pa.array(KINDS)).to_numpy(zero_copy_only=False))
    needs = np.asarray(pc.is_in(kinds, pa.array(_IN_FIGURES)).to_numpy(zero_copy_only=False))
    without = needs & np.asarray(values.is_null().to_numpy(zero_copy_only=False))
    outside = _outside(kinds, values)
    refused = part.refuse(unknown, _("the kind of an answer is one of %(kinds)s") % {"kinds": ", ".join(KINDS)})
    refused += part.refuse(without, _("an answer of this kind needs its value"))
    refused += part.refuse(outside, _("the value is outside its scale (nps 0 to 10, csat 1 to 5, ces 1 to 7)"))
    known, numbers, strangers = known_people(task, part.only(~(unknown | without | outside)))
    return known, numbers, sorted([*refused, *strangers], key=lambda one: one.row)


def _outside(kinds: pa.Array, values: pa.Array) -> Flags:
    outside = np.zeros(len(kinds), dtype=bool)
    for kind, (least, most) in _RANGES.items():
        wrong = pc.and_(pc.equal(kinds, kind), pc.or_(pc.less(values, least), pc.greater(values, most)))
        outside |= np.asarray(pc.fill_null(wrong, False).to_numpy(zero_copy_only=False))
    return outside


def _counts(fresh: Flags) -> dict[str, int]:
    return {"new": int(fresh.sum()), "same": int((~fresh).sum())}


def _rows(task: Task, part: Part, numbers: Numbers) -> pa.Table:
    texts = {name: column(part, name, pa.string()) for name in ("survey", "question", "text", "channel")}
    return pa.table({
        "customer_id": pa.array(np.asarray(numbers), pa.int64()),
        "ts": column(part, "at", pa.timestamp("us", tz="UTC")),
        "answer_id": ids(task, part, "answer_id"),
        "kind": pc.utf8_lower(column(part, "kind", pa.string())),
        "value": column(part, "value", pa.float64()),
        **texts,
        "source": pa.repeat(task.source, part.table.num_rows),
    })  # fmt: skip
