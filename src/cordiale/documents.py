"""The one door to YAML that people write: what cannot be read is an error at its place, never a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from cordiale.errors import CordialeError, Located


def load_file(path: Path, name: str = "") -> Any:
    """The document in a file, every mapping and list with its places (`.lc`); `name` is what errors call it.

    Raises CordialeError where the file cannot be read, Located where it is not UTF-8 or not YAML.
    """
    source = name or path.name
    try:
        content = path.read_bytes()
        return load(content.decode("utf-8-sig"), source)
    except OSError as error:
        raise CordialeError(f"cannot read {source}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise Located(
            "this byte is not UTF-8", line=line, column=column, source=source, hint="save the file as UTF-8"
        ) from error


def load(text: str, source: str) -> Any:
    """The document in a text. Quotes are remembered, so that a place inside a quoted text can be told."""
    parser = YAML(typ="rt")
    parser.preserve_quotes = True
    try:
        return parser.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Located(str(error.problem or error.context), line=line, column=column, source=source) from error
    except YAMLError as error:  # characters that YAML does not allow
        raise Located(str(error).splitlines()[0], line=1, column=1, source=source) from error
