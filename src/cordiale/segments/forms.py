"""What a page sends to save a segment, beside its rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _


class SegmentForm(forms.Form):
    """A segment's names. `revision` is the one the writer saw, empty for a new segment."""

    title_fr = forms.CharField(max_length=120, required=False, label=_("Title in French"))
    title_en = forms.CharField(max_length=120, required=False, label=_("Title in English"))
    name = forms.SlugField(
        max_length=80, required=False, label=_("Name"),
        help_text=_("Small letters, digits and hyphens; left empty, it is made of the title."),
    )  # fmt: skip
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """A name made of a title where none was given."""
        given: dict[str, Any] = super().clean() or {}
        if not given.get("name") and "name" not in self.errors:
            given["name"] = slugify(given.get("title_en") or given.get("title_fr") or "")[:80].strip("-")
            if not given["name"]:
                self.add_error("name", _("Give a title or a name."))
        return given

    def title(self) -> dict[str, str]:
        """The titles given, by language."""
        given = {"fr": self.cleaned_data["title_fr"], "en": self.cleaned_data["title_en"]}
        return {language: title for language, title in given.items() if title}
