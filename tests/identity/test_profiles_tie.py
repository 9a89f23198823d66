from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cordiale.customers import actions as customers
from cordiale.customers.actions import Submitted
from cordiale.identity.queries import resolve

pytestmark = pytest.mark.django_db(transaction=True)


def written(now: datetime, **values: str) -> int:
    (number,) = customers.submit([Submitted(reference="", values=values, source="page", at=now)], now)
    return int(number)


def test_who_is_written_down_on_a_page_is_recognised_by_email_and_phone(now: datetime) -> None:
    number = written(now, last_name="Roy", email="ana@example.org", phone="06 12 34 56 78")
    assert resolve("email", "Ana@Example.org") == number
    assert resolve("phone", "+33612345678") == number


def test_a_corrected_address_recognises_its_customer_too(now: datetime) -> None:
    number = written(now, last_name="Roy", email="ana@example.org")
    customers.correct(number, {"email": "ana.roy@example.org"}, now + timedelta(days=1), source="page")
    assert resolve("email", "ana.roy@example.org") == number


def test_an_address_of_somebody_else_stays_with_its_first_holder(now: datetime) -> None:
    first = written(now, last_name="Roy", email="home@example.org")
    written(now, last_name="Bel", email="home@example.org")
    assert resolve("email", "home@example.org") == first
