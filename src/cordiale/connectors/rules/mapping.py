"""A mapping somebody writes: which place of a payload (or column of a pulled row) is which field. Pure.

kind: order
fields:
  order_id: id                 # a column, or a path: customer.email, lines[0].sku
  at: {path: created, zone: Europe/Paris}
  email: customer.email
  channel: {value: store}      # the same for all
lines: {each: items, product_id: sku, quantity: qty, amount: total}
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from cordiale import clock, documents
from cordiale.connectors.rules import values
from cordiale.connectors.rules.found import Answer, Choice, Event, Found, Line, Order, Person, Unreadable
from cordiale.errors import CordialeError, Located

SOURCE = "mapping"
KINDS = ("customer", "order", "event", "answer", "consent")
IDENTIFIERS = ("reference", "card", "email", "phone", "anonymous")
PROFILE = ("first_name", "last_name", "birth_on", "street", "postcode", "city", "country", "language")
LINE = ("product_id", "quantity", "amount", "discount", "category", "department", "brand")
_OWN = {
    "customer": (),
    "order": ("order_id", "updated_at", "status", "returns", "store", "channel", "currency"),
    "event": ("event_id", "name"),
    "answer": ("answer_id", "survey", "question", "answer_kind", "value", "text", "channel"),
    "consent": ("purpose", "channel", "state", "own", "how"),
}
_REQUIRED = {
    "customer": (),
    "order": ("order_id", "at"),
    "event": ("name", "at", "event_id"),
    "answer": ("answer_id", "survey", "question", "at"),
    "consent": ("channel", "state", "at"),
}
_GRANTED, _WITHDRAWN = (
    frozenset({"granted", "true", "1", "yes", "oui"}),
    frozenset({"withdrawn", "false", "0", "no", "non"}),
)
_CANCELLED = frozenset({"cancelled", "canceled"})
_PATH = re.compile(r"[^.\[\]]+|\[\d{1,4}\]")
_LONGEST = 20_000


@dataclass(frozen=True)
class Place:
    """Where a value stands: a path of names and positions, or always the same value."""

    path: tuple[str | int, ...] = ()
    value: Any = None
    zone: str = ""
    shown: str = ""

    def read(self, row: Any) -> Any:
        """The value, None where the path leads nowhere."""
        if not self.path:
            return self.value
        for step in self.path:
            if isinstance(step, int):
                row = row[step] if isinstance(row, list) and step < len(row) else None
            else:
                row = row.get(step) if isinstance(row, Mapping) else None
        return row


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A mapping that was checked."""

    kind: str
    fields: Mapping[str, Place]
    each: Place | None = None
    lines: Mapping[str, Place] = field(default_factory=dict)
    lines_at: Place | None = None


@lru_cache(maxsize=32)
def parse(text: str, declared: tuple[str, ...] = PROFILE) -> Reading:
    """The mapping in a text; `declared` are the fields of the profile. Raises Located at the place of the mistake."""
    if len(text) > _LONGEST:
        raise CordialeError(f"this mapping has {len(text)} characters, at most {_LONGEST} are read")
    document = documents.load(text, SOURCE)
    if not isinstance(document, dict):
        raise Located("a mapping has `kind` and `fields`", line=1, column=1, source=SOURCE)
    for name in document:
        if name not in {"kind", "fields", "each", "lines"}:
            raise _wrong(document, name, f"'{name}' is not known here; it takes kind, fields, each, lines")
    kind = document.get("kind")
    if kind not in KINDS:
        raise _wrong(document, "kind", f"kind is one of {', '.join(KINDS)}")
    fields = document.get("fields")
    if not isinstance(fields, dict):
        raise _wrong(document, "fields", "fields is a list of `field: place`")
    places = _places(fields, tuple(dict.fromkeys((*IDENTIFIERS, *declared, "at", *_OWN[kind]))))
    _require(document, kind, places)
    lines = document.get("lines")
    if kind == "order" and not isinstance(lines, dict):
        raise _wrong(document, "lines", "an order needs `lines: {each: …, product_id: …, quantity: …, amount: …}`")
    line_places = _places(lines, ("each", *LINE)) if lines else {}
    for name in ("each", "product_id", "amount") if kind == "order" else ():
        if name not in line_places:
            raise _wrong(document, "lines", f"lines needs `{name}`")
    return Reading(
        kind=kind, fields=places, each=_place(document, "each") if "each" in document else None,
        lines={name: place for name, place in line_places.items() if name != "each"}, lines_at=line_places.get("each"),
    )  # fmt: skip


def _require(document: Any, kind: str, places: Mapping[str, Place]) -> None:
    for name in _REQUIRED[kind]:
        if name not in places:
            raise _wrong(document, "fields", f"kind {kind} needs the field `{name}`")
    if not set(IDENTIFIERS) & set(places):
        raise _wrong(document, "fields", f"say who it is about: one of {', '.join(IDENTIFIERS)}")


def _places(document: Any, known: Sequence[str]) -> dict[str, Place]:
    for name in document:
        if name not in known:
            raise _wrong(document, name, f"'{name}' is not a field; the fields are {', '.join(known)}")
    return {name: _place(document, name) for name in document}


def _place(document: Any, name: str) -> Place:
    told = document[name]
    if isinstance(told, str):
        return _path(document, name, told, "")
    if isinstance(told, dict) and set(told) == {"value"}:
        return Place(value=told["value"])
    if isinstance(told, dict) and "path" in told and set(told) <= {"path", "zone"}:
        clock.zone(str(told.get("zone") or "UTC"))
        return _path(document, name, str(told["path"]), str(told.get("zone") or ""))
    raise _wrong(document, name, f"`{name}` takes a path, {{path: …, zone: …}} or {{value: …}}")


def _path(document: Any, name: str, text: str, zone: str) -> Place:
    told = text.removeprefix("$").lstrip(".")
    parts = _PATH.findall(told)
    if not parts or "".join(parts) != told.replace(".", ""):
        raise _wrong(document, name, f"'{text}' is no path; write for instance customer.email or items[0].sku")
    steps = tuple(int(one[1:-1]) if one.startswith("[") else one for one in parts)
    return Place(path=steps, zone=zone, shown=told)


def _wrong(document: Any, name: str, message: str) -> Located:
    try:
        line, column = document.lc.key(name)
    except (KeyError, AttributeError):
        line, column = 0, 0
    return Located(message, line=line + 1, column=column + 1, source=SOURCE)


def rows_of(reading: Reading, payload: Any) -> list[Any]:
    """The rows in a payload: what `each` leads to, or the payload itself (a list is taken one by one)."""
    found = reading.each.read(payload) if reading.each else payload
    if found is None and reading.each:
        raise Unreadable(f"there is nothing at `{reading.each.shown}`")
    return found if isinstance(found, list) else [found]


def read(reading: Reading, row: Any, received_at: datetime, zone: str) -> Found:
    """What one row tells. Raises Unreadable naming the field."""
    if not isinstance(row, Mapping):
        raise Unreadable("a row should be an object with names")
    one = _Row(reading, row, zone)
    at = one.moment("at") or received_at
    person = _person(one, at)
    if person is None:
        raise Unreadable(f"nobody is named: {' and '.join(_shown(reading))} are empty")
    build = {"order": _order, "event": _event, "answer": _answer, "consent": _consent}.get(reading.kind)
    return build(one, person, at) if build else Found(person=person)


@dataclass(frozen=True)
class _Row:
    reading: Reading
    row: Mapping[str, Any]
    zone: str

    def raw(self, name: str) -> Any:
        place = self.reading.fields.get(name)
        return place.read(self.row) if place else None

    def text(self, name: str) -> str:
        return values.text(self.raw(name))

    def required(self, name: str) -> str:
        found = self.text(name)
        if not found:
            raise Unreadable(f"{name} ({self.reading.fields[name].shown or 'always the same value'}) is empty")
        return found

    def moment(self, name: str) -> datetime | None:
        told = self.raw(name)
        if told in (None, ""):
            return None
        return values.instant(told, name, self.reading.fields[name].zone or self.zone)


def _shown(reading: Reading) -> list[str]:
    return [f"`{name}`" for name in IDENTIFIERS if name in reading.fields]


def _person(one: _Row, at: datetime) -> Person | None:
    identifiers = values.present({name: one.text(name) for name in IDENTIFIERS})
    own = {"at", *_OWN[one.reading.kind], "reference", "card", "anonymous"}
    told = {name: _said(one.raw(name)) for name in one.reading.fields if name not in own}
    return Person(identifiers=identifiers, values=values.present(told), at=at) if identifiers else None


def _said(value: Any) -> Any:
    """A value of the profile: yes or no as it is, the rest as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return value if isinstance(value, bool) else values.text(value)


def _order(one: _Row, person: Person, at: datetime) -> Found:
    is_cancelled = one.text("status").lower() in _CANCELLED
    told_at = one.moment("updated_at") or at
    order = Order(
        order_id=one.required("order_id"), at=at, told_at=told_at, is_cancelled=is_cancelled,
        returns=one.text("returns"), store=one.text("store"), channel=one.text("channel"),
        currency=one.text("currency"), lines=() if is_cancelled else _lines(one),
    )  # fmt: skip
    return Found(person=person, orders=(order,))


def _lines(one: _Row) -> tuple[Line, ...]:
    assert one.reading.lines_at is not None
    told = one.reading.lines_at.read(one.row)
    if isinstance(told, str):  # a JSON column that came as text
        told = values.document(told.encode())
    rows = values.items(told, f"lines ({one.reading.lines_at.shown})")
    if not rows:
        raise Unreadable(f"the order has no lines at `{one.reading.lines_at.shown}`")
    return values.settle(_line(one.reading.lines, row, place) for place, row in enumerate(rows))


def _line(places: Mapping[str, Place], row: Mapping[str, Any], number: int) -> tuple[Line, Decimal]:
    told = {name: place.read(row) for name, place in places.items()}
    product = values.text(told.get("product_id"))
    if not product:
        raise Unreadable(f"lines[{number}].product_id is empty")
    line = Line(
        product_id=product, amount=Decimal(0),
        quantity=values.whole(told.get("quantity", 1), f"lines[{number}].quantity"),
        discount=values.number(told.get("discount"), f"lines[{number}].discount"),
        category=values.text(told.get("category")), department=values.text(told.get("department")),
        brand=values.text(told.get("brand")),
    )  # fmt: skip
    return line, values.number(told.get("amount"), f"lines[{number}].amount")


def _event(one: _Row, person: Person, at: datetime) -> Found:
    used = {place.path[0] for place in one.reading.fields.values() if place.path}
    told = {values.plain(name): _property(value) for name, value in one.row.items() if name not in used}
    properties = {name: value for name, value in told.items() if value is not None}
    event = Event(event_id=one.required("event_id"), name=one.required("name"), at=at, properties=properties)
    return Found(person=person, events=(event,))


def _property(value: Any) -> Any:
    """A single value as JSON can say it; None for lists, objects and what is no number."""
    if isinstance(value, str):
        return values.plain(value)
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float) else None


def _answer(one: _Row, person: Person, at: datetime) -> Found:
    told = one.raw("value")
    answer = Answer(
        answer_id=one.required("answer_id"), survey=one.required("survey"), question=one.required("question"), at=at,
        kind=one.text("answer_kind") or ("text" if told in (None, "") else "number"),
        value=None if told in (None, "") else float(values.number(told, "value")), text=one.text("text"),
        channel=one.text("channel"),
    )  # fmt: skip
    return Found(person=person, answers=(answer,))


def _consent(one: _Row, person: Person, at: datetime) -> Found:
    told = str(one.raw("state")).strip().lower()
    if told not in _GRANTED | _WITHDRAWN:
        raise Unreadable(f"state should be granted or withdrawn, it is {told[:40]!r}")
    if one.moment("at") is None:
        raise Unreadable("at is empty: a consent needs the date of the person's own act")
    choice = Choice(
        channel=one.required("channel"), purpose=one.text("purpose"), at=at,
        state="granted" if told in _GRANTED else "withdrawn",
        is_own=str(one.raw("own")).strip().lower() in _GRANTED, how=one.text("how"),
    )  # fmt: skip
    return Found(person=person, choices=(choice,))
