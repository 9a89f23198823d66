"""What the codes in an expression are called: a segment, stage, category, purpose or channel, in one language."""

from __future__ import annotations

from functools import cached_property

from django.utils import translation

from cordiale.consent.purposes import purposes
from cordiale.facts.categories import category_label
from cordiale.insight import queries as insight
from cordiale.insight.rules.traits import STAGE
from cordiale.segments.models import Segment
from cordiale.ui import formats


class Names:
    """Asked for what a code is called; the code itself where it has no name. Looks everything up once."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, what: str, code: str) -> str:
        """`what` is `segment`, `purpose`, `channel`, or the name of a field or column that holds the code."""
        if what == "category" or what.endswith("_category"):
            return category_label(code, self._language) or code
        if what == "channel":
            with translation.override(self._language):
                return str(formats.channel(code))
        if what == "segment":
            return self._segments.get(code, code)
        if what == "purpose":
            return self._purposes.get(code, code)
        return self._stages.get(code, code) if what == STAGE else code

    @cached_property
    def _segments(self) -> dict[str, str]:
        found = Segment.objects.values_list("name", "title")
        return {name: title.get(self._language) or next(iter(title.values()), name) for name, title in found}

    @cached_property
    def _purposes(self) -> dict[str, str]:
        return {code: one.title.get(self._language) or code for code, one in purposes().items()}

    @cached_property
    def _stages(self) -> dict[str, str]:
        return {rule.stage: rule.title.get(self._language) or rule.stage for rule in insight.lifecycle().rules}
