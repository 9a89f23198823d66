"""What deliveries learn from lower packages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from cordiale.consent.signals import unsubscribed
from cordiale.deliveries.models import Message, Outcome, OutcomeKind


@receiver(unsubscribed, dispatch_uid="deliveries")
def log_unsubscription(*, customer_id: int, message_id: int, at: datetime, **_rest: Any) -> None:
    """The message that made somebody leave has it in its log, once."""
    message = Message.objects.filter(pk=message_id, customer_id=customer_id).first()
    if message and not message.outcomes.filter(kind=OutcomeKind.UNSUBSCRIBED).exists():
        Outcome.objects.create(message=message, kind=OutcomeKind.UNSUBSCRIBED, at=at)
