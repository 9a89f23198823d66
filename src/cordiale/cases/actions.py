"""Verbs on cases. Each is one transaction: the case, its note, its fact for the lake and the audit, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.accounts.permissions import may
from cordiale.cases import rules
from cordiale.cases.categories import require_category
from cordiale.cases.models import Case, CaseFact, CaseNote, Channel, NoteKind, Priority, State
from cordiale.cases.rules import Opening
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, NotFound, Refused

Actor = Staff | str
_NOUN = "case"


class Changed(Refused):
    """Somebody else changed the case since it was read; nothing was written."""


@transaction.atomic
def open_case(opening: Opening, *, actor: Actor, now: datetime, handler: Staff | None = None) -> Case:
    """Open a case for a customer. Raises CordialeError for an unknown customer, channel, category or priority."""
    clock.require_aware(now)
    subject = _written(opening.subject, rules.SUBJECT_CHARACTERS)
    if opening.channel not in Channel.values:
        raise CordialeError(f"'{opening.channel}' is not a channel of cases; choose {', '.join(Channel.values)}")
    if opening.priority not in Priority.values:
        raise CordialeError(f"a priority is 1 (high), 2 (normal) or 3 (low), not {opening.priority}")
    if not Customer.objects.select_for_update(no_key=True).filter(pk=opening.customer_id).exists():
        raise NotFound(f"no customer has the number {opening.customer_id}")
    _require_able(handler)
    case = Case.objects.create(
        customer_id=opening.customer_id, channel=opening.channel, subject=subject,
        text=opening.text.strip()[: rules.TEXT_CHARACTERS], category=require_category(opening.category),
        priority=opening.priority, handler=handler, opened_at=now, waiting_since=now, source=opening.source[:60],
        updated_at=now,
    )  # fmt: skip
    _tell(case, rules.OPENED, now)
    audit(_NOUN, str(case.pk), "open", actor, {"category": case.category, "channel": case.channel}, now)
    return case


def assign(number: int, handler: Staff | None, *, actor: Actor, now: datetime, seen: int | None = None) -> Case:
    """Give the case to somebody, or to nobody. Refused for who may not handle cases."""
    _require_able(handler)
    with _changing(number, now, seen) as case:
        case.handler = handler
        audit(_NOUN, str(number), "assign", actor, {"to": handler.email if handler else ""}, now)
    return case


def classify(
    number: int, *, category: str, priority: int, actor: Actor, now: datetime, seen: int | None = None
) -> Case:
    """Say what the case is about and how urgent it is."""
    if priority not in Priority.values:
        raise CordialeError(f"a priority is 1 (high), 2 (normal) or 3 (low), not {priority}")
    with _changing(number, now, seen) as case:
        before = {"category": case.category, "priority": case.priority}
        case.category, case.priority = require_category(category), priority
        audit(
            _NOUN, str(number), "classify", actor, {"before": before, "category": category, "priority": priority}, now
        )
    return case


def note(number: int, text: str, *, actor: Actor, now: datetime, seen: int | None = None) -> CaseNote:
    """Write something only staff reads."""
    with _changing(number, now, seen) as case:
        return _say(case, NoteKind.INTERNAL, text, actor, now)


def answer(number: int, text: str, *, actor: Actor, now: datetime, seen: int | None = None) -> CaseNote:
    """Keep what we answered: the case now waits for the customer. Refused once it is resolved."""
    with _changing(number, now, seen) as case:
        _require_open(case)
        case.first_answer_at = case.first_answer_at or now
        case.state, case.waiting_since = State.WAITING, None
        _tell(case, rules.ANSWERED, now)
        return _say(case, NoteKind.ANSWER, text, actor, now)


def reply(number: int, text: str, *, actor: Actor, now: datetime, seen: int | None = None) -> CaseNote:
    """Keep what the customer said: it is our turn again, and a resolved case is open again."""
    with _changing(number, now, seen) as case:
        if case.is_resolved:
            _reopen(case, now)
        elif case.waiting_since is None:
            case.state, case.waiting_since = State.OPEN, now
        return _say(case, NoteKind.REPLY, text, actor, now)


def resolve(number: int, text: str = "", *, actor: Actor, now: datetime, seen: int | None = None) -> Case:
    """Close the case, with a last answer where `text` says one. Refused when it is resolved already."""
    with _changing(number, now, seen) as case:
        _require_open(case)
        if text.strip():
            case.first_answer_at = case.first_answer_at or now
            _tell(case, rules.ANSWERED, now)
            _say(case, NoteKind.ANSWER, text, actor, now)
        case.state, case.waiting_since, case.resolved_at = State.RESOLVED, None, now
        _tell(case, rules.RESOLVED, now)
        audit(_NOUN, str(number), "resolve", actor, None, now)
    return case


def reopen(number: int, *, actor: Actor, now: datetime, seen: int | None = None) -> Case:
    """Take a resolved case up again. Refused when it is open."""
    with _changing(number, now, seen) as case:
        if not case.is_resolved:
            raise Refused(_("This case is open already."))
        _reopen(case, now)
        audit(_NOUN, str(number), "reopen", actor, None, now)
    return case


def rate(number: int, score: int, comment: str = "", *, actor: Actor, now: datetime, seen: int | None = None) -> Case:
    """Keep how satisfied the customer is, 1 to 5; a later rating takes the place of the one before."""
    if not 1 <= score <= rules.BEST:
        raise CordialeError(_("Satisfaction is a whole number from 1 to 5."))
    with _changing(number, now, seen) as case:
        case.satisfaction, case.rated_at = score, now
        case.satisfaction_comment = comment.strip()[: rules.TEXT_CHARACTERS]
        _tell(case, rules.RATED, now)
        audit(_NOUN, str(number), "rate", actor, {"satisfaction": score}, now)
    return case


@contextmanager
def _changing(number: int, now: datetime, seen: int | None) -> Iterator[Case]:
    """The case, locked, saved afterwards. Raises NotFound, Changed, or Refused where `now` is before its last step."""
    clock.require_aware(now)
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).filter(pk=number).first()
        if case is None:
            raise NotFound(_("There is no case with the number %(number)s.") % {"number": number})
        if seen is not None and seen != case.revision:
            raise Changed(_("Somebody changed this case in the meantime. Read what is new, then send again."))
        if now < case.updated_at:
            raise Refused(_("A step of this case is later than that; its times cannot go back."))
        yield case
        case.revision += 1
        case.updated_at = now
        case.save()


def _reopen(case: Case, now: datetime) -> None:
    case.state, case.waiting_since, case.resolved_at = State.OPEN, now, None
    _tell(case, rules.REOPENED, now)


def _say(case: Case, kind: str, text: str, actor: Actor, now: datetime) -> CaseNote:
    said = CaseNote.objects.create(
        case=case, kind=kind, author=str(actor), staff=actor if isinstance(actor, Staff) else None, at=now,
        text=_written(text, rules.TEXT_CHARACTERS),
    )  # fmt: skip
    audit(_NOUN, str(case.pk), kind, actor, {"note": said.pk}, now)
    return said


def _tell(case: Case, name: str, now: datetime) -> None:
    if case.customer_id is None:  # erased: nothing more is told of the person
        return
    told = rules.properties(
        number=case.pk, channel=case.channel, category=case.category, opened_at=case.opened_at,
        first_answer_at=case.first_answer_at, resolved_at=case.resolved_at, satisfaction=case.satisfaction,
    )  # fmt: skip
    CaseFact.objects.create(case=case, customer_id=case.customer_id, name=name, at=now, properties=told)


def _require_open(case: Case) -> None:
    if case.is_resolved:
        raise Refused(_("This case is resolved; reopen it first."))


def _require_able(handler: Staff | None) -> None:
    if handler is not None and not (handler.is_active and may(handler.role, "cases.edit")):
        raise Refused(_("%(name)s may not handle cases; choose somebody else.") % {"name": handler})


def _written(text: str, most: int) -> str:
    text = text.strip().replace("\x00", "")
    if not text:
        raise CordialeError(_("Write something first; it is empty."))
    if len(text) > most:
        raise CordialeError(
            _("At most %(most)s characters, please; this has %(many)s.") % {"most": most, "many": len(text)}
        )
    return text
