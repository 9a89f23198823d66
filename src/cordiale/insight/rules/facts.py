"""What a trait may be computed from: the tables of facts, and the kind of each of their columns."""

from __future__ import annotations

from collections.abc import Mapping

from cordiale.insight.rules.expressions import Kind

FACTS: Mapping[str, Mapping[str, Kind]] = {
    "order_lines": {
        "ts": "instant",
        "order_id": "text",
        "line_no": "integer",
        "product_id": "text",
        "category": "text",
        "department": "text",
        "brand": "text",
        "store": "text",
        "channel": "text",
        "quantity": "integer",
        "amount": "money",
        "discount": "money",
    },
    "events": {
        "ts": "instant",
        "event_id": "text",
        "name": "text",
        "source": "text",
        "category": "text",
        "topic": "text",
        "product_id": "text",
        "seconds": "integer",
    },
    "messages": {
        "ts": "instant",
        "message_id": "text",
        "programme": "text",
        "step": "text",
        "channel": "text",
        "purpose": "text",
        "kind": "text",
        "source": "text",
    },
    "answers": {
        "ts": "instant",
        "answer_id": "text",
        "survey": "text",
        "question": "text",
        "kind": "text",
        "value": "number",
        "text": "text",
        "channel": "text",
        "source": "text",
    },
}
"""The columns a trait may use, by table of the lake."""
