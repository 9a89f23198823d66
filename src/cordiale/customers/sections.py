"""Parts of `customers show` that higher packages add: traits, consents, messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from cordiale.customers.models import Customer

Section = Callable[[Customer, datetime], Any]
_sections: dict[str, Section] = {}


def register(name: str, section: Section) -> None:
    """Add a part under `name`: a function of the customer and the present that gives JSON values, None for nothing."""
    _sections[name] = section


def of(customer: Customer, now: datetime) -> dict[str, Any]:
    """All parts that have something to say, by name."""
    parts = {name: section(customer, now) for name, section in sorted(_sections.items())}
    return {name: part for name, part in parts.items() if part is not None}
