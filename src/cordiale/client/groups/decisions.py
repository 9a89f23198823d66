"""The operations of `decisions` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from typing import Any

from cordiale.client.connection import Connection, Instant, Shape, part


class CustomerExplained(Shape, frozen=True, kw_only=True):
    """The latest 200 proposals, newest first, and why nothing was proposed elsewhere."""

    customer: str
    customer_id: int
    proposals: list[ProposalOut]
    why_not: list[WhyNotOut]


class DecisionOut(Shape, frozen=True, kw_only=True):
    """One answer to a proposal: the rule that decided, in words, and the values it saw (by the rule's own names)."""

    at: Instant
    verdict: str
    rule: str
    words: str
    values: dict[str, Any]


class ProposalOut(Shape, frozen=True, kw_only=True):
    """A contact that was proposed. `verdict` to `values` are of the last decision (`open` while it waits for its
    first); `decisions` has all, newest first.
    """

    proposal_id: int
    programme: str
    step: str
    channel: str
    purpose: str
    template: str
    proposed_at: Instant
    is_open: bool
    verdict: str
    rule: str
    words: str
    values: dict[str, Any]
    decisions: list[DecisionOut]


class WhyNotOut(Shape, frozen=True, kw_only=True):
    """Why a programme proposed nothing."""

    programme: str
    rule: str
    words: str
    values: dict[str, Any]


class Decisions:
    """`client.decisions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def explain(self, reference: str, *, programme: str = "") -> CustomerExplained:
        """Every decision on one customer, in words and values. Of one programme where it is named. 404 for an unknown
        reference.
        """
        return self._connection.call(
            "GET",
            f"/api/v1/decisions/{part(reference)}",
            CustomerExplained,
            query={"programme": programme},
            is_repeatable=True,
        )
