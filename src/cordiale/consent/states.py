"""The present states, folded from the ledger. A merged customer's lines count for whom they were merged into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from cordiale.consent.rules import PERSONAL_SOURCES
from cordiale.identity.queries import survivors

# The ledger is folded the same way whatever order its lines arrive in: the latest line that counts decides, and only
# a withdrawal or the person's own word counts; other grants decide only where nothing else was ever said. Of customers
# who were merged each is folded up to the merge: where one of them had withdrawn, that stands until the person says
# otherwise since, so that a merge resubscribes nobody.
_WRITE = """
insert into consent_consent (customer_id, purpose_id, channel, state, since, proof_id)
with touched as (
  select distinct coalesce(nullif(c.merged_into_id, c.id), c.id) as head, purpose_id, channel
  from unnest(%(customers)s::bigint[], %(purposes)s::text[], %(channels)s::text[])
       as given (customer_id, purpose_id, channel) join customers_customer c on c.id = given.customer_id
), members as (
  select head, head as member from (select distinct head from touched) heads
  union
  select c.merged_into_id, c.id from customers_customer c join (select distinct head from touched) heads
    on c.merged_into_id = heads.head
), merged as (
  select m.head, max(one.at) as at from members m join identity_merge one on one.merged_id = m.member
  where m.member <> m.head and one.undone_at is null group by m.head
), lines as (
  select m.head, m.member, proof.purpose_id, proof.channel, proof.state, proof.at, proof.id,
         proof.state = 'withdrawn' or proof.source = any(%(personal)s) as counts,
         proof.at > coalesce(merged.at, '-infinity') as is_since
  from touched t join members m on m.head = t.head left join merged on merged.head = m.head
  join consent_consentproof proof on proof.customer_id = m.member and proof.purpose_id = t.purpose_id
    and proof.channel = t.channel
), each as (
  select *, row_number() over (partition by member, purpose_id, channel, is_since
                               order by counts desc, at desc, (state = 'withdrawn') desc, id desc) as place
  from lines
)
select distinct on (head, purpose_id, channel) head, purpose_id, channel, state, at, id from each where place = 1
order by head, purpose_id, channel, (is_since and counts) desc, counts desc,
         (not is_since and state = 'withdrawn') desc, at desc, (state = 'withdrawn') desc, id desc
on conflict (customer_id, purpose_id, channel) do update
set state = excluded.state, since = excluded.since, proof_id = excluded.proof_id
where consent_consent.proof_id <> excluded.proof_id
"""
_FORGET = "delete from consent_consent where customer_id = any(%s)"
_SAID = """
select distinct customer_id, purpose_id, channel from consent_consentproof
where customer_id = any(%(ids)s)
   or customer_id in (select id from customers_customer where merged_into_id = any(%(ids)s))
"""


def write(customers: Sequence[int], purposes: Sequence[str], channels: Sequence[str]) -> None:
    """Bring states up to date with the ledger; three columns of what was spoken of."""
    values: dict[str, Any] = {
        "customers": list(customers), "purposes": list(purposes), "channels": list(channels),
        "personal": list(PERSONAL_SOURCES),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)


def fold_again(customer_ids: Sequence[int]) -> None:
    """Write all states of some customers anew: who is merged has none of its own."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [list(customer_ids)])
        cursor.execute(_SAID, {"ids": list(customer_ids)})
        said = cursor.fetchall()
    if said:
        customers, purposes, channels = zip(*said, strict=True)
        write(customers, purposes, channels)


def present(customer_id: int) -> int:
    """Whose states those of a number are: his own, or those of the one he was merged into."""
    return survivors([customer_id])[customer_id]
