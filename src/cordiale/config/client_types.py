"""The shapes of the OpenAPI description as Python types: what `config.client_source` writes structs from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from keyword import iskeyword
from textwrap import indent, wrap
from typing import Any

_TEXTS = {"date-time": "Instant", "date": "date", "decimal": "Decimal", "binary": "File"}
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_WIDTH = 110


class Types:
    """All shapes, which group each belongs to, and whether it is sent or received."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.schemas: dict[str, Any] = description["components"]["schemas"]
        self._groups: dict[str, set[str]] = {}
        self.received: set[str] = set()
        for methods in description["paths"].values():
            for operation in methods.values():
                self._place(operation)
        self.shared = sorted(name for name, tags in self._groups.items() if len(tags) > 1)

    def of_group(self, tag: str) -> list[str]:
        """The shapes that only this group uses, in the order of the description."""
        return [name for name in self.schemas if self._groups.get(name) == {tag}]

    def name(self, schema: dict[str, Any]) -> str:
        """The name of the shape it refers to, empty for none."""
        return str(schema.get("$ref", "")).rsplit("/", 1)[-1]

    def hint(self, schema: dict[str, Any], *, is_received: bool = False) -> str:
        """The Python type of a schema."""
        text = _TEXTS.get(schema.get("format", ""))
        if "enum" in schema or "const" in schema:
            return f"Literal[{', '.join(map(_literal, schema.get('enum', [schema.get('const')])))}]"
        if "anyOf" in schema and text is None:
            return self._union(schema["anyOf"], is_received=is_received)
        if schema.get("type") == "array":
            return f"list[{self.hint(schema['items'], is_received=is_received)}]"
        if schema.get("type") == "object":
            return self._mapping(schema, is_received=is_received)
        return self.name(schema) or text or _PLAIN.get(schema.get("type", ""), "Any")

    def default(self, schema: dict[str, Any]) -> str:
        """The Python text of what an optional value is when left out."""
        found = schema.get("default")
        if schema.get("format") == "decimal" and found is not None:
            return f'Decimal("{found}")'
        if found is None and schema.get("type") in ("object", "array"):
            return "{}" if schema["type"] == "object" else "[]"
        return _literal(found)

    def fields(self, schema: dict[str, Any], *, is_received: bool = False) -> list[tuple[str, str, str | None]]:
        """Name, type and default (None: it must be given) of every field."""
        required = set(schema.get("required", ()))
        return [
            (name, self.hint(one, is_received=is_received), None if name in required else self.default(one))
            for name, one in schema.get("properties", {}).items()
        ]

    def source(self, names: Iterable[str]) -> str:
        """Structs."""
        return "\n".join(self._struct(name) for name in names)

    def _struct(self, name: str) -> str:
        schema = self.schemas[name]
        fields = self.fields(schema, is_received=name in self.received)
        lines = [_field(*one) for one in fields]
        says = docstring(schema.get("description", f"{name}."))
        body = indent("\n".join([says, *lines]), "    ")
        return f"class {name}(Shape, frozen=True, kw_only=True):\n{body}\n\n"

    def _union(self, options: list[dict[str, Any]], *, is_received: bool) -> str:
        """Where any text may come back, a day in it is text too: nothing says which is meant."""
        hints = list(dict.fromkeys(self.hint(one, is_received=is_received) for one in options))
        if is_received and "str" in hints:
            hints = [one for one in hints if one not in _TEXTS.values()]
        return " | ".join(hints)

    def _mapping(self, schema: dict[str, Any], *, is_received: bool) -> str:
        inner = schema.get("additionalProperties", True)
        return f"dict[str, {self.hint(inner, is_received=is_received) if isinstance(inner, dict) else 'Any'}]"

    def _place(self, operation: dict[str, Any]) -> None:
        answers = [one for status, one in operation["responses"].items() if str(status).startswith("2")]
        received = set(self._reached(answers))
        self.received |= received
        for name in {*received, *self._reached(operation.get("requestBody", {}))}:
            self._groups.setdefault(name, set()).add(operation["tags"][0])

    def _reached(self, node: Any) -> Iterator[str]:
        """Every shape that is named in `node` or in those it names."""
        for name in re.findall(r"#/components/schemas/(\w+)", str(node)):
            yield name
            yield from self._reached(self.schemas[name])


def docstring(text: str) -> str:
    """A docstring of one paragraph."""
    text = " ".join(text.split()).rstrip(".") + "."
    lines = wrap(f'"""{text}"""', _WIDTH)
    if len(lines) > 1:
        lines = [*wrap(f'"""{text}', _WIDTH), '"""']
    return "\n".join(lines) + "\n"


def _field(name: str, hint: str, default: str | None) -> str:
    if iskeyword(name):
        given = "" if default is None else f"default={default}, "
        return f'{name}_: {hint} = field({given}name="{name}")'
    return f"{name}: {hint}" if default is None else f"{name}: {hint} = {_factory(default)}"


def _factory(default: str) -> str:
    return {"{}": "field(default_factory=dict)", "[]": "field(default_factory=list)"}.get(default, default)


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
