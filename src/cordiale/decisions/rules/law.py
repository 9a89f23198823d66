"""Dated, per-country parameters of the law."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ruamel.yaml.nodes import Node

from cordiale.decisions.rules.document import Document, is_empty
from cordiale.decisions.rules.plan import CHANNELS
from cordiale.errors import CordialeError

ANY_COUNTRY = "*"
_VALUES = {"prior_consent": ("opt-in", "opt-out"), "objection": ("absolute",)}
_KEYS = ("rule_id", "parameter", "channel", "country", "valid_from", "valid_to", "value", "source")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One line of the law: what holds for a channel in a country from one day to another (both included)."""

    rule_id: str
    parameter: str
    channel: str
    country: str
    valid_from: date
    valid_to: date | None
    value: str
    source: str

    def holds_on(self, day: date) -> bool:
        """Was or is this the law on that day?"""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, kw_only=True)
class Law:
    """All parameters."""

    parameters: tuple[Parameter, ...]

    def find(self, parameter: str, *, channel: str, country: str, day: date) -> Parameter | None:
        """What holds: the country's own line before the one for any country, the latest before earlier ones."""
        holding = [
            one
            for one in self.parameters
            if (one.parameter, one.channel) == (parameter, channel)
            and one.country in (country, ANY_COUNTRY)
            and one.holds_on(day)
        ]
        return max(holding, key=lambda one: (one.country != ANY_COUNTRY, one.valid_from), default=None)


def parse_law(text: str, source: str) -> Law:
    """Read the parameters. Raises the first error as Located."""
    document = Document(text, source)
    root = document.root()
    lines = [_parameter(document, item) for item in document.items(root, "the law")] if root else []
    document.raise_first()
    return Law(parameters=tuple(line for line in lines if line is not None))


def _parameter(document: Document, node: Node) -> Parameter | None:
    keys = document.mapping(node, "a parameter", required=_KEYS)
    if len(keys) < len(_KEYS):
        return None
    name = document.choice(keys["parameter"], "parameter", _VALUES)
    document.choice(keys["channel"], "channel", CHANNELS)
    document.choice(keys["value"], "value", _VALUES.get(name, ()))
    valid_from = document.value(keys["valid_from"], "valid_from", _day)
    valid_to = None if is_empty(keys["valid_to"]) else document.value(keys["valid_to"], "valid_to", _day)
    words = {key: document.word(keys[key], key) for key in _KEYS if not key.startswith("valid_")}
    return None if valid_from is None else Parameter(valid_from=valid_from, valid_to=valid_to, **words)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CordialeError(f"'{text}' is not a day; write it as 2026-11-22") from error
