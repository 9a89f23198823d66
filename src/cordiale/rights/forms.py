"""What pages send about rights."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cordiale.rights.models import RequestKind

CHANNELS = [
    ("email", gettext_lazy("by email")),
    ("letter", gettext_lazy("by letter")),
    ("phone", gettext_lazy("by telephone")),
    ("shop", gettext_lazy("in a shop")),
    ("page", gettext_lazy("on a page")),
]


class RequestForm(forms.Form):
    """A new line of the register."""

    kind = forms.ChoiceField(choices=RequestKind.choices, label=gettext_lazy("What is asked"))
    channel = forms.ChoiceField(choices=CHANNELS, label=gettext_lazy("How it reached us"))
    received_on = forms.DateField(
        label=gettext_lazy("Received on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The month to answer runs from this day."),
    )
    note = forms.CharField(
        required=False, max_length=2_000, label=gettext_lazy("In their words"), widget=forms.Textarea({"rows": 3})
    )


class ErasureForm(forms.Form):
    """An irreversible act: the reference has to be typed."""

    reference = forms.CharField(max_length=64, label=gettext_lazy("Type the reference to confirm"))

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_reference(self) -> str:
        """Only the customer's own reference will do."""
        given = str(self.cleaned_data["reference"]).strip()
        if given != self.expected:
            raise forms.ValidationError(_("This is not the reference; it is written at the top of the page."))
        return given
