"""Deciding about a pair: one person, two people, and taking either back. Merging itself is `identity`'s."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.customers.models import Customer
from cordiale.duplicates.models import State, Suggestion
from cordiale.duplicates.policy import policy
from cordiale.duplicates.rules.records import SOURCES
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.identity import actions as identity

AUTOMATIC = "automatic"
_MOST_A_RUN = 20_000
# One source gave the two different numbers: for it they are two people.
_SAME_SOURCE = """
WITH pairs AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS p (pair, first_id, second_id)),
sides AS (
    SELECT pair, 1 AS side, first_id AS id FROM pairs UNION ALL SELECT pair, 2, second_id FROM pairs
), members AS (
    SELECT pair, side, id FROM sides
    UNION ALL SELECT s.pair, s.side, c.id FROM sides s JOIN customers_customer c ON c.merged_into_id = s.id
), told AS (
    SELECT m.pair, m.side, i.source FROM members m
    JOIN identity_identity i ON i.customer_id = m.id AND i.kind = 'reference'
)
SELECT DISTINCT one.pair FROM told one JOIN told other USING (pair, source) WHERE one.side = 1 AND other.side = 2
"""


def get_suggestion(number: int) -> Suggestion:
    """The suggestion of that number with its two customers. Raises NotFound."""
    found = Suggestion.objects.select_related("first", "second").filter(pk=number).first()
    if found is None:
        raise NotFound("this pair is no longer suggested: one of the two changed since; reload the list")
    return found


def survivor_of(first: Customer, second: Customer) -> Customer:
    """Who stays: known longer, else of whom more is known, else the smaller number."""
    return min((first, second), key=lambda one: (one.created_at, -sum(bool(getattr(one, n)) for n in SOURCES), one.pk))


@transaction.atomic
def merge_pair(number: int, *, actor: Staff | str, now: datetime) -> Suggestion:
    """The two are one person. Raises Refused where that is decided already or one of them is gone."""
    pair = _locked(number)
    if pair.state != State.OPEN or pair.first.merged_into_id or pair.second.merged_into_id:
        raise Refused("somebody decided about this pair already; reload the list to see what is left")
    survivor = survivor_of(pair.first, pair.second)
    merged = pair.second if survivor.pk == pair.first_id else pair.first
    reason = f"duplicate, probability {pair.probability:.4f}"
    identity.merge(survivor.pk, merged.pk, actor=actor, reason=reason, now=now)
    return _decide(pair, State.MERGED, actor, now, survivor.pk)


@transaction.atomic
def refuse(number: int, *, actor: Staff | str, now: datetime) -> Suggestion:
    """The two are different people: not suggested again unless their data change materially."""
    pair = _locked(number)
    if pair.state != State.OPEN:
        raise Refused("somebody decided about this pair already; reload the list to see what is left")
    return _decide(pair, State.REFUSED, actor, now, None)


@transaction.atomic
def take_back(number: int, *, actor: Staff | str, now: datetime) -> Suggestion:
    """Undo a decision: a merged pair is un-merged (and counts as told apart), a pair told apart is open again."""
    pair = _locked(number)
    if pair.state == State.MERGED:
        merged = pair.second_id if pair.survivor_id == pair.first_id else pair.first_id
        identity.unmerge(merged, actor=actor, now=now)
        return _decide(pair, State.REFUSED, actor, now, None)
    if pair.state == State.REFUSED and pair.weight is not None:
        return _decide(pair, State.OPEN, actor, now, None)
    raise Refused("there is nothing to take back: this pair waits for a decision")


def merge_automatically(now: datetime) -> int:
    """Merge the pairs above the automatic threshold, if that is switched on; how many.

    A customer takes part once a run: what he has become is compared again before he is merged with a third.
    """
    if not policy().is_automatic:
        return 0
    pairs = Suggestion.objects.filter(
        state=State.OPEN, can_be_automatic=True, first__merged_into=None, second__merged_into=None,
        first__restricted_at=None, second__restricted_at=None,
    )  # fmt: skip
    rows = list(pairs.order_by("-probability", "pk").values_list("pk", "first_id", "second_id")[:_MOST_A_RUN])
    apart, taken, merged = two_numbers(rows), set[int](), 0
    for number, first, second in rows:
        if number in apart or {first, second} & taken:
            continue
        taken |= {first, second}
        merged += _merge_or_leave(number, now)
    return merged


def two_numbers(pairs: Iterable[tuple[int, int, int]]) -> set[int]:
    """Of pairs (number, first, second): the numbers of those whom one source knows under two references."""
    numbers, firsts, seconds = zip(*pairs, strict=True) if (pairs := list(pairs)) else ((), (), ())
    with connection.cursor() as cursor:
        cursor.execute(_SAME_SOURCE, [list(numbers), list(firsts), list(seconds)])
        return {number for (number,) in cursor.fetchall()}


def _merge_or_leave(number: int, now: datetime) -> int:
    try:
        merge_pair(number, actor=AUTOMATIC, now=now)
    except CordialeError:  # decided meanwhile, or identity knows a reason: the pair stays for a person to look at
        return 0
    return 1


def _locked(number: int) -> Suggestion:
    Suggestion.objects.select_for_update().filter(pk=number).first()
    return get_suggestion(number)


def _decide(pair: Suggestion, state: State, actor: Staff | str, now: datetime, survivor: int | None) -> Suggestion:
    is_open = state == State.OPEN
    pair.state, pair.survivor_id = state, survivor
    pair.decided_at, pair.decided_by = (None, "") if is_open else (now, str(actor)[:254])
    pair.save(update_fields=["state", "survivor_id", "decided_at", "decided_by"])
    detail: dict[str, Any] = {"customers": [pair.first_id, pair.second_id]}
    audit(
        "duplicate", str(pair.pk), {"merged": "merge", "refused": "tell apart"}.get(state, "reopen"), actor, detail, now
    )
    return pair
