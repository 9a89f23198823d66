"""An operator with its values, as a page's fields hold them, from and to the nodes of the tree. Pure.

`op` is an operator of the page: those of the language, and handier ones (`contains`, `within` the last days, `never`).
Whatever is written is kept as it is: a number that is none is refused later, at its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from cordiale.segments.builder.offers import NUMERIC
from cordiale.segments.rules import Kind

Json = dict[str, Any]
Flat = dict[str, Any]
"""A rule as the page's fields hold it: texts by role, and `conds` and `steps`, lists of the same."""

SIGNS = ("=", "<>", "<", "<=", ">", ">=")
UNITS = {"day": 86_400, "hour": 3_600, "minute": 60}
_PATTERNS = {"contains": ("%", "%"), "starts": ("", "%"), "ends": ("%", "")}
_RELATIVE = {"within": (">", -1), "older": ("<", -1), "ahead": ("<=", 1), "beyond": (">", 1)}


class Other(Exception):
    """The page has no fields for this node; it is shown as text."""


def lines(text: str) -> list[str]:
    """The values of a list, one a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def seconds(flat: Mapping[str, str], number: str = "n", unit: str = "u") -> Any:
    """A length of time in seconds; what was typed, where it is no number."""
    text = flat.get(number, "").strip()
    return int(text) * UNITS.get(flat.get(unit, "day"), 86_400) if text.isdecimal() and len(text) < 7 else text


def of_seconds(value: object, number: str = "n", unit: str = "u") -> dict[str, str]:
    """The fields of a length of time."""
    if not isinstance(value, int):
        return {number: str(value), unit: "day"}
    name, size = next(((name, size) for name, size in UNITS.items() if value % size == 0), ("minute", 60))
    return {number: str(value // size), unit: name}


# To nodes


def constant(text: str, kind: str) -> Json:
    """What was typed as a node: a number (percent for a share) or a text."""
    if kind not in NUMERIC:
        return {"type": "text", "value": text}
    plain = text.strip().replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace(",", ".")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return {"type": "number", "value": text}
    if not number.is_finite() or len(plain) > 30:
        return {"type": "number", "value": text}
    said = _plain(abs(number) / 100) if kind == Kind.SHARE else f"{abs(number):f}"
    node: Json = {"type": "number", "value": said}
    return {"type": "negative", "value": node} if number < 0 else node


def test(flat: Mapping[str, str], value: Json, kind: str) -> Json:  # noqa: PLR0911 - one return an operator
    """The condition that `op` and its values make of a value of that kind."""
    op, first, second = flat.get("op", ""), flat.get("v", ""), flat.get("w", "")
    negated, plain = op.startswith("not "), op.removeprefix("not ")
    tested: Json = {"value": value, "negated": negated}
    if op in ("never", "once"):
        return _compare("=" if op == "never" else ">=", value, constant("0" if op == "never" else "1", Kind.INTEGER))
    if op in _RELATIVE:
        return _compare(_RELATIVE[op][0], value, _moment(flat, _RELATIVE[op][1]))
    if op in ("unknown", "known"):
        return {"type": "unknown", "value": value, "negated": op == "known"}
    if plain == "between":
        return {"type": "between", **tested, "low": constant(first, kind), "high": constant(second, kind)}
    if plain == "in":
        return {"type": "in", **tested, "options": [constant(one, kind) for one in lines(first) or [""]]}
    if plain in _PATTERNS or plain in ("like", "ilike"):
        return {"type": "like", **tested, "pattern": pattern(plain, first), "ignores_case": plain != "like"}
    return _compare(op if op in SIGNS else "=", value, constant(first, kind))


def pattern(op: str, text: str) -> str:
    """The pattern of `contains` and its like."""
    before, after = _PATTERNS.get(op, ("", ""))
    return f"{before}{text}{after}" if text else ""


def _compare(sign: str, left: Json, right: Json) -> Json:
    return {"type": "compare", "sign": sign, "left": left, "right": right}


def _moment(flat: Mapping[str, str], direction: int) -> Json:
    length = seconds(flat)
    return {"type": "moment", "base": "now", "seconds": direction * length if isinstance(length, int) else length}


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


# From nodes


def typed(node: Json, kind: str) -> str:
    """What a constant looks like in its field. Raises Other for what is no constant."""
    is_number = kind in NUMERIC
    if node["type"] == "negative" and is_number and node["value"]["type"] == "number":
        return f"-{typed(node['value'], kind)}"
    if node["type"] != ("number" if is_number else "text"):
        raise Other
    if kind != Kind.SHARE:
        return str(node["value"])
    try:
        return _plain(Decimal(str(node["value"])) * 100)
    except InvalidOperation:
        return str(node["value"])


def of_test(node: Json, kind: str) -> tuple[Json, dict[str, str]]:
    """The value a condition is about, and its operator and values. Raises Other."""
    negation = "not " if node.get("negated") else ""
    match node["type"]:
        case "compare":
            return node["left"], _of_compare(node, kind)
        case "unknown":
            return node["value"], {"op": "known" if negation else "unknown"}
        case "between":
            return node["value"], {
                "op": f"{negation}between", "v": typed(node["low"], kind), "w": typed(node["high"], kind),
            }  # fmt: skip
        case "in":
            values = [typed(one, kind) for one in node["options"]]
            return node["value"], {"op": f"{negation}in", "v": "\n".join(values)}
        case "like":
            return node["value"], {"op": negation, **of_pattern(node["pattern"], node["ignores_case"], negation)}
    raise Other


def of_pattern(text: str, ignores_case: bool, negation: str) -> dict[str, str]:
    """The operator and the text of a pattern."""
    for op, (before, after) in _PATTERNS.items() if ignores_case else ():
        inner = text[len(before) : len(text) - len(after)]
        if inner and text == f"{before}{inner}{after}" and not set(inner) & {"%", "_"}:
            return {"op": f"{negation}{op}", "v": inner}
    return {"op": f"{negation}{'ilike' if ignores_case else 'like'}", "v": text}


def _of_compare(node: Json, kind: str) -> dict[str, str]:
    right = node["right"]
    if right["type"] != "moment":
        return {"op": node["sign"], "v": typed(right, kind)}
    length = right.get("seconds", 0)
    for op, (sign, direction) in _RELATIVE.items():
        if node["sign"] == sign and (not isinstance(length, int) or length * direction > 0):
            return {"op": op, **of_seconds(abs(length) if isinstance(length, int) else length)}
    raise Other
