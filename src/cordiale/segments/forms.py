"""What a page sends to save a segment."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from cordiale.segments.rules.reading import MAX_CHARACTERS


class SegmentForm(forms.Form):
    """A segment's words. `revision` is the one the writer saw, empty for a new segment."""

    name = forms.SlugField(max_length=80, label=_("Name"), help_text=_("Small letters, digits and hyphens."))
    title_fr = forms.CharField(max_length=120, required=False, label=_("Title in French"))
    title_en = forms.CharField(max_length=120, required=False, label=_("Title in English"))
    expression = forms.CharField(max_length=MAX_CHARACTERS, strip=False, label=_("Expression"))
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def title(self) -> dict[str, str]:
        """The titles given, by language."""
        given = {"fr": self.cleaned_data["title_fr"], "en": self.cleaned_data["title_en"]}
        return {language: title for language, title in given.items() if title}
