"""The tree of an expression as plain JSON values, for builders that are not text.

`dump` gives it, `load` reads it: it is written out as text and checked like any text, so that both have one grammar and
one set of refusals; a refusal is brought back to the node of the tree it is about. Every node has a `type`; the others
of its keys are in `shapes.SHAPES`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from cordiale import clock
from cordiale.segments.rules.checking import parse
from cordiale.segments.rules.fact_calls import is_implied
from cordiale.segments.rules.language import Vocabulary
from cordiale.segments.rules.moments import Moment
from cordiale.segments.rules.problems import BadExpression
from cordiale.segments.rules.tree import (
    Always,
    Arithmetic,
    Between,
    Compare,
    Condition,
    Consented,
    Day,
    DaysSince,
    Declared,
    Every,
    Expression,
    Fact,
    FactKey,
    FieldValue,
    Flag,
    InSegment,
    Like,
    Listed,
    MomentValue,
    Negative,
    Not,
    Number,
    OneOf,
    Reachable,
    RowTest,
    Sampled,
    Sequence,
    Shifted,
    Some,
    Text,
    Unknown,
    Value,
)
from cordiale.segments.rules.writing import BadTree, Written, written

Json = dict[str, Any]


def load(data: object, vocabulary: Vocabulary, *, in_scenario: bool = False) -> Expression:
    """The checked expression of a tree. Raises BadTree with the path of the node that is wrong."""
    said = written(data)
    try:
        return parse(said.text, vocabulary, in_scenario=in_scenario)
    except BadExpression as error:
        raise BadTree.of(said, error) from error


def normalised(expression: Expression, zone: str = "UTC") -> str:
    """The one way to write an expression: what two texts of the same tree have in common."""
    return written(dump(expression, zone)).text


def places(expression: Expression, zone: str = "UTC") -> Written:
    """The same with the place of each node of the tree in it."""
    return written(dump(expression, zone))


def dump(expression: Expression, zone: str = "UTC") -> Json:
    """The tree of an expression. A moment that is midnight in `zone` is written as a day."""
    return _Dump(zone).condition(expression.root)


class _Dump:
    def __init__(self, zone: str) -> None:
        self._zone = zone

    def condition(self, node: Condition) -> Json:  # noqa: PLR0911 - one return a node
        match node:
            case Every() | Some():
                kind = "all" if isinstance(node, Every) else "any"
                return {"type": kind, "parts": [self.condition(part) for part in node.parts]}
            case Not():
                return {"type": "not", "part": self.condition(node.part)}
            case Always():
                return {"type": "always", "holds": node.holds}
            case Flag():
                return {"type": "flag", "field": node.field.name}
            case Consented() | Reachable():
                kind = "consent" if isinstance(node, Consented) else "reachable"
                return {"type": kind, "purpose": node.purpose, "channel": node.channel}
            case InSegment() | Listed():
                return {"type": "segment" if isinstance(node, InSegment) else "listed", "name": node.name}
            case Sampled():
                return {"type": "sample", "share": _plain(node.share), "name": node.name}
        return self._test(node)

    def _test(self, node: Compare | Between | OneOf | Like | Unknown) -> Json:
        if isinstance(node, Compare):
            return {
                "type": "compare",
                "sign": node.sign,
                "left": self.value(node.left),
                "right": self.value(node.right),
            }
        tested = {"value": self.value(node.value), "negated": node.negated}
        match node:
            case Between():
                return {"type": "between", **tested, "low": self.value(node.low), "high": self.value(node.high)}
            case OneOf():
                return {"type": "in", **tested, "options": [self.value(option) for option in node.options]}
            case Like():
                return {"type": "like", **tested, "pattern": node.pattern, "ignores_case": node.ignores_case}
            case Unknown():
                return {"type": "unknown", **tested}

    def value(self, node: Value) -> Json:  # noqa: PLR0911 - one return a node
        match node:
            case FieldValue():
                return {"type": "field", "name": node.field.name}
            case Declared():
                return {"type": "declared_number" if node.kind.is_numeric else "declared", "key": node.key}
            case Number():
                return {"type": "number", "value": _plain(node.value)}
            case Text():
                return {"type": "text", "value": node.value}
            case Day():
                return {"type": "text", "value": node.value.isoformat()}
            case MomentValue():
                return self._moment(node.moment)
            case Fact():
                return self._fact(node.key) | self._window(node.key.since)
            case Sequence():
                return self._sequence(node)
        return self._computed(node)

    def _computed(self, node: Shifted | Arithmetic | Negative | DaysSince) -> Json:
        match node:
            case Shifted():
                return {"type": "shifted", "value": self.value(node.value), "seconds": node.seconds}
            case Arithmetic():
                left, right = self.value(node.left), self.value(node.right)
                return {"type": "arithmetic", "sign": node.sign, "left": left, "right": right}
            case Negative() | DaysSince():
                kind = "negative" if isinstance(node, Negative) else "days_since"
                return {"type": kind, "value": self.value(node.value)}

    def _sequence(self, node: Sequence) -> Json:
        steps = [{"negated": step.negated, "fact": self._fact(step.key)} for step in node.key.steps]
        within = {"within": node.key.within} if node.key.within is not None else {}
        return {"type": "sequence", "steps": steps, **within, **self._window(node.key.since)}

    def _fact(self, key: FactKey) -> Json:
        filters = {column: value for column, value in key.filters if not is_implied(key, column, value)}
        said: Json = {"type": "fact", "function": key.function}
        if key.measure.subject:
            said["subject"] = filters.pop(key.measure.subject)
        if filters:
            said["filters"] = {key.measure.word(column): value for column, value in filters.items()}
        if key.tests:
            said["tests"] = [self._row_test(key, test) for test in key.tests]
        if key.minimum is not None:
            said["minimum"] = _plain(key.minimum)
        return said

    def _row_test(self, key: FactKey, test: RowTest) -> Json:
        about = {"column": key.measure.word(test.column)} if test.column else {"property": test.name}
        options = [
            {"type": "text", "value": one} if isinstance(one, str) else {"type": "number", "value": _plain(one)}
            for one in test.options
        ]
        return {**about, "sign": test.sign, "negated": test.negated, "options": options}

    def _window(self, since: Moment | None) -> Json:
        if since is None:
            return {}
        if since.base == "now" and since.seconds < 0:
            return {"last": -since.seconds}
        return {"since": self._moment(since)}

    def _moment(self, moment: Moment) -> Json:
        if moment.fixed is None:
            return {"type": "moment", "base": moment.base, "seconds": moment.seconds}
        return {"type": "text", "value": _fixed(moment.fixed, self._zone)}


def _fixed(moment: datetime, zone: str) -> str:
    day: date = clock.local_day(moment, zone)
    return day.isoformat() if clock.start_of_day(day, zone) == moment else moment.isoformat()


def _plain(number: Decimal) -> str:
    return f"{number:f}"
