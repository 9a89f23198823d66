"""One rule: from a node of the tree to the page's fields, and back. Pure.

What the fields cannot hold exactly (`age * 2 > spend_365d`) is shown as text: `flatten` gives fields only where
`rebuild` makes the same node of them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from cordiale.segments.builder.offers import Offers
from cordiale.segments.builder.values import (
    SIGNS,
    Flat,
    Json,
    Other,
    constant,
    lines,
    of_pattern,
    of_seconds,
    of_test,
    pattern,
    seconds,
    test,
    typed,
)
from cordiale.segments.rules import Kind
from cordiale.segments.rules.writing import BadTree, written

PROPERTY = "property"
_NAMED = {"segment": ("name",), "listed": ("name",), "consent": ("purpose", "channel"),
          "reachable": ("purpose", "channel")}  # fmt: skip


def flatten(node: Json, offers: Offers) -> Flat:
    """The fields of a rule."""
    try:
        flat = _flat(node, offers)
    except (Other, KeyError, TypeError):
        flat = {}
    if flat and is_same(rebuild(flat, offers), node):
        return flat
    return {"about": "written", "text": node["text"] if node["type"] == "written" else _text(node)}


def _text(node: Json) -> str:
    try:
        return written(node).text
    except BadTree:
        return ""


def rebuild(flat: Flat, offers: Offers) -> Json:
    """The node of a rule: `blank` where nothing was chosen yet, `written` where it is text."""
    node = _positive(flat, offers)
    if flat.get("not"):
        return node["part"] if node["type"] == "not" else {"type": "not", "part": node}
    return node


def _positive(flat: Flat, offers: Offers) -> Json:  # noqa: PLR0911 - one return a sort of rule
    about = flat.get("about", "")
    sort, _, name = about.partition(":")
    if sort == "written":
        return {"type": "written", "text": flat.get("text", "")}
    if sort in _NAMED:
        return {"type": sort, **{role: flat.get(role, "") for role in _NAMED[sort]}}
    if sort == "sample":
        share = constant(flat.get("share", ""), Kind.SHARE)
        return {"type": "sample", "share": share.get("value"), "name": flat.get("name", "")}
    kind = offers.kind(about)
    if not kind:
        return {"type": "blank"}
    if kind == Kind.BOOLEAN:
        flag: Json = {"type": "flag", "field": name}
        return {"type": "not", "part": flag} if flat.get("op") == "no" else flag
    if sort == "field":
        return test(flat, {"type": "field", "name": name}, kind)
    value = _sequence(flat, offers) if sort == "sequence" else _fact(name, flat, offers) | _window(flat)
    return test(flat, value, kind)


def _sequence(flat: Flat, offers: Offers) -> Json:
    steps = [
        {"negated": bool(step.get("not")) and number > 0, "fact": _fact(step.get("function", ""), step, offers)}
        for number, step in enumerate(flat.get("steps", []))
    ]
    within = {"within": seconds(flat, "bn", "bu")} if flat.get("bn", "").strip() else {}
    return {"type": "sequence", "steps": steps, **within, **_window(flat)}


def _window(flat: Flat) -> Json:
    match flat.get("window"):
        case "last":
            return {"last": seconds(flat, "wn", "wu")}
        case "since":
            return {"since": {"type": "text", "value": flat.get("since", "")}}
    return {}


def _fact(function: str, flat: Flat, offers: Offers) -> Json:
    offer = offers.function(function)
    said: Json = {"type": "fact", "function": function}
    if offer and offer.subject:
        said["subject"] = flat.get("subject", "")
    filters: dict[str, str] = {}
    tests: list[Json] = []
    for cond in flat.get("conds", []):
        column = offers.column(function, cond.get("column", ""))
        is_plain = column is not None and column.kind == Kind.TEXT and cond.get("op") == "="
        if column and is_plain and column.name not in filters and cond.get("style") != "test":
            filters[column.name] = cond.get("v", "")
        else:
            tests.append(_row_test(cond, column.kind if column else ""))
    said |= {"filters": filters} if filters else {}
    said |= {"tests": tests} if tests else {}
    if flat.get("minimum", "").strip():
        said["minimum"] = constant(flat["minimum"], Kind.MONEY).get("value")
    return said


def _row_test(cond: Mapping[str, str], kind: str) -> Json:
    op = cond.get("op", "=")
    negated, plain = op.startswith("not ") or op == "<>", op.removeprefix("not ")
    about = {"column": cond.get("column", "")} if kind else {PROPERTY: cond.get("property", "")}
    values = lines(cond.get("v", "")) or [""] if plain == "in" else [cond.get("v", "")]
    if not kind:
        kind = Kind.NUMBER if all(_is_number(one) for one in values) or plain in SIGNS[2:] else Kind.TEXT
    sign = "=" if op == "<>" else plain if plain in (*SIGNS, "in", "like") else "ilike"
    if sign in ("like", "ilike"):
        return {**about, "sign": sign, "negated": negated, "options": [constant(pattern(plain, values[0]), Kind.TEXT)]}
    return {**about, "sign": sign, "negated": negated, "options": [constant(one, kind) for one in values]}


def _is_number(text: str) -> bool:
    return constant(text, Kind.NUMBER)["value"] != text or text.isdecimal()


# From nodes


def _flat(node: Json, offers: Offers) -> Flat:
    kind = node["type"]
    if kind == "blank":
        return {"about": ""}
    if kind == "not":
        return {**_flat(node["part"], offers), **({"op": "no"} if node["part"]["type"] == "flag" else {"not": "on"})}
    if kind == "flag":
        return {"about": f"field:{node['field']}", "op": "yes"}
    if kind in _NAMED:
        return {"about": kind, **{role: str(node[role]) for role in _NAMED[kind]}}
    if kind == "sample":
        return {
            "about": kind,
            "name": node["name"],
            "share": typed({"type": "number", "value": node["share"]}, "share"),
        }
    return _of_test(node, offers)


def _of_test(node: Json, offers: Offers) -> Flat:
    value = node.get("left", node.get("value"))
    if not isinstance(value, dict):
        raise Other
    about = _about(value)
    flat = {"about": about, **of_test(node, offers.kind(about))[1]}
    if value["type"] == "field":
        return flat
    flat |= _of_window(value)
    if value["type"] == "sequence":
        return flat | _of_sequence(value, offers)
    return flat | _of_fact(value, offers) | _handy(flat, offers)


def _handy(flat: Flat, offers: Offers) -> dict[str, str]:
    """`= 0` and `>= 1` of what is counted have words of their own."""
    if offers.kind(flat["about"]) != Kind.INTEGER:
        return {}
    return {("=", "0"): {"op": "never"}, (">=", "1"): {"op": "once"}}.get((flat["op"], flat.get("v", "")), {})


def _about(value: Json) -> str:
    match value["type"]:
        case "field":
            return f"field:{value['name']}"
        case "fact":
            return f"fact:{value['function']}"
        case "sequence":
            return "sequence"
    raise Other


def _of_window(value: Json) -> dict[str, str]:
    if "last" in value:
        return {"window": "last", **of_seconds(value["last"], "wn", "wu")}
    if "since" in value:
        return {"window": "since", "since": typed(value["since"], Kind.TEXT)}
    return {"window": "ever"}


def _of_sequence(value: Json, offers: Offers) -> Flat:
    steps = [
        {
            "function": step["fact"]["function"],
            **_of_fact(step["fact"], offers),
            **({"not": "on"} if step["negated"] else {}),
        }
        for step in value["steps"]
    ]
    return {"steps": steps, **(of_seconds(value["within"], "bn", "bu") if "within" in value else {})}


def _of_fact(value: Json, offers: Offers) -> Flat:
    conds = [{"column": name, "op": "=", "v": text} for name, text in value.get("filters", {}).items()]
    conds += [_of_row_test(one, value["function"], offers) for one in value.get("tests", ())]
    flat: Flat = {"conds": conds}
    if "subject" in value:
        flat["subject"] = value["subject"]
    if "minimum" in value:
        flat["minimum"] = str(value["minimum"])
    return flat


def _of_row_test(one: Json, function: str, offers: Offers) -> dict[str, str]:
    column = offers.column(function, one["column"]) if "column" in one else None
    about = {"column": one["column"]} if "column" in one else {"column": PROPERTY, PROPERTY: one[PROPERTY]}
    options, sign = one["options"], one["sign"]
    kind = column.kind if column else Kind.TEXT if options[0]["type"] == "text" else Kind.NUMBER
    negation = "not " if one.get("negated") else ""
    if sign in ("like", "ilike"):
        return about | {"style": "test"} | of_pattern(options[0]["value"], sign == "ilike", negation)
    op = "<>" if sign == "=" and negation else f"{negation}{sign}"
    return about | {"style": "test", "op": op, "v": "\n".join(typed(option, kind) for option in options)}


def is_same(one: object, other: object) -> bool:
    """Do two nodes mean the same? `2.50` is `2.5`."""
    return bool(_settled(one) == _settled(other))


def _settled(node: Any) -> Any:
    """Without what makes no difference: trailing zeros, `negated: false`."""
    if isinstance(node, list):
        return [_settled(one) for one in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "number":
        return ("number", _decimal(node["value"]))
    decimals = {key: _decimal(node[key]) for key in ("share", "minimum") if key in node}
    return {key: _settled(one) for key, one in node.items() if not (key == "negated" and one is False)} | decimals


def _decimal(value: object) -> object:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return value
