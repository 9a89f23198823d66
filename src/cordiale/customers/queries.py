"""Reads of customers."""

from __future__ import annotations

import tempfile
from datetime import datetime

import pyarrow as pa
import pyarrow.csv
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from cordiale.customers import golden, rules
from cordiale.customers.models import Customer
from cordiale.errors import NotFound

FOUND_AT_MOST = 20
_SORTED_AT_MOST = 5_000  # a short prefix matches a fifth of all names: sorting them all would take seconds
# OFFSET keeps PostgreSQL from walking the index on names instead, which is slow when few match.
_FOUND = "SELECT id FROM customers_customer WHERE customers_words(first_name, last_name) @@ %s::tsquery AND merged_into_id IS NULL OFFSET 0 LIMIT %s"
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


def matching(text: str, at_most: int | None = None) -> QuerySet[Customer]:
    """Customers with a name, email, phone or reference that begins with each word of `text`, in any order.

    Accents and case do not count. Empty text matches everybody; text without a letter or figure nobody. With `at_most`
    no more than so many are looked at, whichever come first.
    """
    if not text.strip():
        return Customer.objects.all()
    groups = rules.terms(text)
    if not groups:
        return Customer.objects.none()
    found = RawSQL(_FOUND, [rules.tsquery(groups), at_most])  # noqa: S611 - values are bound
    text = text.strip()
    digits = "".join(letter for letter in text if letter.isdigit())
    told = Q(reference__istartswith=text) | Q(email__startswith=text.lower())
    if rules.is_phone(text) and digits.lstrip("0"):
        told |= Q(phone__contains=digits.lstrip("0"))
    return Customer.objects.filter(Q(id__in=found) | told)


def find(text: str) -> list[Customer]:
    """At most 20 customers for `text`, who has it as reference first, then by name; none for a single letter."""
    text = text.strip()
    exact = list(Customer.objects.filter(reference=text)) if text else []
    if len(text) < 2:
        return exact
    others = matching(text, _SORTED_AT_MOST).exclude(id__in=[one.id for one in exact])
    return [*exact, *others.order_by("last_name", "first_name", "id")[: FOUND_AT_MOST - len(exact)]]


def get_customer(name: str) -> Customer:
    """Who has the reference `name`, else the number; of a merged customer, the survivor. Raises NotFound."""
    found = Customer.everyone.filter(reference=name).first()
    if found is None and name.isdecimal() and len(name) < 19:
        found = Customer.everyone.filter(id=int(name)).first()
    if found is not None and found.merged_into_id is not None:
        found = Customer.everyone.filter(id=golden.survivors([found.id]).get(found.id)).first()
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
