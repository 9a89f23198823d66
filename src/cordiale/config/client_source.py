"""Writes `cordiale.client.groups` from the OpenAPI description: a module a group, structs and methods.

What it writes is committed and read like any other source; `config.snapshots` says when it no longer holds.
"""

from __future__ import annotations

import builtins
import keyword
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from textwrap import indent
from typing import Any

from cordiale.config.client_types import Types, docstring

FOLDER = "src/cordiale/client/groups"
_HEAD = '"""{says}\n\nWritten by `config.client_source` from the OpenAPI description; do not edit.\n"""\n\n'
_METHODS = ("get", "post", "put", "patch", "delete")
_INDENT = " " * 8


def modules(description: dict[str, Any]) -> dict[str, str]:
    """The text of each file of the folder, by name."""
    types = Types(description)
    groups: dict[str, list[Operation]] = {}
    for path, methods in description["paths"].items():
        for method in (name for name in _METHODS if name in methods):
            operation = Operation(method, path, methods[method], types)
            groups.setdefault(operation.tag, []).append(operation)
    found = {f"{tag}.py": _module(tag, operations, types) for tag, operations in sorted(groups.items())}
    if types.shared:
        found["shared.py"] = _head("Shapes that several groups use.") + types.source(types.shared)
    found["__init__.py"] = _entry(sorted(groups))
    return {name: _formatted(text) for name, text in found.items()}


class Operation:
    """One operation as a method."""

    def __init__(self, method: str, path: str, said: dict[str, Any], types: Types) -> None:
        self.tag = said["tags"][0]
        self.name = said["operationId"].removeprefix(f"{self.tag}_")
        self.method, self.path, self.said, self.types = method.upper(), path, said, types
        self.in_path = [one["name"] for one in said["parameters"] if one["in"] == "path"]
        self.in_query = [one["name"] for one in said["parameters"] if one["in"] == "query"]
        media = said.get("requestBody", {}).get("content", {})
        self.form = media.get("multipart/form-data", {}).get("schema", {})
        self.body = types.name(media.get("application/json", {}).get("schema", {}))
        status = next(one for one in sorted(said["responses"]) if one.startswith("2"))
        answered = said["responses"][status].get("content", {}).get("application/json", {})
        self.answer = types.hint(answered["schema"]) if answered else ""

    def source(self) -> str:
        """The method, and the iterator over its pages where it has pages."""
        lines = [
            f"def {self.name}({self._signature()}) -> {self.answer or 'None'}:",
            indent(docstring(f"{self.said['summary']}. {self.said.get('description', '')}"), "    ").rstrip(),
            f"    return self._connection.call({', '.join(self._arguments())})",
        ]
        return "\n".join(lines) + "\n\n" + self._iterator()

    def _fields(self) -> list[tuple[str, str, str | None]]:
        """Name, type and default (None: it must be given) of every argument."""
        parameters = [
            (
                one["name"],
                self.types.hint(one["schema"]),
                None if one["required"] else self.types.default(one["schema"]),
            )
            for one in self.said["parameters"]
        ]
        fields = [*parameters, *self.types.fields(self.types.schemas[self.body] if self.body else self.form)]
        names = [name for name, _, _ in fields]
        assert len(names) == len(set(names)), f"{self.path}: two arguments have one name"
        return [(_argument(name), hint, default) for name, hint, default in fields]

    def _signature(self, without: str = "") -> str:
        fields = [one for one in self._fields() if one[0] != without]
        needed = [f"{name}: {hint}" for name, hint, default in fields if default is None]
        optional = [
            f"{name}: {hint} = {default}" if default != "{}" else f"{name}: {hint} | None = None"
            for name, hint, default in fields
            if default is not None
        ]
        return ", ".join(["self", *needed, *(["*", *optional] if optional else [])])

    def _arguments(self) -> Iterator[str]:
        yield f'"{self.method}"'
        path = re.sub(r"{(\w+)}", lambda found: f"{{part({_argument(found[1])})}}", self.path)
        yield f'f"{path}"' if self.in_path else f'"{path}"'
        yield self.answer or "type(None)"
        if self.in_query:
            yield f"query={_mapping(self.in_query)}"
        if self.body:
            fields = self.types.fields(self.types.schemas[self.body])
            values = (f"{name}={_value(name, default)}" for name, _, default in fields)
            yield f"body={self.body}({', '.join(values)})"
        if self.form:
            files = [name for name, one in self.form["properties"].items() if one.get("format") == "binary"]
            yield f"form={_mapping([name for name in self.form['properties'] if name not in files])}"
            yield f"files={_mapping(files)}"
        if self.method == "GET" or self.said.get("x-repeatable"):
            yield "is_repeatable=True"

    def _iterator(self) -> str:
        """`every_case` beside `list_cases`: the rows of all pages."""
        rows = [
            (name, self.types.hint(one["items"]))
            for name, one in self.types.schemas.get(self.answer, {}).get("properties", {}).items()
            if one.get("type") == "array"
        ]
        cursor = next((one for one in ("page", "after") if one in self.in_query), None)
        if cursor is None or len(rows) != 1:
            return ""
        (name, hint) = rows[0]
        given = ", ".join(f"{one}={one}" if default else one for one, _, default in self._fields())
        walk = _BY_PAGE if cursor == "page" else _BY_NUMBER
        head = f"def every_{name.removesuffix('s')}({self._signature(cursor)}) -> Iterator[{hint}]:\n"
        says = indent(docstring(f"All that `{self.name}` answers, page after page."), "    ").rstrip()
        return head + says + indent(walk.format(method=self.name, given=given, rows=name), "    ") + "\n"


_BY_PAGE = """
page = 1
while rows := self.{method}({given}).{rows}:
    yield from rows
    page += 1
"""
_BY_NUMBER = """
after: int | None = 0
while after is not None:
    found = self.{method}({given})
    yield from found.{rows}
    after = found.next_after
"""


def _module(tag: str, operations: list[Operation], types: Types) -> str:
    own = types.of_group(tag)
    assert tag.title() not in own, f"a shape has the name of the group {tag}"
    methods = "\n".join(one.source() for one in operations)
    shapes = types.source(own)
    shared = [name for name in types.shared if re.search(rf"\b{name}\b", methods + shapes)]
    borrowed = f"from cordiale.client.groups.shared import {', '.join(shared)}\n" if shared else ""
    return (
        _head(f"The operations of `{tag}` and their shapes.")
        + borrowed
        + shapes
        + f'class {tag.title()}:\n    """`client.{tag}`."""\n\n'
        + "    def __init__(self, connection: Connection) -> None:\n        self._connection = connection\n\n"
        + indent(methods, "    ")
    )


def _head(says: str) -> str:
    return (
        _HEAD.format(says=says)
        + "from __future__ import annotations\n\n"
        + "from collections.abc import Iterator\nfrom datetime import date\nfrom decimal import Decimal\n"
        + "from typing import Any, Literal\n\nfrom msgspec import field\n\n"
        + "from cordiale.client.connection import Connection, File, Instant, Shape, part\n"
    )


def _entry(tags: Iterable[str]) -> str:
    tags = list(tags)
    imports = "\n".join(f"from cordiale.client.groups.{tag} import {tag.title()}" for tag in tags)
    lines = "\n".join(f"{_INDENT}self.{tag} = {tag.title()}(connection)" for tag in tags)
    return (
        _HEAD.format(says="All groups of operations.")
        + f"from __future__ import annotations\n\nfrom cordiale.client.connection import Connection\n{imports}\n\n\n"
        + 'class Groups:\n    """One attribute a group."""\n\n'
        + f"    def __init__(self, connection: Connection) -> None:\n{lines}\n"
    )


def _argument(name: str) -> str:
    return f"{name}_" if hasattr(builtins, name) or keyword.iskeyword(name) else name


def _value(name: str, default: str | None) -> str:
    given = _argument(name)
    return f"{given} or {{}}" if default == "{}" else given


def _mapping(names: Iterable[str]) -> str:
    return "{" + ", ".join(f'"{name}": {_argument(name)}' for name in names) + "}"


def _formatted(text: str) -> str:
    """As the linter wants it: unused imports gone, sorted, 120 wide."""
    ours = "lint.isort.known-first-party=['cordiale']"
    for command in (["check", "--fix-only", "--quiet", "--select", "F401,I", "--config", ours], ["format", "--quiet"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", f"{FOLDER}/x.py", "-"],
            input=text, capture_output=True, text=True, check=True,
        )  # fmt: skip
        text = done.stdout
    return text
