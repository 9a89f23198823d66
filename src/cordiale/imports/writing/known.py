"""Rows that speak of people who must be known already."""

from __future__ import annotations

from django.utils.translation import gettext as _

from cordiale.identity.matching import look_up
from cordiale.imports import people
from cordiale.imports.people import Numbers
from cordiale.imports.reading import RefusedRow
from cordiale.imports.writing.tasks import Part, Task


def known_people(task: Task, part: Part) -> tuple[Part, Numbers, list[RefusedRow]]:
    """The rows of people we know, their numbers, and the others, refused."""
    key = task.mapping.identifier
    found = people.find(look_up(part.identifiers), key)
    strangers = part.refuse(found.is_new, _("nobody has this %(key)s; import the customers first") % {"key": key})
    return part.only(~found.is_new), found.numbers[~found.is_new], strangers
