"""From a tree of JSON values to text, with the place of every node in it. Nothing is checked here but the shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from cordiale.segments.rules.language import MEASURES
from cordiale.segments.rules.moments import MAX_SECONDS
from cordiale.segments.rules.reading import MAX_CHARACTERS, MAX_TERMS
from cordiale.segments.rules.shapes import MAX_NESTED, SHAPES, BadTree, Path, Written, check_keys, refuse

__all__ = ["MAX_NESTED", "SHAPES", "BadTree", "Written", "duration", "written"]

_CONDITIONS = frozenset(list(SHAPES)[:15])
_STEP = (frozenset({"fact"}), frozenset({"negated"}))
_TEST = (frozenset({"sign", "options"}), frozenset({"column", "property", "negated"}))
_SIGNS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_ARITHMETIC = frozenset("+-*/")
_WORD = re.compile(r"[^\W\d]\w*")
_LENGTHS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def written(data: object) -> Written:
    """The text of a tree. Raises BadTree where its shape is wrong."""
    writer = _Writer()
    writer.condition(data, (), 0)
    text = "".join(writer.parts)
    places = tuple(sorted(writer.places, key=lambda one: (one[0], -one[1], len(one[2]))))
    return Written(text=text, places=places)


def duration(seconds: int) -> str:
    """A length of time as the language writes it."""
    name, size = next((name, size) for name, size in _LENGTHS if seconds % size == 0)
    return f"'{seconds // size} {name}{'' if seconds == size else 's'}'"


class _Writer:
    """Writes piece after piece; knows where it is."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.places: list[tuple[int, int, str]] = []
        self._length = 0
        self._nodes = 0

    def _put(self, *pieces: str) -> None:
        for piece in pieces:
            self.parts.append(piece)
            self._length += len(piece)

    def condition(self, data: object, path: Path, depth: int) -> None:
        """One condition."""
        self._node(data, path, depth, is_condition=True)

    def value(self, data: object, path: Path, depth: int) -> None:
        """One value."""
        self._node(data, path, depth, is_condition=False)

    def _node(self, data: object, path: Path, depth: int, *, is_condition: bool) -> None:
        node = self._shaped(data, path, depth)
        if (node["type"] in _CONDITIONS) != is_condition:
            refuse(path, "type", word=node["type"])
        start = self._length
        _RULES[node["type"]](self, node, path, depth + 1)
        self.places.append((start, self._length, "/".join(path)))

    def _shaped(self, data: object, path: Path, depth: int) -> Mapping[str, Any]:
        self._nodes += 1
        if depth > MAX_NESTED:
            refuse(path, "deep", limit=MAX_NESTED)
        if self._nodes > MAX_TERMS or self._length > 2 * MAX_CHARACTERS:
            refuse(path, "large", limit=MAX_TERMS)
        if not isinstance(data, Mapping) or not isinstance(data.get("type"), str):
            refuse(path, "object")
        if data["type"] not in SHAPES:
            refuse(path, "type", word=data["type"][:40])
        check_keys(data, SHAPES[data["type"]], path)
        return data

    # Conditions

    def _joined(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        sign = " and " if node["type"] == "all" else " or "
        parts = _list(node["parts"], (*path, "parts"))
        for number, part in enumerate(parts):
            if number:
                self._put(sign)
            is_group = isinstance(part, Mapping) and part.get("type") in ("all", "any")
            self._grouped(part, (*path, "parts", str(number)), depth, is_group=is_group and len(parts) > 1)

    def _grouped(self, part: object, path: Path, depth: int, *, is_group: bool) -> None:
        if is_group:
            self._put("(")
        self.condition(part, path, depth)
        if is_group:
            self._put(")")

    def _not(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        part = node["part"]
        self._put("not ")
        is_group = isinstance(part, Mapping) and part.get("type") in ("all", "any")
        self._grouped(part, (*path, "part"), depth, is_group=is_group)

    def _always(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        self._put("true" if _flag(node["holds"], (*path, "holds")) else "false")

    def _named(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        key = "field" if node["type"] == "flag" else "name"
        self._put(_word(node[key], (*path, key)))

    def _called(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        function = "in_segment" if node["type"] == "segment" else node["type"]
        self._put(function, "(")
        for number, key in enumerate(key for key in ("purpose", "channel", "name") if key in node):
            self._put(", " if number else "")
            self._argument(node[key], (*path, key))
        self._put(")")

    def _argument(self, value: object, path: Path) -> None:
        start = self._length
        self._put(_quoted(_text(value, path)))
        self.places.append((start, self._length, "/".join(path)))

    def _sample(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        self._put("sample(", _number(node["share"], (*path, "share")), ", ")
        self._argument(node["name"], (*path, "name"))
        self._put(")")

    def _compare(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        sign = _sign(node["sign"], _SIGNS, path)
        self.value(node["left"], (*path, "left"), depth)
        self._put(f" {sign} ")
        self.value(node["right"], (*path, "right"), depth)

    def _between(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        self._tested(node, path, depth, "between")
        self.value(node["low"], (*path, "low"), depth)
        self._put(" and ")
        self.value(node["high"], (*path, "high"), depth)

    def _in(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        self._tested(node, path, depth, "in")
        self._options(node["options"], (*path, "options"), depth)

    def _options(self, options: object, path: Path, depth: int) -> None:
        self._put("(")
        for number, option in enumerate(_list(options, path)):
            self._put(", " if number else "")
            self.value(option, (*path, str(number)), depth)
        self._put(")")

    def _like(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        ignores_case = _flag(node.get("ignores_case", False), (*path, "ignores_case"))
        self._tested(node, path, depth, "ilike" if ignores_case else "like")
        self._argument(node["pattern"], (*path, "pattern"))

    def _unknown(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        self.value(node["value"], (*path, "value"), depth)
        self._put(" is not null" if _flag(node.get("negated", False), (*path, "negated")) else " is null")

    def _tested(self, node: Mapping[str, Any], path: Path, depth: int, sign: str) -> None:
        self.value(node["value"], (*path, "value"), depth)
        self._put(" not " if _flag(node.get("negated", False), (*path, "negated")) else " ", sign, " ")

    # Values

    def _declared(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        self._put(node["type"], "(")
        self._argument(node["key"], (*path, "key"))
        self._put(")")

    def _plain_number(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        self._put(_number(node["value"], (*path, "value")))

    def _plain_text(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        self._put(_quoted(_text(node["value"], (*path, "value"))))

    def _moment(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        base = _word(node["base"], (*path, "base"))
        if base not in ("now", "entry"):
            refuse((*path, "base"), "unknown", word=base[:20])
        self._put(base, _moved(node.get("seconds", 0), (*path, "seconds")))

    def _shifted(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        self.value(node["value"], (*path, "value"), depth)
        self._put(_moved(node["seconds"], (*path, "seconds"), is_needed=True))

    def _arithmetic(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        sign = _sign(node["sign"], _ARITHMETIC, path)
        binds = _binds(node)
        self._operand(node["left"], (*path, "left"), depth, is_grouped=_binds(node["left"]) < binds)
        self._put(f" {sign} ")
        self._operand(node["right"], (*path, "right"), depth, is_grouped=_binds(node["right"]) <= binds)

    def _negative(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        inner = node["value"]
        is_again = isinstance(inner, Mapping) and inner.get("type") == "negative"
        self._put("- " if is_again else "-")
        self._operand(inner, (*path, "value"), depth, is_grouped=_binds(inner) < _UNARY)

    def _operand(self, data: object, path: Path, depth: int, *, is_grouped: bool) -> None:
        self._put("(" if is_grouped else "")
        self.value(data, path, depth)
        self._put(")" if is_grouped else "")

    def _days_since(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        self._put("days_since(")
        self.value(node["value"], (*path, "value"), depth)
        self._put(")")

    def _fact(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        function = _word(node["function"], (*path, "function"))
        if function not in MEASURES:
            refuse((*path, "function"), "unknown", word=function[:40])
        self._put(function, "(")
        arguments = self._arguments(node, path, depth)
        for number, put in enumerate(arguments):
            self._put(", " if number else "")
            put()
        self._put(")")

    def _arguments(self, node: Mapping[str, Any], path: Path, depth: int) -> list[Callable[[], None]]:
        arguments: list[Callable[[], None]] = []
        if "subject" in node:
            arguments.append(lambda: self._argument(node["subject"], (*path, "subject")))
        filters = node.get("filters", {})
        if not isinstance(filters, Mapping):
            refuse((*path, "filters"), "object")
        for name, value in filters.items():
            arguments.append(lambda name=name, value=value: self._filter(name, value, (*path, "filters")))  # type: ignore[misc]
        for number, test in enumerate(_list(node["tests"], (*path, "tests")) if "tests" in node else ()):
            at = (*path, "tests", str(number))
            arguments.append(lambda test=test, at=at: self._row_test(test, at, depth))  # type: ignore[misc]
        if "minimum" in node:
            arguments.append(lambda: self._put("minimum => ", _number(node["minimum"], (*path, "minimum"))))
        return [*arguments, *self._window(node, path, depth)]

    def _window(self, node: Mapping[str, Any], path: Path, depth: int) -> list[Callable[[], None]]:
        window: list[Callable[[], None]] = []
        for name in ("within", "last"):
            if name in node:
                length = f"{name} => {duration(_seconds(node[name], (*path, name)))}"
                window.append(lambda length=length: self._put(length))  # type: ignore[misc]
        if "since" in node:
            window.append(lambda: self._since(node["since"], (*path, "since"), depth))
        return window

    def _since(self, value: object, path: Path, depth: int) -> None:
        self._put("since => ")
        self.value(value, path, depth)

    def _filter(self, name: object, value: object, path: Path) -> None:
        word = _word(name, path)
        self._put(word, " => ")
        self._argument(value, (*path, word))

    def _row_test(self, data: object, path: Path, depth: int) -> None:
        if not isinstance(data, Mapping):
            refuse(path, "object")
        check_keys(data, _TEST, path)
        start, sign = self._length, data["sign"]
        negated = _flag(data.get("negated", False), (*path, "negated"))
        self._row_column(data, path)
        if sign == "in":
            self._put(" not in " if negated else " in ")
            self._options(data["options"], (*path, "options"), depth)
        else:
            self._put(_row_sign(sign, path, negated=negated))
            options = _list(data["options"], (*path, "options"))
            self.value(options[0], (*path, "options", "0"), depth)
        self.places.append((start, self._length, "/".join(path)))

    def _row_column(self, data: Mapping[str, Any], path: Path) -> None:
        if "column" in data:
            self._put(_word(data["column"], (*path, "column")))
        elif "property" in data:
            self._put("property(")
            self._argument(data["property"], (*path, "property"))
            self._put(")")
        else:
            refuse(path, "missing", word="column")

    def _sequence(self, node: Mapping[str, Any], path: Path, depth: int) -> None:
        self._put("sequence(")
        for number, step in enumerate(_list(node["steps"], (*path, "steps"))):
            at = (*path, "steps", str(number))
            if not isinstance(step, Mapping):
                refuse(at, "object")
            check_keys(step, _STEP, at)
            self._put(", " if number else "", "not " if _flag(step.get("negated", False), (*at, "negated")) else "")
            self.value(step["fact"], (*at, "fact"), depth)
        for put in self._window(node, path, depth):
            self._put(", ")
            put()
        self._put(")")


_UNARY = 3


def _binds(data: object) -> int:
    """How tightly a value's outermost operator binds; 4 for what has none."""
    kind = data.get("type") if isinstance(data, Mapping) else ""
    if kind == "arithmetic" and isinstance(data, Mapping):
        return 1 if data.get("sign") in ("+", "-") else 2
    return {"negative": _UNARY, "shifted": 1}.get(str(kind), 4)


def _list(value: object, path: Path) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_TERMS:
        refuse(path, "list", limit=MAX_TERMS)
    return value


def _text(value: object, path: Path) -> str:
    if not isinstance(value, str) or len(value) > MAX_CHARACTERS:
        refuse(path, "text")
    return value


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _word(value: object, path: Path) -> str:
    if not isinstance(value, str) or len(value) > 200 or not _WORD.fullmatch(value):
        refuse(path, "word")
    return value


def _flag(value: object, path: Path) -> bool:
    if not isinstance(value, bool):
        refuse(path, "flag")
    return value


def _number(value: object, path: Path) -> str:
    try:
        number = Decimal(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > 20:
        refuse(path, "number")
    return f"{number:f}"


def _sign(value: object, known: frozenset[str], path: Path) -> str:
    if not isinstance(value, str) or value not in known:
        refuse((*path, "sign"), "sign", word=str(value)[:20])
    return value


def _seconds(value: object, path: Path) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value % 60 or not 0 <= value <= MAX_SECONDS:
        refuse(path, "seconds")
    return value


def _moved(value: object, path: Path, *, is_needed: bool = False) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        refuse(path, "seconds")
    seconds = _seconds(abs(value), path)
    if not seconds and not is_needed:
        return ""
    return f" {'-' if value < 0 else '+'} {duration(seconds)}"


def _row_sign(sign: object, path: Path, *, negated: bool) -> str:
    sign = _sign(sign, _SIGNS | {"like", "ilike"}, path)
    if sign in ("like", "ilike"):
        return f" {'not ' if negated else ''}{sign} "
    if negated and sign != "=":
        refuse((*path, "negated"), "unknown", word="negated")
    return " <> " if negated else f" {sign} "


_RULES: dict[str, Callable[[_Writer, Mapping[str, Any], Path, int], None]] = {
    "all": _Writer._joined, "any": _Writer._joined, "not": _Writer._not, "always": _Writer._always,
    "flag": _Writer._named, "consent": _Writer._called, "reachable": _Writer._called, "segment": _Writer._called,
    "listed": _Writer._called, "sample": _Writer._sample, "compare": _Writer._compare, "between": _Writer._between,
    "in": _Writer._in, "like": _Writer._like, "unknown": _Writer._unknown, "field": _Writer._named,
    "declared": _Writer._declared, "declared_number": _Writer._declared, "number": _Writer._plain_number,
    "text": _Writer._plain_text, "moment": _Writer._moment, "shifted": _Writer._shifted,
    "arithmetic": _Writer._arithmetic, "negative": _Writer._negative, "days_since": _Writer._days_since,
    "fact": _Writer._fact, "sequence": _Writer._sequence,
}  # fmt: skip
