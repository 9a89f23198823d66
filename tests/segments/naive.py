"""A second, slow reading of the language: one customer at a time, in plain Python, from documentation alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cordiale.ids import share_of
from cordiale.segments.rules import tree
from cordiale.segments.rules.moments import Moment
from cordiale.segments.rules.tree import Condition, Expression, Value


@dataclass
class Person:
    """What is known of one customer: fields, declared values, marks, and facts by table."""

    fields: dict[str, Any]
    number: int = 1
    declared: dict[str, Any] = field(default_factory=dict)
    marks: set[tuple[str, ...]] = field(default_factory=set)
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class Reader:
    """Answers for one person. A comparison with something unknown does not hold."""

    def __init__(
        self, person: Person, now: datetime, segments: Mapping[str, Expression], entry: datetime | None = None
    ) -> None:
        self.person, self.now, self.segments, self.entry = person, now, segments, entry

    def holds(self, node: Condition) -> bool:  # noqa: C901, PLR0911 - one return a node
        match node:
            case tree.Every():
                return all(self.holds(part) for part in node.parts)
            case tree.Some():
                return any(self.holds(part) for part in node.parts)
            case tree.Not():
                return not self.holds(node.part)
            case tree.Always():
                return node.holds
            case tree.Flag():
                return self.person.fields[node.field.name] is True
            case tree.Consented():
                return ("granted", node.purpose, node.channel) in self.person.marks
            case tree.Reachable():
                return self.reaches(node)
            case tree.Listed():
                return ("listed", node.name) in self.person.marks
            case tree.Sampled():
                return share_of(f"sample:{node.name}", self.person.number) < node.share
            case tree.InSegment():
                return self.holds(self.segments[node.name].root)
            case tree.Unknown():
                return (self.value(node.value) is None) != node.negated
        return self.compares(node)

    def reaches(self, node: tree.Reachable) -> bool:
        state = "granted" if node.needs_consent else "withdrawn"
        has_it = (state, node.purpose, node.channel) in self.person.marks
        address = {"email": "at_email", "sms": "at_phone"}[node.channel]
        is_opposed = ("opposed", node.channel) in self.person.marks
        return self.person.fields[address] is True and has_it == node.needs_consent and not is_opposed

    def compares(self, node: Any) -> bool:
        match node:
            case tree.Compare():
                left, right = self.value(node.left), self.value(node.right)
                if left is None or right is None:
                    return False
                return {"=": left == right, "<>": left != right, **_order(left, right)}[node.sign]
            case tree.Between():
                value, low, high = self.value(node.value), self.value(node.low), self.value(node.high)
                inside = None if None in (value, low, high) else low <= value <= high
                if inside is None and value is not None:  # outside of one known end is outside
                    outside = (low is not None and value < low) or (high is not None and value > high)
                    inside = False if outside else None
                return False if inside is None else inside != node.negated
            case tree.OneOf():
                value = self.value(node.value)
                return value is not None and (value in [self.value(one) for one in node.options]) != node.negated
            case tree.Like():
                value = self.value(node.value)
                return (
                    value is not None
                    and bool(
                        _pattern(node.pattern, re.DOTALL | (re.IGNORECASE if node.ignores_case else 0)).fullmatch(value)
                    )
                    != node.negated
                )
        raise AssertionError(node)

    def value(self, node: Value) -> Any:  # noqa: C901, PLR0911 - one return a node
        match node:
            case tree.FieldValue():
                return self.person.fields[node.field.name]
            case tree.Declared():
                return self.person.declared.get(node.key)
            case tree.Number() | tree.Text() | tree.Day():
                return node.value
            case tree.MomentValue():
                return self.at(node.moment)
            case tree.Shifted():
                start = self.value(node.value)
                return None if start is None else start + timedelta(seconds=node.seconds)
            case tree.DaysSince():
                start = self.value(node.value)
                return None if start is None else int((self.now - start) / timedelta(days=1))
            case tree.Negative():
                number = self.value(node.value)
                return None if number is None else -number
            case tree.Arithmetic():
                return self.computes(node)
            case tree.Fact():
                return self.counts(node.key)
            case tree.Sequence():
                return len({row["ts"] for row in self.walks(node.key)})

    def at(self, moment: Moment) -> datetime:
        if moment.base != "entry":
            return moment.at(self.now)
        assert self.entry is not None
        return self.entry + timedelta(seconds=moment.seconds)

    def computes(self, node: tree.Arithmetic) -> float | None:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None or (node.sign == "/" and right == 0):
            return None
        left, right = float(left), float(right)
        return {"+": left + right, "-": left - right, "*": left * right, "/": left / (right or 1)}[node.sign]

    def rows(self, key: tree.FactKey, since: Any) -> list[dict[str, Any]]:
        start = self.at(since) if since else None
        return [
            row
            for row in self.person.facts.get(key.measure.table, [])
            if row["ts"] < self.now and (start is None or row["ts"] >= start)
            and all(row[column] == value for column, value in key.filters)
            and all(_passes(row, test) for test in key.tests)
        ]  # fmt: skip

    def counts(self, key: tree.FactKey) -> Any:
        rows = self.rows(key, key.since)
        if key.function == "spend":
            return sum(row["amount"] for row in rows)
        if key.function == "units":
            return sum(row["quantity"] for row in rows)
        if key.function == "orders":
            return _orders(key, rows)
        if key.function == "last_answer":
            given = [row for row in rows if row["value"] is not None]
            return max(given, key=lambda row: (row["ts"], row["answer_id"]))["value"] if given else None
        if key.function in ("entries", "exits", "cases", "relations"):
            return len(rows)
        return len({row.get("message_id") or row.get("event_id") or row["answer_id"] for row in rows})

    def walks(self, key: tree.SequenceKey) -> list[dict[str, Any]]:
        """The rows of the last step that happened, of every walk there is; every walk is tried."""
        found = [self.happened(step.key, key.since) for step in key.steps]
        walks = [[row] for row in found[0]]
        missed: list[dict[str, Any]] = []
        for rows, step in zip(found[1:], key.steps[1:], strict=True):
            if step.negated:
                missed += rows
                continue
            walks = [[*walk, row] for walk in walks for row in rows if self.follows(walk[-1], row, missed, key)]
            missed = []
        return [walk[-1] for walk in walks if self.ends(walk[-1], missed, key)]

    def happened(self, key: tree.FactKey, since: Any) -> list[dict[str, Any]]:
        rows = self.rows(key, since)
        return [row for row in rows if row["amount"] >= 0] if key.function == "orders" else rows

    def follows(self, one: Any, other: Any, missed: list[dict[str, Any]], key: tree.SequenceKey) -> bool:
        if other["ts"] <= one["ts"] or (
            key.within is not None and other["ts"] > one["ts"] + timedelta(seconds=key.within)
        ):
            return False
        return not any(one["ts"] < row["ts"] < other["ts"] for row in missed)

    def ends(self, last: Any, missed: list[dict[str, Any]], key: tree.SequenceKey) -> bool:
        if not missed_steps_end(key):
            return True
        end = self.now if key.within is None else last["ts"] + timedelta(seconds=key.within)
        is_over = key.within is None or end < self.now
        return is_over and not any(last["ts"] < row["ts"] <= end for row in missed)


def missed_steps_end(key: tree.SequenceKey) -> bool:
    return key.steps[-1].negated


def _passes(row: dict[str, Any], test: tree.RowTest) -> bool:
    value = row[test.column] if test.column else json.loads(row["properties"] or "{}").get(test.name)
    if not test.column and test.kind.is_numeric:
        text = json.dumps(value) if isinstance(value, int | float) else str(value)
        value = float(text) if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", text) else None
    elif not test.column and value is not None and not isinstance(value, str):
        value = json.dumps(value)
    if value is None or value == "":
        return False
    first = test.options[0]
    match test.sign:
        case "=":
            return (value == first) != test.negated
        case "in":
            return (value in test.options) != test.negated
        case "like" | "ilike":
            flags = re.DOTALL | (re.IGNORECASE if test.sign == "ilike" else 0)
            return bool(_pattern(str(first), flags).fullmatch(value)) != test.negated
    return _order(value, first)[test.sign]


def _orders(key: tree.FactKey, rows: list[dict[str, Any]]) -> int:
    if key.minimum is None:
        return len({row["order_id"] for row in rows if row["amount"] >= 0})
    paid: dict[str, Any] = {}
    for row in rows:
        paid[row["order_id"]] = paid.get(row["order_id"], 0) + row["amount"]
    return sum(amount >= key.minimum for amount in paid.values())


def _order(left: Any, right: Any) -> dict[str, bool]:
    if isinstance(left, str):
        return {}
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}


def _pattern(pattern: str, flags: int) -> re.Pattern[str]:
    parts = {"%": ".*", "_": "."}
    return re.compile("".join(parts.get(character, re.escape(character)) for character in pattern), flags)
