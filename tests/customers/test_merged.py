"""Whoever is merged points to somebody who is there: PostgreSQL itself refuses anything else."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from cordiale.customers.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ana(now: datetime) -> Customer:
    return Customer.objects.create(reference="A", created_at=now, updated_at=now)


def test_nobody_is_merged_into_a_customer_who_is_not_there(ana: Customer) -> None:
    with pytest.raises(IntegrityError, match="merged into nobody"), transaction.atomic():
        Customer.objects.filter(pk=ana.pk).update(merged_into=ana.pk + 1)


def test_nobody_goes_into_whom_others_were_merged(ana: Customer, now: datetime) -> None:
    bea = Customer.objects.create(reference="B", created_at=now, updated_at=now, merged_into=ana)
    with pytest.raises(IntegrityError, match="are merged into"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_customer WHERE id = %s", [ana.pk])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_customer WHERE id = ANY(%s)", [[ana.pk, bea.pk]])
    assert not Customer.everyone.exists()
