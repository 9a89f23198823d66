from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from cordiale.consent import actions as consent
from cordiale.customers.actions import upsert
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, Located
from cordiale.facts.actions import record
from cordiale.home import Home
from cordiale.identity.models import Visitor
from cordiale.lake import open_lake
from cordiale.rights import actions, expiry, retention
from cordiale.rights.models import Expiry

pytestmark = pytest.mark.django_db(transaction=True)
YEARS_AGO = timedelta(days=1500)


@pytest.fixture
def known(fresh_home: Home, now: datetime) -> dict[str, int]:
    """Three prospects and a customer, all collected four years ago."""
    rows = [
        {"reference": one, "last_name": one.title(), "created_at": now - YEARS_AGO}
        for one in ("ana", "bob", "cleo", "dan")
    ]
    ids = upsert(rows, now - YEARS_AGO)
    order = {"customer_id": ids["dan"], "ts": now - YEARS_AGO, "order_id": "o1", "line_no": 1, "product_id": "p",
             "quantity": 1, "amount": Decimal("9.90"), "discount": Decimal(0)}  # fmt: skip
    record("order_lines", pa.Table.from_pylist([order]))
    return ids


def happened(customer_id: int, name: str, at: datetime) -> None:
    row = {"customer_id": customer_id, "ts": at, "event_id": f"{name}{customer_id}", "name": name, "properties": "{}",
           "source": "shop"}  # fmt: skip
    record("events", pa.Table.from_pylist([row]))


def proposed() -> dict[int, str]:
    return dict(Expiry.objects.filter(state="proposed").values_list("customer_id", "who"))


def test_who_gave_no_sign_of_life_for_three_years_is_proposed(known: dict[str, int], now: datetime) -> None:
    happened(known["ana"], "Page Viewed", now - timedelta(days=30))
    consent.grant(known["bob"], [("offers", "email")], now, consent.Origin(source="form", language="fr"))
    expiry.propose(now)
    assert proposed() == {known["cleo"]: "prospects", known["dan"]: "customers"}


def test_an_opened_email_is_no_sign_of_life(known: dict[str, int], now: datetime) -> None:
    happened(known["ana"], "Email Opened", now - timedelta(days=1))
    expiry.propose(now)
    assert known["ana"] in proposed()


def test_nobody_is_treated_before_the_notice_is_over(known: dict[str, int], now: datetime) -> None:
    expiry.run(now)
    assert expiry.run(now + timedelta(days=29)).treated == 0
    assert expiry.run(now + timedelta(days=31)).treated == 4
    assert Customer.objects.count() == 0


def test_who_comes_back_within_the_notice_stays(known: dict[str, int], now: datetime) -> None:
    expiry.run(now)
    happened(known["ana"], "Page Viewed", now + timedelta(days=5))
    expiry.run(now + timedelta(days=31))
    assert list(Customer.objects.values_list("pk", flat=True)) == [known["ana"]]


def test_who_speaks_to_us_or_is_restricted_within_the_notice_stays(known: dict[str, int], now: datetime) -> None:
    expiry.run(now)
    later = now + timedelta(days=5)
    consent.grant(known["ana"], [("offers", "email")], later, consent.Origin(source="form", language="fr"))
    Customer.objects.filter(pk=known["bob"]).update(restricted_at=later)
    cleo = Customer.objects.get(pk=known["cleo"])
    actions.open_request(cleo, "access", channel="email", note="", received_at=later, actor="cli", now=later)
    expiry.run(now + timedelta(days=31))
    assert set(Customer.objects.values_list("pk", flat=True)) == {known["ana"], known["bob"], known["cleo"]}


def test_a_customers_orders_stay_as_nobodys_a_prospects_facts_go(known: dict[str, int], now: datetime) -> None:
    happened(known["cleo"], "Page Viewed", now - YEARS_AGO)
    happened(known["dan"], "Page Viewed", now - YEARS_AGO)
    expiry.run(now)
    expiry.run(now + timedelta(days=31))
    lake = open_lake()
    assert lake.query("SELECT customer_id FROM order_lines").to_pylist() == [{"customer_id": known["dan"]}]
    assert lake.query("SELECT count(*) AS n FROM events").to_pylist() == [{"n": 0}]


def test_who_is_kept_for_a_reason_is_not_treated(known: dict[str, int], now: datetime) -> None:
    expiry.run(now)
    with pytest.raises(CordialeError, match="why"):
        expiry.keep(known["ana"], "  ", actor="cli", now=now)
    expiry.keep(known["ana"], "warranty of five years", actor="cli", now=now)
    expiry.run(now + timedelta(days=31))
    assert Customer.objects.filter(pk=known["ana"]).exists()


def test_a_visitor_not_seen_for_thirteen_months_is_forgotten(fresh_home: Home, now: datetime) -> None:
    for number, last_seen in ((901, 500), (902, 30)):
        Visitor.objects.create(id=number, anonymous_id=f"a{number}", created_at=now - timedelta(days=600))
        happened(number, "Page Viewed", now - timedelta(days=last_seen))
    assert expiry.run(now).visitors == 1
    assert list(Visitor.objects.values_list("pk", flat=True)) == [902]
    assert open_lake().query("SELECT customer_id FROM events").to_pylist() == [{"customer_id": 902}]


def test_a_restricted_person_is_left_alone(known: dict[str, int], now: datetime) -> None:
    Customer.objects.filter(pk=known["ana"]).update(restricted_at=now)
    expiry.propose(now)
    assert known["ana"] not in proposed()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"keep": "3 lustrums"}, "no length of time"),
        ({"who": "everybody"}, "who is one of"),
        ({"then": "forget"}, "then is one of"),
    ],
)
def test_a_wrong_period_is_told_with_its_place(fresh_home: Home, change: dict[str, Any], problem: str) -> None:
    values = {"who": "prospects", "keep": "3 years", "then": "erase", "notice": "30 days", "source": "CNIL"} | change
    text = "periods:\n  - {" + ", ".join(f"{name}: {value}" for name, value in values.items()) + "}\n"
    (fresh_home.company / "retention.yaml").write_text(text)
    with pytest.raises(Located, match=problem) as caught:
        retention.periods()
    assert caught.value.line == 2
