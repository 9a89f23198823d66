"""What generated code calls: Liquid's own ideas of truth, comparison and printing."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import escape as escape_html

_special = re.compile("[&<>\"']").search


def printed(value: Any) -> str:
    """A value as Liquid prints it."""
    if value.__class__ is str:
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "".join(map(str, value))
    return str(value)


def escaped(value: Any) -> str:
    """The same for HTML; text written in the template itself (Markup) is trusted."""
    text = value if hasattr(value, "__html__") else printed(value)
    return text if text.__class__ is str and not _special(text) else str(escape_html(text))


def item(value: Any, key: str | int) -> Any:
    """A path's next step; None where there is nothing."""
    try:
        return value[key]
    except (KeyError, TypeError, IndexError):
        return None


def is_true(value: Any) -> bool:
    """Only nil and false are false: 0 and "" are true."""
    return value is not None and value is not False


def equals(left: Any, right: Any) -> bool:
    """Liquid's `==`: true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def is_less(left: Any, right: Any) -> bool:
    """Liquid's `<`. What cannot be compared is not less: python-liquid raises, but one odd value must stop nothing."""
    try:
        return left is not None and right is not None and bool(left < right)
    except TypeError:
        return False


def is_at_most(left: Any, right: Any) -> bool:
    """Liquid's `<=`."""
    return is_less(left, right) or (left is not None and right is not None and equals(left, right))


def contains(left: Any, right: Any) -> bool:
    """Liquid's `contains`: a part of a text, or an element of a list."""
    if not is_true(left) or not is_true(right):
        return False
    if isinstance(left, str):
        return str(right) in left
    return right in left if hasattr(left, "__contains__") else False


def rows(value: Any) -> list[Any] | tuple[Any, ...] | range:
    """What a loop runs over; a text is one row, anything that is no list has none."""
    if isinstance(value, str):
        return [value] if value else []
    return value if isinstance(value, list | tuple | range) else []


NAMES = {
    function.__name__: function for function in (item, is_true, equals, is_less, is_at_most, contains, rows)
}  # fmt: skip
"""What generated code may call, by name."""
