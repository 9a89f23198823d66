"""What pages send about cases."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cordiale.cases import rules
from cordiale.cases.categories import categories
from cordiale.cases.models import Channel, Priority
from cordiale.ui import formats


def category_choices() -> list[tuple[str, str]]:
    """The categories in the page's language."""
    return [(code, formats.in_language(titles)) for code, titles in categories().items()]


class OpenForm(forms.Form):
    """A new case. The customer is found by reference, name, email or telephone number."""

    channel = forms.ChoiceField(choices=Channel.choices, label=_("How the customer reached us"))
    category = forms.ChoiceField(choices=category_choices, label=_("Category"))
    priority = forms.TypedChoiceField(
        choices=Priority.choices, coerce=int, initial=Priority.NORMAL, label=_("Priority")
    )
    subject = forms.CharField(max_length=rules.SUBJECT_CHARACTERS, label=_("Subject"))
    text = forms.CharField(
        max_length=rules.TEXT_CHARACTERS, required=False, label=_("What the customer asks"),
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip
    is_mine = forms.BooleanField(required=False, initial=True, label=_("I take care of it"))


class ClassifyForm(forms.Form):
    """What a case is about and how urgent it is."""

    category = forms.ChoiceField(choices=category_choices, label=_("Category"))
    priority = forms.TypedChoiceField(choices=Priority.choices, coerce=int, label=_("Priority"))


class RateForm(forms.Form):
    """How satisfied the customer is."""

    score = forms.TypedChoiceField(
        choices=[(score, str(score)) for score in range(rules.BEST, 0, -1)], coerce=int,
        label=_("Satisfaction, 5 is best"),
    )  # fmt: skip
    comment = forms.CharField(
        max_length=rules.TEXT_CHARACTERS, required=False, label=_("In the customer’s words"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


def seen(posted: Any) -> int | None:
    """The revision of the case its reader saw; None where the page sent none."""
    text = posted.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
