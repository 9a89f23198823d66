"""How the values that point to customers are written, so that two spellings of one value meet. Pure."""

from __future__ import annotations

import re

KINDS = ("reference", "email", "phone", "card", "anonymous")
LONGEST = 254


def canonical(kind: str, value: str) -> str:
    """`value` as it is stored and looked up: emails without case, phones as digits after an optional +."""
    value = value.strip()
    if kind == "email":
        return value.lower()
    if kind == "phone":
        digits = re.sub(r"\D", "", value)
        return "+" + digits if value.startswith("+") and digits else digits
    return value
