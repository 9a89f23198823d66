"""What happens to customers, for packages above. Receivers run inside the transaction that made the change."""

from __future__ import annotations

from django.dispatch import Signal

customers_changed = Signal()
"""Sent with `customer_ids` (a list of numbers), `fields` (names that changed, may be empty), `is_new` and `now`."""
