"""Customers: told to `identity` as the file's word, their consent recorded on the file's basis."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from cordiale import clock
from cordiale.company import company
from cordiale.consent import actions as consent
from cordiale.consent.rules import GRANTED, ConsentEntry
from cordiale.identity.actions import recognise, tell_table
from cordiale.identity.matching import Known, look_up
from cordiale.imports import people
from cordiale.imports.basis import reached
from cordiale.imports.people import Found, Numbers
from cordiale.imports.writing.tasks import Flags, Outcome, Part, Seen, Task

_STANDING = {"overwrite": "normal", "fill": "fill", "never": "fill"}
_ADDRESS = {"email": ("email",), "sms": ("phone",), "phone": ("phone",), "letter": ("postcode", "street")}
_HAVE_SPOKEN = """
select customer_id from consent_consent where customer_id = any(%s) and purpose_id = %s and channel = %s
"""


def look(task: Task, part: Part, seen: Seen) -> Outcome:
    """What writing these rows would do."""
    found, news = _compared(task, part, look_up(part.identifiers))
    key = task.mapping.identifier
    keys = part.table.column(key).filter(pa.array(found.is_new & found.is_first)).to_pylist()
    strangers = set(keys) - seen.new
    seen.new.update(strangers)
    counts = _counts(found, news)
    return Outcome({**counts, "new": len(strangers), "changed": counts["changed"] + counts["new"] - len(strangers)})


def write(task: Task, part: Part) -> Outcome:
    """Tell what is news, and record the consents the basis gives."""
    known = recognise(part.identifiers)
    found, news = _compared(task, part, known)
    numbers = found.numbers.copy()
    wanted = found.is_new | news
    if wanted.any():
        told, known = _told(task, part.only(wanted).table, known.only(wanted), found.is_new[wanted])
        standing = {name: _STANDING[rule] for name, rule in rules(task).items()}
        ids = tell_table(told, source=task.source, at=task.at, standing=standing, now=task.now, known=known)
        numbers[wanted] = np.asarray(pa.array(ids, pa.int64()).to_numpy(zero_copy_only=False))
    return Outcome({**_counts(found, news), "consents": _grant(task, part, numbers)})


def rules(task: Task) -> dict[str, str]:
    """The rule of each field that is written; references and cards are no fields."""
    given = {column.to: column.rule for column in task.mapping.columns.values()}
    given |= dict.fromkeys(task.mapping.constants, "overwrite")
    return {name: rule for name, rule in given.items() if name not in {"reference", "card"}}


def _compared(task: Task, part: Part, known: Known) -> tuple[Found, Flags]:
    found = people.find(known, task.mapping.identifier)
    return found, people.says_news(part.table, found, rules(task))


def _counts(found: Found, news: Flags) -> dict[str, int]:
    new = int((found.is_new & found.is_first).sum())
    changed = int(news.sum()) + int(found.is_new.sum()) - new
    return {"new": new, "changed": changed, "same": len(news) - new - changed}


def _told(task: Task, table: pa.Table, known: Known, is_new: Flags) -> tuple[pa.Table, Known]:
    """What is said of them: a field under `never` only of people we do not know yet."""
    for name, rule in rules(task).items():
        if rule == "never" and name != task.mapping.identifier:
            kept = pc.if_else(pa.array(is_new), table.column(name), pa.scalar(None, table.column(name).type))
            table = table.set_column(table.column_names.index(name), name, kept)
            known = known.hidden(name, ~is_new) if name in known.columns else known
    return table, known


def _grant(task: Task, part: Part, numbers: Numbers) -> int:
    """Record the basis for those with an address who never said anything; how many lines of the ledger that is."""
    basis = task.basis
    if basis.is_none or basis.obtained_on is None:
        return 0
    at = min(clock.start_of_day(basis.obtained_on, company().zone), task.now)
    count = 0
    for channel in reached(basis):
        reachable = numbers[_has_address(part.table, channel)]
        people_there = sorted(set(reachable.tolist()) - _have_spoken(reachable, basis.purpose, channel))
        entries = [_entry(task, number, channel, at) for number in people_there]
        count += consent.record(entries, task.now) if entries else 0
    return count


def _has_address(table: pa.Table, channel: str) -> Flags:
    has = np.ones(table.num_rows, dtype=bool)
    for name in _ADDRESS[channel]:
        there = name in table.column_names
        has &= table.column(name).is_valid().to_numpy() if there else np.zeros(table.num_rows, dtype=bool)
    return has


def _have_spoken(numbers: Numbers, purpose: str, channel: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(_HAVE_SPOKEN, [numbers.tolist(), purpose, channel])
        return {number for (number,) in cursor.fetchall()}


def _entry(task: Task, number: int, channel: str, at: datetime) -> ConsentEntry:
    return ConsentEntry(
        customer_id=number,
        purpose=task.basis.purpose,
        channel=channel,
        state=GRANTED,
        at=at,
        source=f"{task.source} {task.basis.source}"[:60],
        wording=task.basis.wording,
    )


def has_addresses(targets: set[str]) -> bool:
    """Does a file of these targets hold addresses, so that a basis must be said?"""
    return any(name in targets for names in _ADDRESS.values() for name in names)
