"""Adding and removing endpoints, trying one, sending again what was given up."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.connectors import keeping
from cordiale.connectors.rules.signatures import new_standard_secret
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.webhooks import outbox, rules, sending
from cordiale.webhooks.models import Delivery, Endpoint, Message, Notice, State
from cordiale.webhooks.sending import Delivered, Sender, deliver

__all__ = ["Delivered", "Sender", "deliver"]
KEEP = timedelta(days=30)


@dataclass(frozen=True)
class Added:
    """A new endpoint and its signing secret, shown this once."""

    endpoint: Endpoint
    secret: str


def add(name: str, url: str, events: Collection[str], *, actor: Staff | str, now: datetime) -> Added:
    """Tell `url` of some kinds of events from now on. Raises CordialeError, Refused where the name is taken."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,29}", name) or name in {"new", "in"}:
        text = _("'%(name)s' cannot name a webhook; write small letters, digits and hyphens, 30 at most.")
        raise CordialeError(text % {"name": name})
    rules.check_url(url, settings.WEBHOOKS_ALLOW)
    secret = new_standard_secret()
    endpoint = Endpoint(
        name=name, url=url, events=rules.check_events(events), secret=keeping.keep(secret),
        created_at=clock.require_aware(now),
    )  # fmt: skip
    try:
        with transaction.atomic():
            endpoint.save()
            audit("webhook", name, "add", actor, {"url": url, "events": endpoint.events}, now)
    except IntegrityError as error:
        keeping.forget(endpoint.secret)
        text = _("There is a webhook '%(name)s' already; remove it or take another name.")
        raise Refused(text % {"name": name}) from error
    return Added(endpoint, secret)


def remove(name: str, *, actor: Staff | str, now: datetime) -> None:
    """Tell it nothing any more; what it was told, and its secret, are deleted."""
    endpoint = get_endpoint(name)
    with transaction.atomic():
        endpoint.delete()
        audit("webhook", name, "remove", actor, None, now)
    keeping.forget(endpoint.secret)


def enable(name: str, *, actor: Staff | str, now: datetime) -> Endpoint:
    """Tell it again, after it said it was gone."""
    endpoint = get_endpoint(name)
    endpoint.is_active, endpoint.disabled_at, endpoint.disabled_reason = True, None, ""
    endpoint.failures, endpoint.resume_at = 0, None
    with transaction.atomic():
        endpoint.save()
        audit("webhook", name, "enable", actor, None, now)
    return endpoint


def test(name: str, *, actor: Staff | str, now: datetime) -> Delivery:
    """Send a message of kind `test` at once; the delivery as it stands then. Raises Refused where it is off."""
    endpoint = get_endpoint(name)
    if not endpoint.is_active:
        raise _off(endpoint)
    with transaction.atomic():
        message = outbox.message(rules.TEST, {"webhook": name}, now)
        message.save(force_insert=True)
        delivery = Delivery.objects.create(message=message, endpoint=endpoint, due_at=now)
        audit("webhook", name, "test", actor, None, now)
    sending.send_one(delivery, now)
    delivery.refresh_from_db()
    return delivery


def send_again(endpoint: Endpoint, number: int | None, *, actor: Staff | str, now: datetime) -> int:
    """Let one delivery that was given up (None: all of them) be tried anew; how many. Raises NotFound, Refused."""
    if not endpoint.is_active:
        raise _off(endpoint)
    dead = endpoint.deliveries.filter(state=State.DEAD)
    chosen = dead if number is None else dead.filter(pk=number)
    with transaction.atomic():
        again = chosen.update(state=State.WAITING, attempts=0, due_at=now, finished_at=None)
        if number is not None and not again:
            text = _("%(name)s has no delivery %(number)s that was given up.")
            raise NotFound(text % {"name": endpoint.name, "number": number})
        Endpoint.objects.filter(pk=endpoint.pk).update(resume_at=None, failures=0)
        audit("webhook", endpoint.name, "send again", actor, {"deliveries": again}, now)
    return again


def _off(endpoint: Endpoint) -> Refused:
    text = _("%(name)s is switched off since it answered 410, gone; switch it on first.")
    return Refused(text % {"name": endpoint.name})


def get_endpoint(name: str) -> Endpoint:
    """The endpoint called `name`. Raises NotFound naming those there are."""
    found = Endpoint.objects.filter(name=name).first()
    if found is None:
        names = ", ".join(Endpoint.objects.order_by("name").values_list("name", flat=True)[:20]) or "none yet"
        raise NotFound(f"there is no webhook '{name}'; there are: {names}")
    return found


def forget_old(now: datetime) -> int:
    """Delete messages of more than thirty days that nobody waits for, and notices nobody will ever hear."""
    waiting = Delivery.objects.filter(state=State.WAITING).values("message")
    Notice.objects.filter(at__lt=now - KEEP).delete()
    return Message.objects.filter(at__lt=now - KEEP).exclude(pk__in=waiting).delete()[0]
