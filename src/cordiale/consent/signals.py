"""What higher packages may listen to."""

from __future__ import annotations

from django.dispatch import Signal

unsubscribed = Signal()
"""Sent inside the transaction of a withdrawal made from a message: `customer_id`, `message_id`, `at`."""

consents_changed = Signal()
"""Sent inside the transaction that wrote statements to the ledger: `entries` (what was said) and `now`."""
