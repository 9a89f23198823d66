"""Consents and withdrawals people gave elsewhere. What a person told us is never overridden: see `consent.actions`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from django.utils.translation import gettext as _

from cordiale.consent import actions as consent
from cordiale.consent.purposes import purposes
from cordiale.consent.rules import CHANNELS, GRANTED, WITHDRAWN, ConsentEntry
from cordiale.imports.people import Numbers
from cordiale.imports.reading import RefusedRow
from cordiale.imports.writing.facts import column
from cordiale.imports.writing.known import known_people
from cordiale.imports.writing.tasks import Outcome, Part, Seen, Task

_YES = {"granted", "oui", "yes", "true", "vrai", "1", "o", "y", "x", "optin", "opt-in", "opt in", "accord", "accorde"}
_NO = {"withdrawn", "non", "no", "false", "faux", "0", "n", "optout", "opt-out", "opt out", "refus", "retire"}
_SAID = """
select t.place - 1 from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
     with ordinality as t (customer_id, purpose_id, channel, state, at, place)
where exists (select 1 from consent_consentproof p where p.customer_id = t.customer_id
     and p.purpose_id = t.purpose_id and p.channel = t.channel and p.state = t.state and p.at = t.at)
"""


def look(task: Task, part: Part, seen: Seen) -> Outcome:
    """What writing these rows would do."""
    fresh, entries, refused = _statements(task, part)
    return Outcome({"new": len(fresh), "same": len(entries) - len(fresh)}, refused)


def write(task: Task, part: Part) -> Outcome:
    """Write the statements the ledger does not have yet."""
    fresh, entries, refused = _statements(task, part)
    if fresh:
        consent.record(fresh, task.now)
    return Outcome({"new": len(fresh), "same": len(entries) - len(fresh)}, refused)


def _statements(task: Task, part: Part) -> tuple[list[ConsentEntry], list[ConsentEntry], list[RefusedRow]]:
    usable, refused = _usable(task, part)
    known, numbers, strangers = known_people(task, usable)
    entries = _entries(task, known, numbers)
    return _unsaid(entries), entries, sorted([*refused, *strangers], key=lambda one: one.row)


def _usable(task: Task, part: Part) -> tuple[Part, list[RefusedRow]]:
    codes = set(purposes())
    later = _("this is said to have happened later than now; look at the zone and the order of day and month")
    checks = {
        _("the state is granted or withdrawn (oui, non, yes, no, 1, 0)"): _among(part, "state", _YES | _NO),
        _("the purpose is one of %(codes)s") % {"codes": ", ".join(codes)}: _among(part, "purpose", codes),
        _("the channel is one of %(codes)s") % {"codes": ", ".join(CHANNELS)}: _among(part, "channel", set(CHANNELS)),
        later: pc.less_equal(column(part, "at", pa.timestamp("us", tz="UTC")), pa.scalar(task.now)),
    }
    good = np.ones(part.table.num_rows, dtype=bool)
    refused: list[RefusedRow] = []
    for reason, holds in checks.items():
        wrong = ~np.asarray(pc.fill_null(holds, False).to_numpy(zero_copy_only=False))
        refused += part.refuse(wrong & good, reason)
        good &= ~wrong
    return part.only(good), refused


def _among(part: Part, name: str, words: set[str]) -> pa.Array:
    return pc.is_in(pc.utf8_lower(column(part, name, pa.string())), pa.array(sorted(words)))


def _entries(task: Task, part: Part, numbers: Numbers) -> list[ConsentEntry]:
    columns = {name: column(part, name, pa.string()).to_pylist() for name in ("purpose", "channel", "state", "wording")}
    moments = column(part, "at", pa.timestamp("us", tz="UTC")).to_pylist()
    entry = ConsentEntry(customer_id=0, purpose="", channel="email", state=GRANTED, at=task.now, source=task.source)
    rows = zip(numbers.tolist(), *columns.values(), moments, strict=True)
    return [
        replace(
            entry,
            customer_id=number,
            purpose=purpose.lower(),
            channel=channel.lower(),
            state=GRANTED if state.lower() in _YES else WITHDRAWN,
            wording=wording or "",
            at=at,
        )
        for number, purpose, channel, state, wording, at in rows
    ]


def _unsaid(entries: list[ConsentEntry]) -> list[ConsentEntry]:
    """Those the ledger does not hold, each once."""
    once = list({(one.customer_id, one.purpose, one.channel, one.state, one.at): one for one in entries}.values())
    columns = [[getattr(one, name) for one in once] for name in ("customer_id", "purpose", "channel", "state", "at")]
    with connection.cursor() as cursor:
        cursor.execute(_SAID, columns)
        said = {place for (place,) in cursor.fetchall()}
    return [one for place, one in enumerate(once) if place not in said]
