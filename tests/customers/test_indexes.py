from __future__ import annotations

import pytest
from django.db import connection, transaction

from cordiale.customers import indexes
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError

pytestmark = pytest.mark.django_db(transaction=True)


def present() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
        return {name for (name,) in cursor.fetchall()}


def definitions() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexname = ANY(%s)", [list(indexes.SET_ASIDE)]
        )
        return sorted(cursor.fetchall())


def test_indexes_stand_aside_while_an_empty_base_is_filled_and_come_back_the_same() -> None:
    before = definitions()
    with indexes.aside(indexes.WORTH_IT):
        assert present().isdisjoint(indexes.SET_ASIDE)
        assert "customer_reference_is_unique" in present()
    assert definitions() == before


def test_a_small_load_or_a_large_base_leaves_them(now: object, monkeypatch: pytest.MonkeyPatch) -> None:
    with indexes.aside(indexes.WORTH_IT - 1):
        assert present() >= set(indexes.SET_ASIDE)
    monkeypatch.setattr(indexes, "WORTH_IT", 4)
    Customer.objects.bulk_create(
        Customer(reference=f"C{number}", created_at=now, updated_at=now) for number in range(3)
    )
    with indexes.aside(8):
        assert present() >= set(indexes.SET_ASIDE)


def test_they_come_back_after_a_load_that_failed() -> None:
    with pytest.raises(RuntimeError), indexes.aside(indexes.WORTH_IT):
        raise RuntimeError
    assert present() >= set(indexes.SET_ASIDE)


def test_what_a_killed_load_left_out_is_built_again() -> None:
    indexes._drop()
    assert sorted(indexes.ensure()) == sorted(indexes.SET_ASIDE)
    assert indexes.ensure() == []


def test_a_load_that_is_taken_up_again_builds_what_was_left_out(now: object, monkeypatch: pytest.MonkeyPatch) -> None:
    indexes._drop()
    monkeypatch.setattr(indexes, "WORTH_IT", 4)
    Customer.objects.bulk_create(
        Customer(reference=f"C{number}", created_at=now, updated_at=now) for number in range(3)
    )
    with indexes.aside(8):
        assert present().isdisjoint(indexes.SET_ASIDE)
    assert present() >= set(indexes.SET_ASIDE)


def test_nothing_is_set_aside_inside_a_transaction() -> None:
    with pytest.raises(CordialeError, match="outside a transaction"), transaction.atomic():
        indexes._drop()
