"""Promises others rely on, written down: the commands with their options, the HTTP routes, the API's description.

The Python client, which is written from that description, is held to it here too.

A change shows as a difference in review; `./cordiale check --update` accepts it.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

FOLDER = "docs/reference"


def differences(root: Path) -> str:
    """A unified diff of every snapshot that no longer holds, empty when all do."""
    found: list[str] = []
    for name, text in _current().items():
        path = root / name
        kept = path.read_text() if path.exists() else ""
        found += difflib.unified_diff(
            kept.splitlines(), text.splitlines(), f"kept {name}", f"now {name}", lineterm="", n=0
        )
    return "\n".join(found)


def update(root: Path) -> None:
    """Write the snapshots as things are now."""
    for name, text in _current().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def _current() -> dict[str, str]:
    from cordiale.config import client_source  # noqa: PLC0415
    from cordiale.config.api import api  # noqa: PLC0415
    from cordiale.config.commands import cli  # noqa: PLC0415 - commands import this module's caller

    description = json.loads(json.dumps(api.get_openapi_schema()))
    references = {
        "cli.txt": "\n".join(_commands(cli, "cordiale")) + "\n",
        "http.txt": "\n".join(sorted(_routes(get_resolver()))) + "\n",
        "openapi.json": json.dumps(description, indent=1, ensure_ascii=False, sort_keys=True) + "\n",
    }
    modules = client_source.modules(description)
    return {f"{FOLDER}/{name}": text for name, text in references.items()} | {
        f"{client_source.FOLDER}/{name}": text for name, text in modules.items()
    }


def _commands(command: Any, path: str) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if children is None:
        yield " ".join([path, *sorted(_parameters(command))])
        return
    for name in sorted(children):
        yield from _commands(children[name], f"{path} {name}")


def _parameters(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            yield f"{str(parameter.name).upper()}{'…' if parameter.nargs == -1 else ''}"
        elif parameter.name != "help":
            yield f"[{max(parameter.opts, key=len)}]"


def _routes(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern)
