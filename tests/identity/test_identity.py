"""Values that point to customers."""

from __future__ import annotations

from datetime import datetime

import pytest

from cordiale.customers import actions as customers
from cordiale.errors import CordialeError
from cordiale.home import Home
from cordiale.identity import actions, queries
from cordiale.identity.models import Alias, Identity
from cordiale.lake import open_lake

pytestmark = pytest.mark.django_db


def row(customer: int, kind: str, value: str) -> dict[str, object]:
    return {"customer_id": customer, "kind": kind, "value": value, "source": "shop"}


@pytest.fixture
def two(now: datetime) -> tuple[int, int]:
    ids = customers.upsert([{"reference": "A"}, {"reference": "B"}], now)
    return ids["A"], ids["B"]


def test_two_spellings_of_a_value_meet(two: tuple[int, int], now: datetime) -> None:
    actions.link([row(two[0], "email", " Anne@Example.org"), row(two[0], "phone", "+33 6 12")], now)
    assert queries.resolve("email", "anne@example.ORG") == two[0]
    assert queries.resolve("phone", "+33612") == two[0]
    assert queries.resolve("phone", "0000") is None


def test_a_value_never_moves_to_another_customer_by_itself(two: tuple[int, int], now: datetime) -> None:
    a, b = two
    actions.link([row(a, "card", "77")], now)
    assert actions.link([row(b, "card", "77")], now) == [actions.Taken("card", "77", b, a)]
    assert queries.resolve("card", "77") == a


def test_linking_again_changes_nothing(two: tuple[int, int], now: datetime) -> None:
    for _ in range(2):
        assert actions.link([row(two[0], "card", "77"), row(two[0], "card", ""), row(two[0], "card", "77")], now) == []
    assert Identity.objects.count() == 1


def test_an_unknown_kind_is_refused(two: tuple[int, int], now: datetime) -> None:
    with pytest.raises(CordialeError, match="row 1: 'fax'"):
        actions.link([row(two[0], "fax", "1")], now)


def test_an_alias_is_followed_and_published_to_the_lake(two: tuple[int, int], now: datetime, fresh_home: Home) -> None:
    a, b = two
    actions.link([row(a, "card", "77")], now)
    Alias.objects.create(alias_id=a, customer_id=b, created_at=now, reason="same person")
    assert queries.resolve("card", "77") == b
    assert actions.publish_aliases() == 1
    assert open_lake().state().aliases.to_pylist() == [{"alias_id": a, "customer_id": b}]
