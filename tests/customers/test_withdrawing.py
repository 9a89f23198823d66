"""A source is taken back in parts, thousands of customers at a time, with the outcome of one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import ProtectedError

from cordiale.consent.actions import record as agree
from cordiale.consent.rules import ConsentEntry
from cordiale.customers import actions, withdrawing
from cordiale.customers.actions import Submitted
from cordiale.customers.models import Customer, Submission
from cordiale.identity.actions import merge

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def told(reference: str, at: datetime, source: str, **values: Any) -> Submitted:
    return Submitted(values=values, source=source, at=at, reference=reference)


@pytest.fixture
def base(now: datetime) -> list[int]:
    """Fifty people of a file: alone, known to others, merged, with a line of the ledger."""
    ids = actions.submit([told(f"u{number}", now, "file", city="Metz") for number in range(50)], now)
    actions.submit([told(f"u{number}", now + DAY, "crm", city="Lyon") for number in range(0, 50, 5)], now + DAY)
    agree([ConsentEntry(customer_id=ids[number], purpose="offers", channel="email", state="granted", at=now,
                        source="shop", wording="Yes") for number in range(1, 50, 5)], now)  # fmt: skip
    for number in range(2, 50, 10):
        merge(ids[number], ids[number + 1], actor="test", reason="", now=now)
    return ids


def one_by_one(customer_ids: Sequence[int]) -> list[int]:
    """The plain way to the same outcome."""
    gone = []
    for id_ in sorted(customer_ids):
        wanted = Customer.everyone.filter(id=id_, merged_into__isnull=True, merged__isnull=True)
        if Submission.objects.filter(customer_id=id_).exists() or not wanted.exists():
            continue
        try:
            with transaction.atomic():
                wanted.delete()
        except ProtectedError:
            continue
        gone.append(id_)
    return gone


def left() -> list[tuple[Any, ...]]:
    return list(Customer.everyone.order_by("id").values_list("id", "city", "sources", "merged_into_id"))


def test_discarding_thousands_leaves_what_discarding_one_by_one_leaves(base: list[int]) -> None:
    Submission.objects.filter(source="file").delete()
    place = transaction.savepoint()
    expected = one_by_one(base)
    after = left()
    transaction.savepoint_rollback(place)
    assert actions.discard(base) == expected
    assert left() == after
    assert 0 < len(expected) < len(base)


def test_a_source_taken_back_in_parts_leaves_what_it_leaves_as_a_whole(
    base: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = transaction.savepoint()
    (whole,) = actions.withdraw_source("file", now + 2 * DAY, busy=lambda ids: set(ids[:3]))
    expected = left()
    transaction.savepoint_rollback(place)
    monkeypatch.setattr(withdrawing, "AT_ONCE", 7)
    parts = list(actions.withdraw_source("file", now + 2 * DAY, busy=lambda ids: set(ids) & set(whole.emptied[:3])))
    assert len(parts) > 7
    assert sorted(one for part in parts for one in part.gone) == whole.gone
    assert left() == expected


def test_whom_others_know_keeps_what_they_say_and_nobody_is_left_with_words_of_the_file(
    base: list[int], now: datetime
) -> None:
    list(actions.withdraw_source("file", now + 2 * DAY, busy=lambda _ids: set()))
    known = Customer.objects.filter(id__in=base[::5])
    assert {one.city for one in known} == {"Lyon"}
    assert {one.city for one in Customer.objects.exclude(id__in=base[::5])} == {""}
    assert not Submission.objects.filter(source="file").exists()


def test_taken_back_again_after_a_crash_goes_on_where_it_stopped(
    base: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawing, "AT_ONCE", 20)
    first = next(actions.withdraw_source("file", now, busy=lambda _ids: set()))
    rest = list(actions.withdraw_source("file", now, busy=lambda _ids: set()))
    assert set(first.gone).isdisjoint(one for part in rest for one in part.gone)
    assert sorted(one for part in (first, *rest) for one in part.emptied) == sorted(set(base) - set(base[::5]))
