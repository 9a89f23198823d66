"""What higher packages may listen to. Receivers run inside the transaction that made the change."""

from __future__ import annotations

from django.dispatch import Signal

started = Signal()
"""Sent with `programme` (its name) and `now`, when people may enter from now on."""

paused = Signal()
"""Sent with `programme` (its name) and `now`."""

applied = Signal()
"""Sent with `programme` (its name), `version` (its number) and `now`."""
