"""What shops send: kept the moment it is known to be theirs, taken in afterwards, tried again where it fails."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.connectors import applying, happenings, keeping
from cordiale.connectors.models import Connector, Inbound, Kind, State
from cordiale.connectors.rules import signatures, values
from cordiale.errors import CordialeError, NotFound, Refused, Unavailable

_TOGETHER = 20  # deliveries committed together: fewer commits of the lake, locks held for a second at most
LARGEST = 2 * 1024 * 1024
"""Bytes of a delivery."""
KEEP_BODIES, KEEP_ROWS = timedelta(days=30), timedelta(days=400)
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720))
_TOPICS = {Kind.WOOCOMMERCE: "x-wc-webhook-topic", Kind.SHOPIFY: "x-shopify-topic"}
_ORIGINS = {Kind.WOOCOMMERCE: "x-wc-webhook-source", Kind.SHOPIFY: "x-shopify-shop-domain"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Processed:
    """What became of deliveries that waited."""

    done: int = 0
    dead: int = 0
    later: int = 0

    @property
    def total(self) -> int:
        """All that were looked at."""
        return self.done + self.dead + self.later


def is_genuine(connector: Connector, body: bytes, headers: Mapping[str, str], now: datetime) -> bool:
    """Did who knows the secret sign this body? `headers` by name in small letters."""
    secret = keeping.read(connector.secret)
    if connector.kind == Kind.WOOCOMMERCE:
        return signatures.hmac_base64(secret, body, headers.get("x-wc-webhook-signature", ""))
    if connector.kind == Kind.SHOPIFY:
        return signatures.hmac_base64(secret, body, headers.get("x-shopify-hmac-sha256", ""))
    scheme = connector.settings.get("scheme", "standard")
    if scheme == "standard":
        return signatures.standard(secret, body, headers, now)
    given = headers.get(connector.settings.get("header", signatures.DEFAULT_HEADER).lower(), "")
    check = signatures.hmac_base64 if scheme == "hmac-base64" else signatures.hmac_hex
    return check(secret, body, given)


def receive(connector: Connector, body: bytes, headers: Mapping[str, str], now: datetime) -> bool:
    """Keep a delivery, committed when this returns; False where the very same came before.

    Only what the signature covers tells deliveries apart: the signed id of Standard Webhooks, else topic and body.
    """
    topic = headers.get(_TOPICS.get(Kind(connector.kind), ""), "")[:100]
    is_standard = connector.kind not in _TOPICS and connector.settings.get("scheme", "standard") == "standard"
    told = headers["webhook-id"].encode() if is_standard else topic.encode() + b"\n" + body
    origin = headers.get(_ORIGINS.get(Kind(connector.kind), ""), "")[:200]
    _row, is_new = Inbound.objects.only("pk").get_or_create(
        connector=connector, key=hashlib.sha256(told).hexdigest(),
        defaults={"topic": topic, "body": body, "received_at": now, "due_at": now, "origin": origin},
    )  # fmt: skip
    return is_new


def process(now: datetime, limit: int = 200) -> Processed:
    """Take in what waits, oldest first, at most `limit` deliveries; one that fails keeps no other from being taken."""
    clock.require_aware(now)
    outcomes = [outcome for part in _parts(now, limit) for outcome in _process_part(part, now)]
    happenings.write_due()
    return Processed(
        done=outcomes.count(State.DONE), dead=outcomes.count(State.DEAD), later=outcomes.count(State.WAITING)
    )


def _parts(now: datetime, limit: int) -> Iterator[list[int]]:
    """What waits, oldest first, as many at once as are committed together; a batch of rows by itself."""
    waiting = Inbound.objects.filter(state=State.WAITING, due_at__lte=now).order_by("pk")
    part: list[int] = []
    for number, topic in list(waiting.values_list("pk", "topic")[:limit]):
        if part and (topic == applying.ROWS or len(part) == _TOGETHER):
            yield part
            part = []
        part.append(number)
        if topic == applying.ROWS:
            yield part
            part = []
    if part:
        yield part


def _process_part(numbers: Sequence[int], now: datetime) -> list[str]:
    """Several in one transaction, each in a savepoint of its own: the lake gets their lines in one commit."""
    outcomes: list[str] = []
    try:
        with transaction.atomic():
            outcomes = [outcome for number in numbers if (outcome := _process_one(number, now)) is not None]
    except CordialeError as error:  # after the commit: the lake did not take the lines, and is told again
        _log.warning("deliveries %s to %s: %s", numbers[0], numbers[-1], error)
    return outcomes


def _process_one(number: int, now: datetime) -> str | None:
    """The state it has afterwards; None where another worker has it."""
    try:
        with transaction.atomic():
            row = _lock(number)
            if row is None:
                return None
            taken = applying.take(row, now)
            row.customer_ids, row.facts = sorted(taken.customer_ids), taken.facts or None
            row.state, row.attempts, row.settled_at = State.DONE, row.attempts + 1, now
            row.reason = values.plain("; ".join(dict.fromkeys(taken.left_out)))[:500]
            if row.connector.is_pulled:
                row.body = None
            row.save(update_fields=["customer_ids", "facts", "state", "reason", "attempts", "settled_at", "body"])
            return State.DONE
    except Exception as error:  # one delivery never keeps the others waiting; the reason is kept
        if isinstance(error, OperationalError | InterfaceError) and not connection.is_usable():
            raise  # PostgreSQL is gone: nothing can be noted, it waits as it is
        return _note_failure(number, error, now)


def _lock(number: int) -> Inbound | None:
    waiting = Inbound.objects.filter(pk=number, state=State.WAITING).select_related("connector")
    return waiting.select_for_update(skip_locked=True, of=("self",)).first()


def _note_failure(number: int, error: Exception, now: datetime) -> str | None:
    """Dead where the payload itself is wrong, later where something does not answer or we are mistaken."""
    is_theirs = isinstance(error, CordialeError) and not isinstance(error, Unavailable)
    if not isinstance(error, CordialeError):
        _log.error("delivery %s: %s", number, type(error).__name__)  # the message may hold personal values
    with transaction.atomic():
        row = _lock(number)
        if row is None:
            return None
        row.attempts += 1
        reason = str(error) if isinstance(error, CordialeError) else f"a mistake of ours: {type(error).__name__}"
        row.reason = values.plain(reason)[:500]
        if is_theirs or row.attempts > len(RETRY_AFTER):
            row.state, row.settled_at = State.DEAD, now
        else:
            row.due_at = now + RETRY_AFTER[row.attempts - 1]
        row.save(update_fields=["attempts", "reason", "state", "due_at", "settled_at"])
        return row.state


def try_again(row: Inbound, *, actor: Staff | str, now: datetime) -> None:
    """Let a dead letter be taken in again. Raises Refused where it is not dead, or its body is gone."""
    if row.body is None:
        raise Refused(_("What was sent is deleted already; let the shop send it again."))
    again = Inbound.objects.filter(pk=row.pk, state=State.DEAD).update(state=State.WAITING, attempts=0, due_at=now)
    if not again:
        raise Refused(_("This delivery is not a dead letter any more."))
    audit("connector", row.connector.name, "try again", actor, {"delivery": row.pk}, now)


def get_dead(connector: Connector, number: int) -> Inbound:
    """A dead letter of a connector. Raises NotFound."""
    row = Inbound.objects.filter(connector=connector, pk=number, state=State.DEAD).select_related("connector").first()
    if row is None:
        raise NotFound(f"{connector.name} has no dead letter {number}")
    return row


def forget(now: datetime) -> int:
    """Delete what was sent thirty days after it was settled, never what waits; how many. That it came is known for
    thirteen months: no replay in that time is taken for new.
    """
    old = Inbound.objects.exclude(state=State.WAITING)
    old.filter(received_at__lt=now - KEEP_ROWS, body__isnull=True, facts__isnull=True).delete()
    settled = old.filter(settled_at__lt=now - KEEP_BODIES, body__isnull=False)
    return settled.update(body=None, reason="")
