"""What the quality pages send."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cordiale.quality.models import CostKind


class CostForm(forms.Form):
    """A line of the cost register."""

    kind = forms.ChoiceField(choices=CostKind.choices, label=_("What for"))
    label = forms.CharField(max_length=120, label=_("Label"))
    amount = forms.DecimalField(min_value=0, max_digits=12, decimal_places=2, localize=True, label=_("Amount"))
    is_monthly = forms.TypedChoiceField(
        choices=[("yes", _("each month")), ("no", _("once"))], coerce=lambda said: said == "yes", label=_("Paid")
    )
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(
        required=False, label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty while it is still paid."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """The last day comes after the first."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day comes before the first."))
        return cleaned
