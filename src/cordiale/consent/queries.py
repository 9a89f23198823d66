"""What people allow: the state of one, the table of all, and who may be contacted."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import connection

from cordiale import home
from cordiale.consent import rules
from cordiale.consent.models import Consent, ConsentProof
from cordiale.consent.purposes import get_purpose, purposes
from cordiale.consent.rules import Wording
from cordiale.customers.models import Customer

ALLOWED, NO_ADDRESS, NOT_GRANTED, HAS_WITHDRAWN, OPPOSED, RESTRICTED, MERGED = (
    "allowed",
    "no-address",
    "not-granted",
    "withdrawn",
    "opposed",
    "restricted",
    "merged",
)

_ADDRESS_SQL = {
    "email": 'lower(btrim({customer}.email) collate "C")',
    "sms": "regexp_replace(regexp_replace({customer}.phone, '[^0-9+]', '', 'g'), '^00', '+')",
    "phone": "regexp_replace(regexp_replace({customer}.phone, '[^0-9+]', '', 'g'), '^00', '+')",
    "letter": "lower(regexp_replace(btrim(concat_ws(' ', nullif({customer}.street, ''),"
    " nullif({customer}.postcode, ''), nullif({customer}.city, ''))), ' +', ' ', 'g') collate \"C\")",
}


def address_sql(channel: str, customer: str = "customer") -> str:
    """The normalised address of the customer row called `customer` in a statement (empty where unknown)."""
    return _ADDRESS_SQL[rules.require_channel(channel)].format(customer=customer)


HASH_SQL = (
    "encode(sha256(%(outer)s::bytea || sha256(%(inner)s::bytea ||"
    " convert_to(%(channel)s || ':' || {address}, 'UTF8'))), 'hex')"
)
"""`rules.address_hash` in PostgreSQL (HMAC written out); parameters from `hash_parameters`."""


def hash_parameters(channel: str) -> dict[str, Any]:
    """What a statement with `HASH_SQL` binds."""
    inner, outer = _pads(opposition_key(home.current()))
    return {"inner": inner, "outer": outer, "channel": channel}


@lru_cache(maxsize=8)
def opposition_key(of: home.Home) -> bytes:
    """The secret that turns addresses into hashes. Losing it loses the opposition list: back `run/` up."""
    return of.secret("opposition_key").encode()


def _pads(key: bytes) -> tuple[bytes, bytes]:
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def address_hash(channel: str, address: str) -> str:
    """How the opposition list knows `address`."""
    return rules.address_hash(opposition_key(home.current()), channel, address)


def state(customer_id: int) -> dict[tuple[str, str], Consent]:
    """What the customer allows, by (purpose, channel), each with the proof that made it so."""
    rows = Consent.objects.filter(customer_id=customer_id).select_related("proof")
    return {(row.purpose_id, row.channel): row for row in rows}


def list_proofs(customer_id: int, limit: int = 50) -> list[ConsentProof]:
    """The customer's lines of the ledger, newest first, at most `limit`."""
    return list(ConsentProof.objects.filter(customer_id=customer_id).order_by("-at", "-id")[:limit])


def consents_table() -> pa.Table:
    """Everybody's state: customer_id int64, purpose, channel, state (strings). For segments."""
    copied = io.BytesIO()
    statement = "copy (select customer_id, purpose_id, channel, state from consent_consent) to stdout (format csv)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in copy:
            copied.write(part)
    columns = {"customer_id": pa.int64(), "purpose": pa.string(), "channel": pa.string(), "state": pa.string()}
    schema = pa.schema(columns)
    if not copied.tell():
        return schema.empty_table()
    copied.seek(0)
    options = pyarrow.csv.ReadOptions(column_names=list(columns))
    return pyarrow.csv.read_csv(copied, options, convert_options=pyarrow.csv.ConvertOptions(column_types=schema))


STANDING_SQL = """
select customer.id,
       case when customer.merged_into_id is not null then 'merged'
            when customer.restricted_at is not null then 'restricted'
            when {address} = '' then 'no-address'
            when opposition.id is not null then 'opposed'
            when consent.state = 'withdrawn' then 'withdrawn'
            when consent.state = 'granted' or not %(needs_consent)s then 'allowed'
            else 'not-granted' end as standing
from unnest(%(customer_ids)s::bigint[]) as asked(id)
join customers_customer customer on customer.id = asked.id
left join consent_consent consent on consent.customer_id = customer.id and consent.purpose_id = %(purpose)s
     and consent.channel = %(channel)s
left join consent_opposition opposition on opposition.channel = %(channel)s and opposition.address_hash = {hash}
"""
"""Why each customer may or may not be contacted: one statement whatever their number."""


def standing(customer_ids: Iterable[int], purpose: str, channel: str) -> dict[int, str]:
    """For each customer known: `allowed`, or why not (`merged`, `restricted`, `no-address`, `opposed`, …).

    Raises CordialeError for an unknown purpose or channel.
    """
    address = address_sql(channel)
    statement = STANDING_SQL.format(address=address, hash=HASH_SQL.format(address=address))
    values = hash_parameters(channel) | {
        "customer_ids": list(customer_ids),
        "purpose": purpose,
        "needs_consent": get_purpose(purpose).legal_basis == "consent",
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return dict(cursor.fetchall())


def may_contact(customer_ids: Iterable[int], purpose: str, channel: str) -> set[int]:
    """Those of `customer_ids` who may be contacted for `purpose` through `channel` now."""
    return {customer for customer, answer in standing(customer_ids, purpose, channel).items() if answer == ALLOWED}


def opposed(channel: str, addresses: Sequence[str]) -> set[str]:
    """Those of `addresses`, as written, that are on the opposition list."""
    hashes = {address_hash(channel, address): address for address in addresses}
    with connection.cursor() as cursor:
        cursor.execute(
            "select address_hash from consent_opposition where channel = %s and address_hash = any(%s)",
            [channel, list(hashes)],
        )
        found = {row[0] for row in cursor.fetchall()}
    return {address for address in addresses if address_hash(channel, address) in found}


def address_of(customer: Customer, channel: str) -> str:
    """Where a channel reaches the customer, as written; empty where it does not."""
    if channel == "email":
        return customer.email
    if channel in {"sms", "phone"}:
        return customer.phone
    return " ".join(part for part in (customer.street, customer.postcode, customer.city) if part)


@dataclass(frozen=True)
class Choice:
    """A purpose through a channel as its owner sees it: allowed or not, and the line of the ledger that says so."""

    purpose: Wording
    channel: str
    is_allowed: bool
    consent: Consent | None

    @property
    def key(self) -> str:
        """As forms write it: `offers:email`."""
        return f"{self.purpose.code}:{self.channel}"


def choices(customer: Customer) -> list[Choice]:
    """Every purpose through every channel that reaches the customer."""
    present = state(customer.pk)
    reached = [channel for channel in rules.CHANNELS if address_of(customer, channel)]
    return [_choice(purpose, channel, present) for purpose in purposes().values() for channel in reached]


def _choice(purpose: Wording, channel: str, present: Mapping[tuple[str, str], Consent]) -> Choice:
    consent = present.get((purpose.code, channel))
    is_allowed = consent.state == rules.GRANTED if consent else purpose.legal_basis != "consent"
    return Choice(purpose, channel, is_allowed, consent)


def count_recent_statements(customer_id: int, since: datetime) -> int:
    """How many lines the ledger got from the customer's own pages since `since`."""
    sources = ("preference page", "one-click")
    return ConsentProof.objects.filter(customer_id=customer_id, source__in=sources, at__gt=since).count()
