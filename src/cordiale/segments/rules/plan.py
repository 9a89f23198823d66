"""A compiled query and what it joins: the answer's rows, its counts, its combinations, some of its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from cordiale.segments.rules.fragments import case, equals, or_false
from cordiale.segments.rules.tree import Declared

_SPREAD = "(customer_id % 4294967296 * 1103515245 + 12345) % 2147483648 // 65536"
"""A number of a customer that has nothing to do with when he came."""
Mark = tuple[str, ...]
"""What PostgreSQL says of some customers: ("granted" or "withdrawn", purpose, channel), ("opposed", channel),
("listed", name)."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A query and the relations it joins.

    `sql` gives `customer_id` (and `candidate_id` where it runs over candidates), one boolean column `o_<n>` an output
    (true where it holds, else false or NULL) and one column `v_<n>` a value. `profile` and `declared` are the columns
    of the relation `profiles` (`declared` ones as `declared_<n>` in this order); the n-th of `marks` is the relation
    `mark_<n>`, the `customer_id`, each once, of those who have it; `given` are relations of facts
    (`language.GIVEN`), each with the subjects that are asked for. `without_merged`: it joins the relation `merged`.
    """

    select: exp.Select
    profile: tuple[str, ...]
    declared: tuple[Declared, ...]
    marks: tuple[Mark, ...]
    given: Mapping[str, tuple[str, ...]]
    has_facts: bool
    outputs: int
    without_merged: bool

    @property
    def sql(self) -> str:
        """The query, in the dialect definitions are written in."""
        return self.select.sql("duckdb")

    @property
    def counting(self) -> str:
        """The query that counts: `total` rows, and how many hold as `o_<n>`."""
        return self.counting_with(0)

    def counting_with(self, samples: int) -> str:
        """The same, with `p_<n>`: the numbers of some customers for whom the first output holds, always the same.

        Each is the lowest number of its own part of all customers, so one pass finds them all.
        """
        held_by = [exp.CountIf(this=exp.column(f"o_{n}")) for n in range(self.outputs)]
        zero = exp.Literal.number(0)  # of nobody count_if is NULL; counting a CASE takes half as long again
        counts = [
            exp.alias_(exp.Coalesce(this=one, expressions=[zero.copy()]), f"o_{n}") for n, one in enumerate(held_by)
        ]
        total = exp.alias_(exp.Count(this=exp.Star()), "total")
        held = self.select
        if samples:
            place = f"CASE WHEN o_0 THEN {_SPREAD} % {samples} END"
            held = exp.select(exp.Star(), exp.alias_(sqlglot.parse_one(place, read="duckdb"), "place"))
            held = held.from_(self.select.subquery("each"))
        people = [
            exp.alias_(exp.Min(this=case(equals("place", n), exp.column("customer_id"))), f"p_{n}")
            for n in range(samples)
        ]
        return exp.select(total, *counts, *people).from_(held.subquery("held")).sql("duckdb")

    @property
    def combining(self) -> str:
        """The query that counts by which outputs hold together: `customers` for each combination of `o_<n>`."""
        held = [exp.alias_(or_false(exp.column(f"o_{n}")), f"o_{n}") for n in range(self.outputs)]
        each = exp.select(*held).from_(self.select.subquery("held"))
        columns = [exp.column(f"o_{n}") for n in range(self.outputs)]
        many = exp.alias_(exp.Count(this=exp.Star()), "customers")
        return exp.select(*columns, many).from_(each.subquery("each")).group_by(*columns).sql("duckdb")

    def sampling(self, many: int) -> str:
        """The query of some `customer_id` for whom the first output holds: spread over all, always the same."""
        held = exp.select("customer_id").from_(self.select.subquery("held")).where(exp.column("o_0"))
        return held.order_by(_SPREAD, "customer_id", dialect="duckdb").limit(many).sql("duckdb")
