"""The company's plan: limits on pressure, quiet hours by channel, how long a proposal stays worth sending."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import time, timedelta
from functools import partial
from typing import Any

from ruamel.yaml.nodes import Node

from cordiale.decisions.rules import values
from cordiale.decisions.rules.document import Document

CHANNELS = ("email",)
"""The channels deliveries can serve. A programme or a plan that names another is refused."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most `most` contacts in any `window`; an empty channel or purpose means all of them."""

    id: str
    channel: str
    purpose: str
    most: int
    window: timedelta

    def as_json(self) -> dict[str, Any]:
        """The form a proposal carries; the window in seconds."""
        return {
            "id": self.id,
            "channel": self.channel,
            "purpose": self.purpose,
            "max": self.most,
            "window": int(self.window.total_seconds()),
        }


@dataclass(frozen=True, kw_only=True)
class QuietHours:
    """No contact from `start` to `end` by the customer's clock; may pass midnight."""

    start: time
    end: time


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What applies to all programmes alike."""

    limits: tuple[Limit, ...]
    quiet_hours: dict[str, QuietHours]
    valid_for: timedelta


def parse_plan(text: str, source: str, purposes: Collection[str] | None) -> Plan:
    """Read a plan that may name these purposes. Raises the first error as Located."""
    document = Document(text, source)
    root = document.root()
    keys = document.mapping(root, "the plan", required=("pressure", "quiet hours", "valid for")) if root else {}
    limits = read_limits(document, keys["pressure"], purposes) if "pressure" in keys else ()
    quiet = _quiet_hours(document, keys["quiet hours"]) if "quiet hours" in keys else {}
    valid_for = document.value(keys["valid for"], "valid for", values.duration) if "valid for" in keys else None
    document.raise_first()
    assert valid_for is not None
    return Plan(limits=limits, quiet_hours=quiet, valid_for=valid_for)


def read_limits(document: Document, node: Node, purposes: Collection[str] | None) -> tuple[Limit, ...]:
    """A list of limits, of the plan or of a programme. Wrong ones are recorded in the document and left out."""
    found: dict[str, Limit] = {}
    for item in document.items(node, "pressure"):
        limit = _limit(document, item, purposes)
        if limit is None:
            continue
        if limit.id in found:
            document.fail(item, f"the limit '{limit.id}' is written twice", "give it another id")
        found[limit.id] = limit
    return tuple(found.values())


def _limit(document: Document, node: Node, purposes: Collection[str] | None) -> Limit | None:
    keys = document.mapping(node, "a limit", required=("id", "max", "per"), optional=("channel", "purpose"))
    if not {"id", "max", "per"} <= keys.keys():
        return None
    name = document.word(keys["id"], "id")
    if name and not _ID.fullmatch(name):
        document.fail(keys["id"], f"'{name}' is not an id", "lower-case letters, digits and hyphens")
    most = document.value(keys["max"], "max", partial(values.whole, least=1, most=1000))
    window = document.value(keys["per"], "per", values.duration)
    channel = document.choice(keys["channel"], "channel", CHANNELS) if "channel" in keys else ""
    purpose = document.choice(keys["purpose"], "purpose", purposes) if "purpose" in keys else ""
    if most is None or window is None:
        return None
    return Limit(id=name, channel=channel, purpose=purpose, most=most, window=window)


def _quiet_hours(document: Document, node: Node) -> dict[str, QuietHours]:
    found = {}
    for channel, hours in document.mapping(node, "quiet hours", optional=CHANNELS).items():
        keys = document.mapping(hours, f"the quiet hours of {channel}", required=("from", "to"))
        if len(keys) < 2:
            continue
        start = document.value(keys["from"], "from", values.time_of_day)
        end = document.value(keys["to"], "to", values.time_of_day)
        if start is not None and start == end:
            document.fail(keys["to"], "'from' and 'to' are the same", "leave the channel out to have no quiet hours")
        elif start is not None and end is not None:
            found[channel] = QuietHours(start=start, end=end)
    return found
