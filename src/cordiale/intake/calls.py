"""What a request may hold, and what is wrong with what it holds. Pure: bytes in, rows and refusals out.

The calls and their limits are those of the Segment specification; where it is lax this says what was wrong.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec

KINDS = ("track", "identify", "page", "screen", "group", "alias")
"""A call's place here is what is stored: only add at the end."""
EVENT_BYTES, BODY_BYTES, BATCH_EVENTS = 32 * 1024, 500 * 1024, 2_500
MESSAGE_ID, USER_ID, BROWSER_ID, EVENT_NAME = 100, 64, 100, 200  # characters
DEPTH = 32
EARLIEST, _NOTHING = datetime(2000, 1, 1, tzinfo=UTC), timedelta()
_PLACES = {kind: place for place, kind in enumerate(KINDS)}
_GROUP = _PLACES["group"]  # and after it alias: the kinds that need more than a person
_KEY_BYTES = 16
_NUL, _BACKSLASH = b"\\u0000", 92  # a byte is looked for four times as fast as bytes
_NO_OPENERS = bytes(byte for byte in range(256) if byte not in b"[{")


class Unreadable(Exception):
    """Nothing in the request can be taken; the message says why."""


class CallRefused(Exception):
    """One event cannot be taken: the field and the reason, which never repeats a value (it may be personal)."""

    def __init__(self, field_name: str, reason: str) -> None:
        self.field = field_name
        self.reason = reason
        super().__init__(f"{field_name}: {reason}" if field_name else reason)


class _Fields(msgspec.Struct, rename="camel", gc=False):
    """The fields of a call that are read, but its objects. What was decoded holds no cycles to look for."""

    type: str | None = None
    message_id: str | None = None
    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    previous_id: str | int | None = None
    group_id: str | int | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None


class Call(_Fields, rename="camel", gc=False):
    """A call; fields that are not here are passed over."""

    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


class _Object(msgspec.Struct, gc=False):
    """An object whose parts are passed over: checked as JSON, and not built."""


class _Head(_Fields, rename="camel", gc=False):
    """A call as far as taking needs it."""

    properties: _Object | None = None
    traits: _Object | None = None
    context: _Object | None = None


class _Batch(msgspec.Struct, rename="camel", gc=False):
    batch: list[msgspec.Raw]
    sent_at: str | None = None
    context: dict[str, Any] | None = None


class _Keyed(msgspec.Struct, rename="camel"):
    write_key: str | None = None


class Row(msgspec.Struct, gc=False):
    """An event that can be kept. `key` is the hash of source and message id, `kind` its place in KINDS."""

    key: bytes
    kind: int
    at: datetime
    payload: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is wrong with the event at `index` of the request, in words its sender can act on."""

    index: int
    field: str
    reason: str


@dataclass(slots=True)
class Taken:
    """What a request holds: rows to keep, and refusals of the others."""

    rows: list[Row]
    refusals: list[Refusal]


_decode_call = msgspec.json.Decoder(Call).decode
_decode_head = msgspec.json.Decoder(_Head).decode
_decode_batch = msgspec.json.Decoder(_Batch).decode
_decode_key = msgspec.json.Decoder(_Keyed).decode


def write_key_in(body: bytes) -> str | None:
    """The write key a browser puts in the body. Raises Unreadable where the body is not JSON."""
    try:
        return _decode_key(body).write_key
    except (msgspec.DecodeError, ValueError, RecursionError):  # one broken event must not hide the key of the others
        document = _loads(body)
    key = document.get("writeKey") if isinstance(document, dict) else None
    return key if isinstance(key, str) else None


def take_one(kind: str, body: bytes, source_id: int, received: datetime) -> Taken:
    """The one event of a request to `/v1/<kind>`."""
    return _take([body], kind, None, source_id, received)


def take_batch(body: bytes, source_id: int, received: datetime) -> Taken:
    """The events of a batch, each with its own verdict. Raises Unreadable where none can be read."""
    try:
        batch = _decode_batch(body)
        items: Sequence[bytes] = [bytes(raw) for raw in batch.batch]
    except (msgspec.DecodeError, ValueError, RecursionError):
        batch, items = _read_slowly(body)
    if len(items) > BATCH_EVENTS:
        raise Unreadable(f"the batch holds {len(items)} events; send at most {BATCH_EVENTS} at once")
    if batch.context:
        items = [_with_context(item, batch.context) for item in items]
    return _take(items, None, batch.sent_at, source_id, received)


def read(payload: bytes) -> Call:
    """The call of a stored payload. Raises CallRefused where it cannot be read."""
    if len(payload) > EVENT_BYTES:
        raise CallRefused("", f"the event has {len(payload)} bytes; at most {EVENT_BYTES} are taken")
    try:
        call = _decode_call(payload)
    except RecursionError:
        raise CallRefused("", f"it is nested deeper than {DEPTH} levels") from None
    except msgspec.ValidationError as error:
        raise _told(str(error)) from None
    except (msgspec.DecodeError, ValueError) as error:
        raise CallRefused("", f"it is not JSON of valid UTF-8 ({error.__class__.__name__})") from None
    if len(payload.translate(None, _NO_OPENERS)) > DEPTH and _is_deep(call):
        raise CallRefused("", f"it is nested deeper than {DEPTH} levels")
    if b"\\" in payload and _NUL in payload and _holds_nul(call):
        raise CallRefused("", "a text holds the character U+0000; remove it")
    return call


def _head(payload: bytes) -> _Fields:
    """What taking needs of a call, refused as `read` refuses it, in half the time.

    What lies inside its objects is not built where nothing in it can be refused but numbers too large for any machine:
    those are found when the event is flushed, with its repeated keys.
    """
    if len(payload) > EVENT_BYTES or not payload.isascii() or _BACKSLASH in payload:
        return read(payload)
    if len(payload.translate(None, _NO_OPENERS)) > DEPTH:
        return read(payload)
    try:
        return _decode_head(payload)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return read(payload)


def check_keys(payload: bytes) -> None:
    """Raise CallRefused where an object gives a key twice. It takes as long as all of taking: done when flushing."""
    _decode_strictly(payload.decode())


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        seen: set[str] = set()
        key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise CallRefused(key[:EVENT_NAME], "this key is given twice in one object; give it once")


_decode_strictly = json.JSONDecoder(object_pairs_hook=_refuse_repeated, parse_int=str, parse_float=str).decode


def person(value: str | int | None) -> str:
    """An id as text, empty for none."""
    return "" if value is None else str(value).strip()


def _take(items: Sequence[bytes], kind: str | None, sent_at: str | None, source_id: int, received: datetime) -> Taken:
    rows: list[Row] = []
    refusals: list[Refusal] = []
    salted = blake2b(b"%d:" % source_id, digest_size=_KEY_BYTES)
    try:
        sent = _instant(sent_at, "sentAt")
    except CallRefused as refused:
        raise Unreadable(str(refused)) from None
    for index, item in enumerate(items):
        try:
            rows.append(_row(item, kind, sent, salted, received))
        except CallRefused as refused:
            refusals.append(Refusal(index, refused.field, refused.reason))
    return Taken(rows, refusals)


def _row(item: bytes, kind: str | None, sent: datetime | None, salted: blake2b, received: datetime) -> Row:
    """The usual costs no call: a check is called where its field is not plainly right."""
    call = _head(item)
    place = _PLACES.get(kind or call.type or "")
    if place is None:
        raise CallRefused("type", f"it is none of {', '.join(KINDS)}")
    user, event, message_id = call.user_id, call.event, call.message_id
    if (
        place >= _GROUP
        or call.anonymous_id is not None
        or not (user.__class__ is str and user[:1].isalnum() and len(user) <= USER_ID)
    ):
        _check_people(call, place)
    if place == 0 and not (event and event[0].isalnum() and len(event) <= EVENT_NAME):
        _check_length(event, "event", EVENT_NAME, is_needed=True)
    if message_id and len(message_id) > MESSAGE_ID:
        _check_length(message_id, "messageId", MESSAGE_ID)
    key = salted.copy()
    key.update(message_id.encode() if message_id else secrets.token_bytes(_KEY_BYTES))
    return Row(key.digest(), place, _happened_at(call, sent, received), item)


def _check_people(call: _Fields, place: int) -> None:
    user, browser = person(call.user_id), person(call.anonymous_id)
    if not user and not browser:
        raise CallRefused("userId", "give userId or anonymousId")
    if len(user) > USER_ID or len(browser) > BROWSER_ID:
        _check_length(call.user_id, "userId", USER_ID)
        _check_length(call.anonymous_id, "anonymousId", BROWSER_ID)
    if place < _GROUP:
        return
    if place == _GROUP:
        _check_length(call.group_id, "groupId", EVENT_NAME, is_needed=True)
        return
    _check_length(call.previous_id, "previousId", BROWSER_ID, is_needed=True)
    if not user:
        raise CallRefused("userId", "an alias needs the new userId")


def _check_length(value: str | int | None, name: str, longest: int, *, is_needed: bool = False) -> None:
    text = person(value)
    if len(text) > longest:
        raise CallRefused(name, f"it has {len(text)} characters; at most {longest} are taken")
    if is_needed and not text:
        raise CallRefused(name, "it is missing")


def _happened_at(call: _Fields, batch_sent: datetime | None, received: datetime) -> datetime:
    """When it happened by our clock: the sender's clock is off by as much as his `sentAt` is from our receiving it.

    Nothing happens after it was received.
    """
    name = "timestamp" if call.original_timestamp is None else "originalTimestamp"
    original = _instant(call.original_timestamp or call.timestamp, name)
    if original is None:
        return received
    sent = batch_sent or _instant(call.sent_at, "sentAt")
    if sent is not None:
        ago = sent - original
        if ago <= _NOTHING:
            return received
        try:
            original = received - ago
        except OverflowError:
            raise CallRefused(name, "it lies before the year 2000") from None
    if original < EARLIEST:
        raise CallRefused(name, "it lies before the year 2000")
    return original if original < received else received


def _instant(text: str | None, name: str) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise CallRefused(name, "it is not an ISO 8601 instant, for instance 2026-11-22T09:00:00.000Z") from None
    if instant.tzinfo is None:
        raise CallRefused(name, "it has no offset; end it with Z or +01:00")
    return instant


def _told(message: str) -> CallRefused:
    """msgspec's words (`Expected `str`, got `array` - at `$.event``) as a field and a reason."""
    reason, _, place = message.partition(" - at `$")
    return CallRefused(place.rstrip("`").lstrip("."), reason.replace("`", "").replace(" | null", ""))


def _read_slowly(body: bytes) -> tuple[_Batch, list[bytes]]:
    """A batch in which one event is broken (half a surrogate pair): the others must not suffer from it."""
    document = _loads(body)
    items = document.get("batch") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise Unreadable('it holds no list of events; write {"batch": [...]}')
    sent_at, context = document.get("sentAt"), document.get("context")
    if sent_at is not None and not isinstance(sent_at, str):
        raise Unreadable("sentAt is not an ISO 8601 instant")
    batch = _Batch([], sent_at, context if isinstance(context, dict) else None)
    return batch, [_dumps(item) for item in items]


def _loads(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the body is not JSON ({str(error)[:100]})") from None


class _Pairs(dict[str, Any]):
    """An object that is written again as it was read, with the keys it gives twice, so that flushing can tell."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def items(self) -> Any:
        """As `json.dumps` asks for them."""
        return self._pairs


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _dumps(item: Any) -> bytes:
    """An item as JSON again; half a surrogate pair stays as it was sent, and is refused when it is read."""
    try:
        return json.dumps(item, ensure_ascii=True).encode()
    except (ValueError, RecursionError):
        return b""


def _with_context(item: bytes, context: dict[str, Any]) -> bytes:
    try:
        check_keys(item)
        document = msgspec.json.decode(item)
        own = document.get("context")
        return json.dumps({**document, "context": {**context, **(own if isinstance(own, dict) else {})}}).encode()
    except (CallRefused, AttributeError, msgspec.DecodeError, ValueError, RecursionError):
        return item  # refused when it is read, or flushed, with the reason


def _parts(call: Call) -> Iterator[Any]:
    yield from (getattr(call, name) for name in call.__struct_fields__)


def _is_deep(call: Call) -> bool:
    level = [part for part in _parts(call) if isinstance(part, dict | list)]
    for _ in range(DEPTH):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _holds_nul(call: Call) -> bool:
    waiting = list(_parts(call))
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            return True
        if isinstance(value, dict):
            waiting.extend(value)
        if isinstance(value, dict | list):
            waiting.extend(_inside(value))
    return False


def _inside(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    return iter(value.values() if isinstance(value, dict) else value)
