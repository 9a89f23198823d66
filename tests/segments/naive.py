"""A second, slow reading of the language: one customer at a time, in plain Python, from documentation alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cordiale.segments.rules import tree
from cordiale.segments.rules.tree import Condition, Expression, Value


@dataclass
class Person:
    """What is known of one customer: fields, declared values, consents, and facts by table."""

    fields: dict[str, Any]
    declared: dict[str, Any] = field(default_factory=dict)
    consents: set[tuple[str, str]] = field(default_factory=set)
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class Reader:
    """Answers for one person. A comparison with something unknown does not hold."""

    def __init__(self, person: Person, now: datetime, segments: Mapping[str, Expression]) -> None:
        self.person, self.now, self.segments = person, now, segments

    def holds(self, node: Condition) -> bool:  # noqa: PLR0911 - one return a node
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
                return (node.purpose, node.channel) in self.person.consents
            case tree.InSegment():
                return self.holds(self.segments[node.name].root)
            case tree.Unknown():
                return (self.value(node.value) is None) != node.negated
        return self.compares(node)

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
                return value is not None and bool(_pattern(node).fullmatch(value)) != node.negated
        raise AssertionError(node)

    def value(self, node: Value) -> Any:  # noqa: PLR0911 - one return a node
        match node:
            case tree.FieldValue():
                return self.person.fields[node.field.name]
            case tree.Declared():
                return self.person.declared.get(node.key)
            case tree.Number() | tree.Text() | tree.Day():
                return node.value
            case tree.MomentValue():
                return node.moment.at(self.now)
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

    def computes(self, node: tree.Arithmetic) -> float | None:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None or (node.sign == "/" and right == 0):
            return None
        left, right = float(left), float(right)
        return {"+": left + right, "-": left - right, "*": left * right, "/": left / (right or 1)}[node.sign]

    def counts(self, key: tree.FactKey) -> Any:
        start = key.since.at(self.now) if key.since else None
        rows = [
            row
            for row in self.person.facts.get(key.measure.table, [])
            if row["ts"] < self.now and (start is None or row["ts"] >= start)
            and all(row[column] == value for column, value in key.filters)
        ]  # fmt: skip
        if key.function == "spend":
            return sum(row["amount"] for row in rows)
        if key.function == "units":
            return sum(row["quantity"] for row in rows)
        if key.function == "orders":
            return _orders(key, rows)
        return len({row.get("message_id") or row["event_id"] for row in rows})


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


def _pattern(node: tree.Like) -> re.Pattern[str]:
    parts = {"%": ".*", "_": "."}
    pattern = "".join(parts.get(character, re.escape(character)) for character in node.pattern)
    return re.compile(pattern, re.DOTALL | (re.IGNORECASE if node.ignores_case else 0))
