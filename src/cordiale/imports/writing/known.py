"""Rows that speak of people who must be known already."""

from __future__ import annotations

from cordiale.imports import people
from cordiale.imports.people import Numbers
from cordiale.imports.reading import RefusedRow
from cordiale.imports.writing.tasks import Part, Task

_STRANGER = "nobody has this {key}; import the customers first"


def known_people(task: Task, part: Part) -> tuple[Part, Numbers, list[RefusedRow]]:
    """The rows of people we know, their numbers, and the others, refused."""
    key = task.mapping.identifier
    found = people.find(part.table, key)
    strangers = part.refuse(found.is_new, _STRANGER.format(key=key))
    return part.only(~found.is_new), found.numbers[~found.is_new], strangers
