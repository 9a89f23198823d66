"""Reads of customers."""

from __future__ import annotations

import tempfile
from datetime import datetime

import pyarrow as pa
import pyarrow.csv
from django.db import connection
from django.db.models import QuerySet

from cordiale.customers import golden
from cordiale.customers.models import Customer
from cordiale.customers.search import PAGE_AT_MOST, Found, register_finder, search
from cordiale.errors import NotFound

__all__ = ["Found", "register_finder", "search"]

FOUND_AT_MOST = 20
_PROFILES = """
COPY (SELECT id AS customer_id, reference, language, city, postcode, country, timezone, birth_on,
        (extract(epoch FROM created_at) * 1000000)::bigint AS created_at, email <> '' AS has_email, declared
    FROM customers_customer WHERE merged_into_id IS NULL ORDER BY id) TO STDOUT (FORMAT csv, HEADER)
"""
_PROFILE_TYPES = {
    "customer_id": pa.int64(),
    "reference": pa.string(),
    "language": pa.string(),
    "city": pa.string(),
    "postcode": pa.string(),
    "country": pa.string(),
    "timezone": pa.string(),
    "birth_on": pa.date32(),
    "created_at": pa.int64(),
    "has_email": pa.bool_(),
    "declared": pa.string(),
}


def find(text: str) -> list[Customer]:
    """At most 20 customers for `text`, the likeliest first; `search` also says why each was found."""
    return [one.customer for one in search(text, at_most=FOUND_AT_MOST)]


def matching(text: str, at_most: int = PAGE_AT_MOST) -> QuerySet[Customer]:
    """Those `search` finds, to narrow another query; empty text matches everybody."""
    if not text.strip():
        return Customer.objects.all()
    return Customer.objects.filter(id__in=[one.customer.id for one in search(text, at_most=at_most)])


def get_customer(name: str) -> Customer:
    """Who has the reference `name`, else the number; of a merged customer, the survivor. Raises NotFound."""
    found = Customer.everyone.filter(reference=name).first()
    if found is None and name.isdecimal() and len(name) < 19:
        found = Customer.everyone.filter(id=int(name)).first()
    if found is not None and found.merged_into_id is not None:
        found = Customer.everyone.filter(id__in=golden.survivors([found.id]).values()).first()
    if found is None:
        raise NotFound(f"no customer has the reference or number '{name}'; look for one with 'customers find'")
    return found


def profiles_table() -> pa.Table:
    """All customers for segments and programmes, one row each by `customer_id`; `declared` is JSON text."""
    with tempfile.TemporaryFile() as file, connection.cursor() as cursor:
        with cursor.copy(_PROFILES) as copy:
            for block in copy:
                file.write(block)
        file.seek(0)
        return _profiles_from(file)


def _profiles_from(file: object) -> pa.Table:
    table = pyarrow.csv.read_csv(
        file,
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=_PROFILE_TYPES, true_values=["t"], false_values=["f"], strings_can_be_null=False
        ),
    )
    place = table.column_names.index("created_at")
    instants = table.column("created_at").cast(pa.timestamp("us", tz="UTC"))
    return table.set_column(place, "created_at", instants)


def count() -> int:
    """How many customers there are."""
    return Customer.objects.count()


def created_since(moment: datetime) -> int:
    """How many became known since `moment`."""
    return Customer.objects.filter(created_at__gte=moment).count()
