"""Which templates name a trait: one that is named is not retired, and its page says where."""

from __future__ import annotations

from django.utils.translation import gettext as _

from cordiale.content.models import Template
from cordiale.content.rules.naming import named
from cordiale.insight import uses


def register() -> None:
    """Called once, when Django is ready."""
    uses.register("templates", using)


def using(trait: str) -> list[uses.Use]:
    """The templates whose current version names the trait, as `traits.…` or by itself (`favourite_category`)."""
    rows = Template.objects.exclude(current=None).order_by("name").values_list("name", "current__sources")
    return [
        uses.Use(title=_("the template %(name)s") % {"name": name})
        for name, sources in rows
        if any(_names(text, trait) for texts in sources.values() for text in texts.values())
    ]


def _names(text: str, trait: str) -> bool:
    return any(path[:2] == ("traits", trait) or path[:1] == (trait,) for path in named(text))
