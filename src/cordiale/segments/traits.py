"""Which segments a trait is used in: one in use is not retired, and its page says where."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from cordiale.insight import uses
from cordiale.segments.models import Segment
from cordiale.segments.queries.language import read_all, vocabulary
from cordiale.segments.rules import Expression
from cordiale.segments.rules.tree import FieldValue, Flag, walk
from cordiale.ui import formats


def register() -> None:
    """Called once, when Django is ready."""
    uses.register("segments", using)


def names(expression: Expression, trait: str) -> bool:
    """Does the expression ask for the trait?"""
    return any(isinstance(node, FieldValue | Flag) and node.field.name == trait for node in walk(expression.root))


def using(trait: str) -> list[uses.Use]:
    """The segments whose expression names the trait."""
    good, _wrong = read_all(vocabulary())
    named = [name for name, expression in good.items() if names(expression, trait)]
    titles = dict(Segment.objects.filter(name__in=named).values_list("name", "title"))
    return [
        uses.Use(
            title=_("the segment %(title)s") % {"title": formats.in_language(titles[name]) or name},
            url=reverse("segments:segment", args=[name]),
        )
        for name in sorted(titles)
    ]
