"""Values to propose to whoever writes a rule: what a text field, a column of facts or an event's property often is."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from cordiale.customers.rules import fold
from cordiale.errors import NotFound
from cordiale.insight import queries as insight
from cordiale.lake import Lake, open_lake
from cordiale.segments.queries.language import vocabulary
from cordiale.segments.rules.language import MEASURES, Kind

MOST = 50
"""Values proposed at once."""
PROFILE = frozenset({"language", "city", "country", "timezone", "postcode"})
"""Fields of the profile whose values are no secret: those that many customers share."""

_KEPT = 2_000
"""The commonest values of a field or column; what is typed is looked for among them."""
_EVENTS = 5_000
"""The newest events of a name that its properties are read from."""
_SHARED = 2
"""Customers who must have a property's value for it to be shown: an address typed in a form is nobody else's."""
_NAME = re.compile(r"[\w -]{1,60}")


@dataclass(frozen=True, kw_only=True)
class TopValue:
    """A value, and how many customers (of a field, a property) or rows (of a column) have it."""

    value: str
    many: int


def top_values(name: str, now: datetime, *, containing: str = "") -> list[TopValue]:
    """What a text field (`city`), or a text column of a function (`orders.category`), most often is; 50 at most.

    `containing` is looked for without case or accents among the 2 000 commonest. Kept for as long as the day's
    snapshot stays the same. Raises NotFound for what has no such values.
    """
    function, _, word = name.partition(".")
    snapshot = insight.get_snapshot()
    if word:
        return _narrowed(_of_column(open_lake(), function, word, snapshot.as_of), containing)
    one = vocabulary().fields.get(name.lower())
    if one is None or one.kind != Kind.TEXT or (one.source == "profile" and name not in PROFILE):
        raise NotFound(f"'{name}' is no text field whose values are listed")
    if one.source == "trait":
        return _narrowed(_of_trait(open_lake(), name, snapshot.day, snapshot.as_of), containing)
    return _narrowed(_of_profile(open_lake(), one.name, one.source, snapshot.as_of), containing)


def property_names(event: str, *, containing: str = "") -> list[TopValue]:
    """The properties that events of a name carry, by how many customers sent them; of every event for an empty name."""
    found = _properties(open_lake(), event, insight.get_snapshot().as_of)
    return _narrowed(tuple(TopValue(value=name, many=many) for name, (many, _values) in found.items()), containing)


def property_values(event: str, name: str, *, containing: str = "") -> list[TopValue]:
    """The values of a property that two customers at least have sent, the commonest first."""
    found = _properties(open_lake(), event, insight.get_snapshot().as_of)
    return _narrowed(found[name][1] if name in found else (), containing)


def _narrowed(values: Iterable[TopValue], containing: str) -> list[TopValue]:
    words = fold(containing).split()
    return [one for one in values if all(word in fold(one.value) for word in words)][:MOST]


@lru_cache(maxsize=64)
def _of_trait(lake: Lake, name: str, day: date, as_of: datetime) -> tuple[TopValue, ...]:
    column = '"' + name.replace('"', '""') + '"'
    return _read(lake, f"SELECT {column} AS value, count(*) AS many FROM traits WHERE {column} IS NOT NULL", day)


@lru_cache(maxsize=64)
def _of_column(lake: Lake, function: str, word: str, as_of: datetime) -> tuple[TopValue, ...]:
    measure = MEASURES.get(function)
    known = {} if measure is None else {**measure.filters, measure.subject: measure.subject}
    if measure is None or word not in known or measure.table not in lake.facts:
        raise NotFound(f"'{function}.{word}' is no text column whose values are listed")
    column = known[word]  # from a closed list
    return _read(
        lake, f"SELECT {column} AS value, count(*) AS many FROM {measure.table} WHERE {column} IS NOT NULL", None
    )


def _read(lake: Lake, sql: str, day: date | None) -> tuple[TopValue, ...]:
    rows = lake.query(f"{sql} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_KEPT}", day).to_pylist()
    return tuple(TopValue(**row) for row in rows)


@lru_cache(maxsize=64)
def _of_profile(lake: Lake, name: str, source: str, as_of: datetime) -> tuple[TopValue, ...]:
    column = "declared ->> %(name)s" if source == "declared" else name  # of a closed list
    with connection.cursor() as cursor:
        cursor.execute(
            f"select value, count(*) from (select {column} as value from customers_customer"
            f" where merged_into_id is null) found where value <> '' group by 1 order by 2 desc, 1 limit {_KEPT}",
            {"name": name},
        )
        return tuple(TopValue(value=value, many=many) for value, many in cursor.fetchall())


Properties = Mapping[str, tuple[int, tuple[TopValue, ...]]]
"""By name of a property: how many customers sent it, and its shared values."""


@lru_cache(maxsize=64)
def _properties(lake: Lake, event: str, as_of: datetime) -> Properties:
    """Read out of the newest events; the commonest properties first."""
    named, bind = ("name = ? AND", [event]) if event else ("", [])
    sql = f"SELECT customer_id, properties FROM events WHERE {named} properties <> '' ORDER BY ts DESC LIMIT {_EVENTS}"
    senders: dict[str, set[int]] = defaultdict(set)
    holders: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in lake.query(sql, bind=bind).to_pylist():
        for name, value in _pairs(row["properties"]):
            senders[name].add(row["customer_id"])
            if value:
                holders[name][value].add(row["customer_id"])
    many = Counter({name: len(customers) for name, customers in senders.items()})
    return {name: (count, _shared(holders[name])) for name, count in many.most_common(_KEPT)}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """The properties a rule can name, each with its value where that is a short text or a number."""
    try:
        found: Any = json.loads(text)
    except ValueError:
        return
    for name, value in found.items() if isinstance(found, dict) else ():
        if _NAME.fullmatch(name):
            is_plain = isinstance(value, str | int | float) and not isinstance(value, bool) and len(str(value)) <= 80
            yield name, str(value) if is_plain else ""


def _shared(holders: Mapping[str, set[int]]) -> tuple[TopValue, ...]:
    many = Counter({value: len(customers) for value, customers in holders.items() if len(customers) >= _SHARED})
    return tuple(TopValue(value=value, many=count) for value, count in many.most_common(_KEPT))
