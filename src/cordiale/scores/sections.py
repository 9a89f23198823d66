"""The scores in `customers show`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import translation

from cordiale.customers import sections
from cordiale.customers.models import Customer
from cordiale.insight import queries as insight
from cordiale.scores import telling
from cordiale.scores.words import LANGUAGES


def section(customer: Customer, now: datetime) -> list[dict[str, Any]] | None:
    """Each score with its values, its day and version, and its drivers in both languages."""
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = telling.scores_of(customer)
    if not said["en"]:
        return None
    row = insight.traits_of([customer.pk]).to_pylist()[0]
    return [
        {
            "score": one.score.name, "values": {name: row.get(name) for name in one.score.columns.values()},
            "as_of": one.as_of, "version": one.version.number, "fitted_at": one.version.fitted_at,
            "is_retroactive": one.is_retroactive,
            "drivers": {language: said[language][place].drivers for language in LANGUAGES},
        }
        for place, one in enumerate(said["en"])
    ]  # fmt: skip


def register_section() -> None:
    """Called once, when Django is ready."""
    sections.register("scores", section)
