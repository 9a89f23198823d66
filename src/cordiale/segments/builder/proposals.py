"""Where the values that a field of the page proposes come from: the query its address is asked with."""

from __future__ import annotations

from urllib.parse import urlencode

PROPERTY_NAMES, PROPERTY_VALUES = "events.properties", "events.property"


def of_field(name: str) -> str:
    """The values of a text field."""
    return urlencode({"name": name})


def of_column(function: str, column: str) -> str:
    """The values of a text column of the rows a function looks at."""
    return urlencode({"name": f"{function}.{column}"})


def of_names(event: str) -> str:
    """The properties that events of that name carry."""
    return urlencode({"name": PROPERTY_NAMES, "event": event})


def of_property(event: str, name: str) -> str:
    """The values of a property."""
    return urlencode({"name": PROPERTY_VALUES, "event": event, "property": name})
