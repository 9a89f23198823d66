"""A standing cast: Camille Martin, and how others come near her."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from cordiale.customers.models import Customer
from cordiale.duplicates import finding
from cordiale.duplicates.models import Suggestion
from cordiale.home import Home

CAMILLE: dict[str, Any] = {
    "first_name": "Camille",
    "last_name": "Delaunay-Rey",
    "birth_on": date(1984, 3, 12),
    "street": "12 rue des Figuiers",
    "postcode": "69001",
    "city": "Lyon",
    "email": "camille.delaunay@example.org",
    "phone": "+33611223344",
}
Make = Callable[..., Customer]
Look = Callable[..., set[tuple[int, int]]]


@pytest.fixture
def make(db: None, now: datetime) -> Make:
    """Writes a customer: Camille, but for what is said otherwise."""
    numbers = iter(range(1, 10_000))

    def _make(**values: Any) -> Customer:
        known = {"reference": f"D{next(numbers)}", "created_at": now, "updated_at": now}
        return Customer.objects.create(**{**known, **CAMILLE, **values})

    return _make


@pytest.fixture
def look(db: None, now: datetime, fresh_home: Home) -> Look:
    """Looks for duplicates; the open pairs."""

    def _look(**options: Any) -> set[tuple[int, int]]:
        finding.find(now, **options)
        return set(Suggestion.objects.filter(state="open").values_list("first_id", "second_id"))

    return _look


@pytest.fixture
def pair(make: Make, look: Look) -> Suggestion:
    """Camille twice, the second time with a typing error in her name; suggested."""
    make()
    make(last_name="Delaunay-Roy", phone="")
    look()
    return Suggestion.objects.get()


def policy(home: Home, *, review: float = 0.5, is_on: bool = False, since: float = 0.95) -> None:
    """The company's settings in this home."""
    switched = "true" if is_on else "false"
    (home.company / "duplicates.yaml").write_text(
        f"review: {review}\nautomatic:\n  is_on: {switched}\n  from: {since}\n"
    )
