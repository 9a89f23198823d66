"""What happened with one customer, newest first: kinds of entries that packages register, merged by time.

A kind tells of facts in the lake (`facts`, one SELECT), of rows in PostgreSQL (`entries`, `counts`), or of both. The
lake is asked once for all kinds. Pages are cut by position, never by counting off: an entry keeps its place for ever.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise

from cordiale.errors import CordialeError
from cordiale.lake import open_lake

PAGE = 50
_BEGINNING, _END = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
Row = TypeVar("Row", bound=Model)


class Position(NamedTuple):
    """Where an entry stands: newest first, then by kind and key. Written in addresses by `str`."""

    at: datetime
    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.kind}~{self.key}"

    @classmethod
    def parse(cls, text: str) -> Position | None:
        """The position an address names; None where it names none."""
        moment, _, rest = text.partition("~")
        kind, separator, key = rest.partition("~")
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            return None
        return cls(at, kind, key) if separator and at.tzinfo else None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which entries: those at or after `since`, before `until`, of a channel, of a kind; empty means all."""

    customer_id: int
    since: datetime | None = None
    until: datetime | None = None
    channel: str = ""
    kind: str = ""
    after: Position | None = None
    limit: int = PAGE


class Badge(NamedTuple):
    """A word in colour: ok, warning, danger, info, neutral or accent."""

    tone: str
    text: str


class Link(NamedTuple):
    """Where an entry leads."""

    url: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened, in words. `columns` and `rows` unfold; `said` are sentences that explain it.

    `amount` is negative where goods came back.
    """

    kind: str
    key: str
    at: datetime
    icon: str
    title: str
    channel: str = ""
    url: str = ""
    amount: Decimal | None = None
    detail: str = ""
    badges: tuple[Badge, ...] = ()
    said: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    more_rows: int = 0

    @property
    def position(self) -> Position:
        """Its place."""
        return Position(self.at, self.kind, self.key)


@dataclass(frozen=True)
class Fact:
    """An entry as the lake gives it; `data` is what its SELECT put into JSON."""

    key: str
    at: datetime
    channel: str
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of entries. Registered from a package's `AppConfig.ready`.

    `facts` is a SELECT over the lake's views (already this customer's rows alone) of the columns key VARCHAR,
    ts TIMESTAMPTZ, channel VARCHAR ('' for none) and data JSON; `write` turns its rows into entries. `entries` gives
    PostgreSQL's, ordered and cut with `page`; `counts` how many there are by channel. `sources` are sources of events
    that this kind tells, so that visits leave them out. `channels` names channels that only this kind knows.
    """

    name: str
    order: int
    label: str | Promise
    facts: str = ""
    write: Callable[[Sequence[Fact]], list[Entry]] | None = None
    entries: Callable[[Asked], list[Entry]] | None = None
    counts: Callable[[Asked], Mapping[str, int]] | None = None
    sources: tuple[str, ...] = ()
    channels: Sequence[tuple[str, str | Promise]] = ()


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """One page of it. `counts` are by kind and channel over everything between the days asked for."""

    entries: list[Entry]
    counts: Mapping[str, Mapping[str, int]]
    next: Position | None


Explain = Callable[[Sequence[Entry]], Mapping[str, Entry]]
_kinds: dict[str, Kind] = {}
_explainers: dict[str, list[Explain]] = defaultdict(list)


def register(kind: Kind) -> None:
    """Add a kind. Registering a name again replaces it."""
    _kinds[kind.name] = kind


def register_explainer(kind: str, explain: Explain) -> None:
    """Let a higher package complete the entries of a kind: given a page of them, it returns some anew, by key."""
    if explain not in _explainers[kind]:
        _explainers[kind].append(explain)


def kinds() -> list[Kind]:
    """All kinds, in order."""
    return sorted(_kinds.values(), key=lambda one: (one.order, one.name))


def channels() -> dict[str, str | Promise]:
    """The names of channels that kinds brought."""
    return {code: name for kind in kinds() for code, name in kind.channels}


def read(asked: Asked) -> Timeline:
    """One page of a customer's timeline. Raises CordialeError for a kind that is none."""
    chosen = [kind for kind in kinds() if asked.kind in ("", kind.name)]
    if not chosen:
        raise CordialeError(f"'{asked.kind}' is no kind of entry; there are {', '.join(kind.name for kind in kinds())}")
    asked = replace(asked, limit=asked.limit + 1)
    found, counted = _facts(asked)
    for kind in kinds():
        if kind.counts:
            for channel, many in kind.counts(asked).items():
                counted[kind.name][channel] = counted[kind.name].get(channel, 0) + many
    entries = [entry for kind in chosen if kind.write for entry in kind.write(found[kind.name])]
    entries += [entry for kind in chosen if kind.entries for entry in kind.entries(asked)]
    entries.sort(key=lambda one: (one.kind, one.key))
    entries.sort(key=lambda one: one.at, reverse=True)
    shown = entries[: asked.limit - 1]
    return Timeline(
        entries=_explained(shown), counts=counted, next=shown[-1].position if len(entries) > len(shown) else None
    )


def key(number: int) -> str:
    """The key of a row numbered so: keys are compared as texts."""
    return f"{number:019d}"


def within(rows: QuerySet[Row], asked: Asked, at: str) -> QuerySet[Row]:
    """Those whose moment `at` lies in the days asked for."""
    if asked.since:
        rows = rows.filter(**{f"{at}__gte": asked.since})
    return rows.filter(**{f"{at}__lt": asked.until}) if asked.until else rows


def page(rows: QuerySet[Row], asked: Asked, kind: str, at: str) -> QuerySet[Row]:
    """A page of PostgreSQL's rows whose entries have the moment `at` and `key(id)`. Filter before: it is cut."""
    rows = within(rows, asked, at)
    if asked.after:
        place, same_moment = asked.after, Q(**{at: asked.after.at})
        if place.kind == kind:
            later_key = same_moment & Q(pk__gt=int(place.key) if place.key.isdecimal() and len(place.key) == 19 else 0)
        else:
            later_key = same_moment if kind > place.kind else Q(pk__in=[])
        rows = rows.filter(Q(**{f"{at}__lt": place.at}) | later_key)
    return rows.order_by(f"-{at}", "pk")[: asked.limit]


def _explained(entries: list[Entry]) -> list[Entry]:
    known: dict[tuple[str, str], Entry] = {(one.kind, one.key): one for one in entries}
    for kind, explainers in _explainers.items():
        for explain in explainers:
            mine = [one for one in known.values() if one.kind == kind]
            if mine:
                known |= {(kind, name): entry for name, entry in explain(mine).items()}
    return list(known.values())


def _facts(asked: Asked) -> tuple[dict[str, list[Fact]], dict[str, dict[str, int]]]:
    """Every kind's facts on the page and its counts, by one query: a customer's bucket is read once a table."""
    told = [kind for kind in kinds() if kind.facts]
    found: dict[str, list[Fact]] = defaultdict(list)
    counted: dict[str, dict[str, int]] = {kind.name: {} for kind in kinds()}
    if not told:
        return found, counted
    place = asked.after or Position(_END, "", "")
    values = [asked.since or _BEGINNING, asked.until or _END, asked.channel, asked.kind, *place, asked.limit,
              [source for kind in kinds() for source in kind.sources]]  # fmt: skip
    rows = open_lake().query(_sql(told), only_customers=[asked.customer_id], bind=values)
    for row in rows.to_pylist():
        if row["key"] is None:
            counted[row["kind"]][row["channel"]] = row["many"]
        else:
            found[row["kind"]].append(Fact(row["key"], row["ts"], row["channel"], json.loads(row["data"])))
    return found, counted


def _sql(told: Iterable[Kind]) -> str:
    """Reads $1 since, $2 until, $3 channel, $4 kind, $5 $6 $7 the position, $8 limit, $9 sources told elsewhere."""
    parts = " UNION ALL ".join(
        f"SELECT '{kind.name}' AS kind, key, ts, channel, data::VARCHAR AS data"
        f" FROM ({kind.facts}) WHERE ts >= $1 AND ts < $2"
        for kind in told
    )
    return f"""
        WITH chosen AS MATERIALIZED ({parts}),
        shown AS (SELECT * FROM chosen WHERE ($3 = '' OR channel = $3) AND ($4 = '' OR kind = $4)
                  AND (ts < $5 OR (ts = $5 AND (kind > $6 OR (kind = $6 AND key > $7))))
                  ORDER BY ts DESC, kind, key LIMIT $8)
        SELECT kind, key, ts, channel, data, NULL::BIGINT AS many FROM shown
        UNION ALL
        SELECT kind, NULL, NULL, channel, NULL, count(*) FROM chosen, (SELECT $9) GROUP BY kind, channel"""
