"""What a page sends to connect a shop or a table."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cordiale.connectors.models import PULLED, Kind
from cordiale.connectors.rules import signatures
from cordiale.connectors.rules.settings import TAKES

_TEXT = forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false"})
_SCHEMES = [(scheme, scheme) for scheme in signatures.SCHEMES]


class ConnectorForm(forms.Form):
    """A new connector of one kind: only the fields this kind takes are there."""

    name = forms.SlugField(max_length=30, label=_("Name"), help_text=_("Small letters, digits and hyphens."))
    secret = forms.CharField(
        max_length=2_000,
        required=False,
        strip=True,
        label=_("Signing secret"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Leave it empty to have one made, or write env:NAME to read it from an environment variable."),
    )
    zone = forms.CharField(
        max_length=64, required=False, label=_("Time zone"),
        help_text=_("Of moments written without one. Empty: the company’s."),
    )  # fmt: skip
    purpose = forms.CharField(
        max_length=50, required=False, label=_("Purpose of consents"), help_text=_("Empty: offers.")
    )
    opt_in = forms.CharField(
        max_length=100, required=False, label=_("Box of the checkout"),
        help_text=_("Key of the order’s data where a ticked “send me offers” is kept. Empty: orders say nothing."),
    )  # fmt: skip
    scheme = forms.ChoiceField(choices=_SCHEMES, required=False, label=_("How it signs"))
    header = forms.CharField(
        max_length=60,
        required=False,
        label=_("Header of the signature"),
        help_text=_("Only for hmac. Empty: X-Signature."),
    )
    mapping = forms.CharField(
        max_length=20_000, widget=_TEXT, label=_("Mapping"), help_text=_("Which place is which field, in YAML.")
    )
    query = forms.CharField(
        max_length=20_000, widget=_TEXT, label=_("Query"), help_text=_("One SELECT whose columns the mapping names.")
    )
    cursor = forms.CharField(
        max_length=63, label=_("Column that grows"), help_text=_("A moment or a number: only what is new is read.")
    )
    cursor_kind = forms.ChoiceField(
        choices=[("instant", _("a moment")), ("number", _("a number"))], label=_("It holds")
    )
    overlap = forms.IntegerField(
        min_value=0, max_value=1_000_000, required=False, label=_("Read again"),
        help_text=_("Minutes, or numbers, before the last value seen: for rows committed late. Empty: 15 or 1 000."),
    )  # fmt: skip
    every = forms.IntegerField(
        min_value=1, max_value=10_080, required=False, initial=60, label=_("Every so many minutes")
    )

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lacks = {"query"} if kind == Kind.PARQUET else set()
        for name in set(self.fields) - {"name", "secret", *TAKES[kind]} | lacks:
            self.fields.pop(name, None)
        if kind in PULLED:
            self.fields["secret"].required = True
            self.fields["secret"].label = _("Address") if kind in {"postgresql", "mysql"} else _("File or folder")
            self.fields["secret"].help_text = _("Never shown again. env:NAME reads it from an environment variable.")

    @property
    def settings(self) -> dict[str, Any]:
        """What is no secret."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"name", "secret"}}
