"""A shop of tea and bread: 520 customers with two tastes; Anne, Bob (restricted) and Paul (no purchase) are named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client
from django.utils import translation

from cordiale.accounts.models import Staff
from cordiale.customers.models import Customer
from cordiale.facts.actions import record
from cordiale.home import Home
from cordiale.recommendations import catalogue, fits
from cordiale.recommendations.models import Fit

PEOPLE, PRODUCTS, DAYS = 520, 60, 90
DAY = timedelta(days=1)
_fitted: dict[str, Any] = {}
"""The model takes seconds to choose: it is fitted once, and put into the home of each test."""


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def people(now: datetime) -> list[Customer]:
    rows = [
        Customer(reference=f"c{number}", first_name="Ana", last_name=f"N{number}", created_at=now, updated_at=now)
        for number in range(PEOPLE)
    ]  # fmt: skip
    rows[0].reference, rows[0].first_name, rows[0].language = "anne", "Anne", "en"
    rows[1].reference, rows[1].restricted_at = "bob", now
    return Customer.objects.bulk_create([*rows, Customer(reference="paul", created_at=now, updated_at=now)])


def lines(customers: list[Customer], now: datetime) -> pa.Table:
    """Each second customer buys of the first thirty products (TEA), the others of the rest (BREAD), every 15 days."""
    rows = []
    for place, one in enumerate(customers[:PEOPLE]):
        for visit in range(7):
            at = now - DAY * (8 + 15 * visit + place % 7) - timedelta(hours=1)
            half, first = (place % 2) * 30, place // 2 + visit // 3
            rows += [line(one, at, f"{one.pk}-{visit}", n, half + (first + n) % 30) for n in (1, 2)]
    return pa.Table.from_pylist(rows)


def line(customer: Customer, at: datetime, order: str, line_no: int, number: int) -> dict[str, Any]:
    return {
        "customer_id": customer.pk, "ts": at, "order_id": order, "line_no": line_no, "product_id": f"p{number:02}",
        "category": "TEA" if number < 30 else "BREAD", "department": "FOOD", "brand": "Own", "store": "1",
        "channel": "store", "quantity": 2, "amount": Decimal("7.00"), "discount": Decimal("1.00"), "source": "test",
    }  # fmt: skip


@pytest.fixture
def shop(db: None, fresh_home: Home, now: datetime) -> list[Customer]:
    """Customers with their orders in the lake; products filled; nothing fitted."""
    customers = people(now)
    record("order_lines", lines(customers, now))
    (fresh_home.company / "categories.yaml").write_text("TEA: {fr: Thé, en: Tea}\nBREAD: {fr: Pain, en: Bread}\n")
    catalogue.fill(now)
    return customers


@pytest.fixture
def fitted(shop: list[Customer], fresh_home: Home, now: datetime) -> list[Customer]:
    """The same, with a model in force."""
    if not _fitted:
        made = fits.fit(now, actor="test")
        _fitted["bytes"] = (fresh_home.root / "models" / made.file).read_bytes()
        _fitted["row"] = {one.name: getattr(made, one.name) for one in Fit._meta.fields if one.name != "id"}
        return shop
    folder = fresh_home.root / "models"
    folder.mkdir()
    (folder / _fitted["row"]["file"]).write_bytes(_fitted["bytes"])
    Fit.objects.create(**_fitted["row"])
    return shop


@pytest.fixture
def anne(fitted: list[Customer]) -> Customer:
    return fitted[0]


@pytest.fixture
def paul(fitted: list[Customer]) -> Customer:
    return fitted[-1]


@pytest.fixture
def staff(db: None, now: datetime) -> Staff:
    """An administrator who reads English."""
    return Staff.objects.create(
        email="ada@example.org", name="Ada", role="administrator", language="en", created_at=now
    )  # fmt: skip


@pytest.fixture
def pages(client: Client, staff: Staff) -> Client:
    client.force_login(staff)
    return client


def write_guides(folder: Path) -> None:
    """One guide: strong or mild tea, and a budget."""
    (folder / "guides.yaml").write_text(
        "guides:\n"
        "  tea:\n"
        "    title: {fr: Quel thé pour vous ?, en: Which tea is for you?}\n"
        "    intro: {fr: Deux questions., en: Two questions.}\n"
        "    categories: [TEA]\n"
        "    questions:\n"
        "      taste:\n"
        "        title: {fr: Quel goût ?, en: Which taste?}\n"
        "        choices:\n"
        '          strong: {title: {fr: Corsé, en: Strong}, attributes: {"taste: strong": 2}}\n'
        '          mild: {title: {fr: Doux, en: Mild}, attributes: {"taste: mild": 2}}\n'
        "      budget:\n"
        "        title: {fr: Quel budget ?, en: Which budget?}\n"
        "        choices:\n"
        "          small: {title: {fr: Moins de 5 €, en: Under €5}, price: {at_most: 5}}\n"
    )
