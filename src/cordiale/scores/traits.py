"""Which scores learnt from a trait: its page says so, with what its end would mean for them."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from cordiale.insight import uses
from cordiale.scores import definitions
from cordiale.scores.models import Term
from cordiale.ui import formats


def register() -> None:
    """Called once, when Django is ready."""
    uses.register("scores", using)


def using(trait: str) -> list[uses.Use]:
    """The scores whose version in force reads the trait.

    They do not keep it: without it they go on as though it were unknown, and are learnt anew the night after.
    """
    titles = {score.name: score.title for score in definitions.scores()}
    terms = Term.objects.filter(until__isnull=True, score__in=titles).order_by("score").select_related("version")
    return [
        uses.Use(
            title=_("the score %(title)s") % {"title": formats.in_language(titles[term.score])},
            url=reverse("scores:score", args=[term.score]),
            without=_("it would go on as if nobody had a value, and be learnt anew without the trait the next night."),
        )
        for term in terms
        if trait in term.version.parameters.get("features", ())
    ]
