"""What a page sends to add a source."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from cordiale.intake.models import Kind


class SourceForm(forms.Form):
    """A new source. Origins are one a line."""

    name = forms.SlugField(max_length=40, label=_("Name"), help_text=_("Small letters, digits and hyphens."))
    kind = forms.ChoiceField(choices=Kind.choices, initial=Kind.BROWSER, label=_("What sends"))
    origins = forms.CharField(
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Origins of its pages"),
        help_text=_("For a browser: one a line, for instance https://www.example.fr"),
    )
