"""Whoever owns a score is told, on whatever page comes next, that its customers have changed; once for each version."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from cordiale.accounts.models import Role
from cordiale.scores import definitions
from cordiale.scores.models import Told, Watch
from cordiale.scores.rules.declarations import Score
from cordiale.scores.watching import THRESHOLD
from cordiale.ui import formats, notices


def register() -> None:
    """Let every page show it."""
    notices.register_source(news)


def news(request: HttpRequest) -> list[notices.Notice]:
    """The scores of this person's role whose version in force has drifted too far, each told once."""
    staff = getattr(request, "user", None)
    if staff is None or not staff.is_authenticated:
        return []
    moved = Watch.objects.filter(worst__gt=THRESHOLD, version__terms__until__isnull=True)
    untold = moved.exclude(version__told__staff=staff).values_list("version_id", "version__score")
    told = []
    for version, name in dict(untold).items():
        score = next((one for one in definitions.scores() if one.name == name), None)
        if score is not None and is_owner(score, staff.role):
            Told.objects.get_or_create(version_id=version, staff=staff)
            told.append(_notice(score))
    return told


def is_owner(score: Score, role: str) -> bool:
    """Does this role own the score? Administrators do where its owner is no role of ours."""
    return role == (score.owner if score.owner in Role.values else Role.ADMINISTRATOR)


def _notice(score: Score) -> notices.Notice:
    text = _("%(score)s: customers have moved far from those it was learnt from.")
    return {
        "text": text % {"score": formats.in_language(score.title)}, "kind": "warning",
        "url": f"{reverse('scores:score', args=[score.name])}#drift", "link": _("Look at its card, or learn it anew"),
    }  # fmt: skip
