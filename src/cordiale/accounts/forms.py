"""Sign-in, profile and password."""

from __future__ import annotations

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cordiale.accounts.models import Staff


class SignInForm(forms.Form):
    """Who is at the door."""

    email = forms.EmailField(label=_("Email address"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class ProfileForm(forms.Form):
    """What a member of staff may change of themself."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(label=_("Language of the pages"), choices=[("fr", "Français"), ("en", "English")])


class PasswordForm(forms.Form):
    """A new password; the present one is asked for only where there is one."""

    present = forms.CharField(
        label=_("Present password"),
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        strip=False,
        help_text=_("At least 12 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, staff: Staff, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.staff = staff
        if not staff.has_usable_password():
            del self.fields["present"]

    def clean_present(self) -> str:
        """The password in force, or an error beside the field."""
        present: str = self.cleaned_data["present"]
        if not self.staff.check_password(present):
            raise ValidationError(_("This is not your present password."))
        return present

    def clean_new(self) -> str:
        """A password that Django's validators accept."""
        new: str = self.cleaned_data["new"]
        validate_password(new, self.staff)
        return new
