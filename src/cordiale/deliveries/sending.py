"""Delivering the outbox: lease a chunk, attempt a few, hand them over, write down what became of them.

What can be lost is known at every moment. A message is attempted in a committed row before any byte of it leaves; its
outcome is committed after the server answered. A crash between the two leaves an attempt without outcome: whoever
takes the chunk over calls it *unknown* and never repeats it. A server that surely did not accept a message (4xx, or no
connection before the text was sent) has its attempt taken back, and the next run tries again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from cordiale import clock
from cordiale.company import Company, company
from cordiale.consent import queries as consent
from cordiale.consent.links import Reference
from cordiale.content import queries as content
from cordiale.content.rules.mime import BadAddress, Envelope, build
from cordiale.deliveries import locks
from cordiale.deliveries.rules import EXPIRY, GROUP, Answer, DeliveryReport, Reply, parse_smtp_url
from cordiale.deliveries.smtp import Letter, Session
from cordiale.deliveries.tokens import message_token
from cordiale.errors import Unavailable

_DROPS_BEFORE_GIVING_UP = 3

_HOLDER_IS_ALIVE = locks.IS_ALIVE_SQL.format(worker_class="%(class)s", worker="chunk.leased_by")

# A chunk is free when nobody leased it or when its worker is gone; `skip locked` lets two workers pick at once.
_LEASE = f"""
update deliveries_chunk set leased_by = %(worker)s where id = (
    select chunk.id from deliveries_chunk chunk
    where chunk.finished_at is null and chunk.id > %(after)s
      and (chunk.leased_by is null or not {_HOLDER_IS_ALIVE})
    order by chunk.id limit 1 for update skip locked)
returning id
"""
_CALL_UNKNOWN = """
insert into deliveries_outcome (message_id, kind, at, detail)
select attempt.message_id, 'unknown', %s, 'the worker died while handing it over'
from deliveries_attempt attempt join deliveries_message message on message.id = attempt.message_id
where message.chunk_id = %s
  and not exists (select 1 from deliveries_outcome outcome where outcome.message_id = message.id
                  and outcome.kind in ('handed_over', 'unknown', 'refused', 'withheld'))
on conflict do nothing
"""
_LEFT = """
select message.id, message.customer_id, message.purpose, message.channel, message.programme, message.step,
       message.template_version_id, message.to_address, message.planned_at, customer.first_name, customer.last_name
from deliveries_message message join customers_customer customer on customer.id = message.customer_id
where message.chunk_id = %s
  and not exists (select 1 from deliveries_attempt attempt where attempt.message_id = message.id)
  and not exists (select 1 from deliveries_outcome outcome where outcome.message_id = message.id
                  and outcome.kind in ('handed_over', 'unknown', 'refused', 'withheld'))
order by message.id
"""
_LOG = """
insert into deliveries_outcome (message_id, kind, at, detail)
select message_id, kind, %s, detail from unnest(%s::bigint[], %s::text[], %s::text[]) as row (message_id, kind, detail)
on conflict do nothing
"""
_ATTEMPT = "insert into deliveries_attempt (message_id, at) select unnest(%s::bigint[]), %s"
_TAKE_BACK = "delete from deliveries_attempt where message_id = any(%s)"
_END_LEASE = """
update deliveries_chunk chunk set leased_by = null, finished_at = case when exists (
    select 1 from deliveries_message message where message.chunk_id = chunk.id
      and not exists (select 1 from deliveries_outcome outcome where outcome.message_id = message.id
                      and outcome.kind in ('handed_over', 'unknown', 'refused', 'withheld'))
    ) then null else %s::timestamptz end
where chunk.id = %s
"""
_KINDS = {Answer.ACCEPTED: "handed_over", Answer.REFUSED: "refused", Answer.UNKNOWN: "unknown"}


@dataclass(frozen=True)
class Waiting:
    """A message nobody attempted yet, in the columns of `_LEFT`."""

    id: int
    customer_id: int
    purpose: str
    channel: str
    programme: str
    step: str
    version_id: int
    address: str
    planned_at: datetime
    first_name: str
    last_name: str


Logged = tuple[int, str, str]
"""A message's id, what became of it, and words about it."""


def deliver(
    now: datetime,
    stop: Callable[[], bool] | None = None,
    is_live: Callable[[str], bool] | None = None,
    *,
    smtp_url: str | None = None,
) -> DeliveryReport:
    """Hand the outbox over, as far as the server takes it. Any number of workers may do so at once.

    `now` stamps outcomes. `stop` is asked between groups whether to end early; `is_live` whether a programme may still
    send. `smtp_url` names another server than CORDIALE_SMTP_URL. Must be called outside a transaction: attempts have to
    be on disk before a message leaves.
    """
    clock.require_aware(now)
    url = smtp_url or settings.SMTP_URL
    if not url:
        waiting = _count_waiting()
        problem = f"no mail server is set, {waiting} messages wait; set CORDIALE_SMTP_URL=smtp://user:password@host:587"
        return DeliveryReport(problem=problem if waiting else "")
    session = Session(parse_smtp_url(url), company().sender_email)
    with locks.worker() as worker:
        run = _Run(now, session, stop or (lambda: False), is_live or (lambda programme: True))
        try:
            run.deliver_all(worker)
        finally:
            session.close()
    return run.report


def _count_waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from deliveries_message message join deliveries_chunk chunk on chunk.id = message.chunk_id"
            " where chunk.finished_at is null and not exists"
            " (select 1 from deliveries_outcome outcome where outcome.message_id = message.id)"
        )
        return int(cursor.fetchone()[0])


@dataclass
class _Run:
    """One call of `deliver`."""

    now: datetime
    session: Session
    stop: Callable[[], bool]
    is_live: Callable[[str], bool]
    report: DeliveryReport = field(default_factory=DeliveryReport)
    company: Company = field(default_factory=company)
    drops: int = 0

    def deliver_all(self, worker: int) -> None:
        """Take one chunk after the other, each at most once."""
        after = 0
        while not self._must_end() and (chunk := self._lease(worker, after)) is not None:
            after = chunk
            self._deliver_chunk(chunk)
            with transaction.atomic(durable=True), connection.cursor() as cursor:
                cursor.execute(_END_LEASE, [self.now, chunk])

    def _must_end(self) -> bool:
        return bool(self.report.problem) or self.stop()

    def _lease(self, worker: int, after: int) -> int | None:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(_LEASE, {"worker": worker, "after": after, "class": locks.WORKERS})
            row = cursor.fetchone()
            if row is None:
                return None
            cursor.execute(_CALL_UNKNOWN, [self.now, row[0]])
            self.report.unknown += cursor.rowcount
            return int(row[0])

    def _deliver_chunk(self, chunk: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_LEFT, [chunk])
            waiting = [Waiting(*row) for row in cursor.fetchall()]
        contexts = content.contexts({message.customer_id for message in waiting}, self.now) if waiting else {}
        for start in range(0, len(waiting), GROUP):
            if self._must_end():
                return
            self._deliver_group(waiting[start : start + GROUP], contexts)

    def _deliver_group(self, group: Sequence[Waiting], contexts: Mapping[int, Mapping[str, Any]]) -> None:
        try:
            self.session.open()
        except Unavailable as error:
            self.report.problem = str(error)
            return
        letters = self._attempt(group, contexts)
        replies = self.session.send([letter for _, letter in letters])
        self._write_down([(message, reply) for (message, _), reply in zip(letters, replies, strict=True)])
        self._watch_connection(replies)

    def _attempt(self, group: Sequence[Waiting], contexts: Mapping[int, Mapping[str, Any]]) -> list[tuple[int, Letter]]:
        """Ask once more who may be written to, and commit an attempt for those: from here on they may be *unknown*."""
        letters: list[tuple[int, Letter]] = []
        refused: list[Logged] = []
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            reasons = self._reasons_not_to(group)
            for message in group:
                if message.id in reasons or message.customer_id not in contexts:  # unmerged this moment: the next run
                    continue
                try:
                    letters.append((message.id, self._letter(message, contexts[message.customer_id])))
                except BadAddress as error:
                    refused.append((message.id, "refused", str(error)))
            withheld: list[Logged] = [(number, "withheld", reason) for number, reason in reasons.items()]
            _log(self.now, withheld + refused)
            cursor.execute(_ATTEMPT, [[number for number, _ in letters], self.now])
        self.report.withheld += len(withheld)
        self.report.refused += len(refused)
        return letters

    def _reasons_not_to(self, group: Sequence[Waiting]) -> dict[int, str]:
        reasons = {}
        standings = {
            kind: consent.standing([one.customer_id for one in group], *kind)
            for kind in {(message.purpose, message.channel) for message in group}
        }
        opposed = {
            channel: consent.opposed(channel, [one.address for one in group if one.channel == channel])
            for channel in {message.channel for message in group}
        }
        for message in group:
            standing = standings[message.purpose, message.channel].get(message.customer_id, consent.NO_ADDRESS)
            if standing != consent.ALLOWED:
                reasons[message.id] = standing
            elif not message.address:
                reasons[message.id] = consent.NO_ADDRESS
            elif message.address in opposed[message.channel]:
                reasons[message.id] = consent.OPPOSED
            elif not self.is_live(message.programme):
                reasons[message.id] = "programme-not-live"
            elif self.now - message.planned_at > EXPIRY:
                reasons[message.id] = "expired"
        return reasons

    def _letter(self, message: Waiting, about: Mapping[str, Any]) -> Letter:
        template = content.compiled(message.version_id)
        reference = Reference(message.customer_id, message.purpose, message.channel, message.id)
        links = content.links_of(reference)
        envelope = Envelope(
            sender_name=self.company.sender_name,
            sender_email=self.company.sender_email,
            to_name=f"{message.first_name} {message.last_name}".strip(),
            to_address=message.address,
            token=message_token(message.id),
            at=self.now,
            unsubscribe=links["unsubscribe"],
            list_name=message.purpose,
            feedback=(message.step, message.programme, message.purpose, self.company.sender_email.rpartition("@")[2]),
        )
        return Letter(message.address, build(template.mail_in(about["language"]), {**about, "links": links}, envelope))

    def _write_down(self, replies: Sequence[tuple[int, Reply]]) -> None:
        logged = [(number, _KINDS[reply.answer], reply.detail) for number, reply in replies if reply.answer in _KINDS]
        untaken = [number for number, reply in replies if reply.answer not in _KINDS]
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            _log(self.now, logged)
            cursor.execute(_TAKE_BACK, [untaken])
        for _, kind, _ in logged:
            setattr(self.report, kind, getattr(self.report, kind) + 1)
        self.report.deferred += len(untaken)

    def _watch_connection(self, replies: Sequence[Reply]) -> None:
        if self.session.trouble:
            self.report.problem = self.session.trouble
        if self.session.is_open:
            return
        self.drops = 0 if any(reply.answer is Answer.ACCEPTED for reply in replies) else self.drops + 1
        if self.drops >= _DROPS_BEFORE_GIVING_UP:
            last = next((reply.detail for reply in reversed(replies) if reply.detail), "")
            self.report.problem = (
                f"the mail server keeps closing the connection ({last}); the rest waits for the next run"
            )


def _log(now: datetime, logged: Sequence[Logged]) -> None:
    if not logged:
        return
    numbers, kinds, details = (list(column) for column in zip(*logged, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_LOG, [now, numbers, kinds, details])
