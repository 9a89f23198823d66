"""Staff, their one-time sign-in links, and the audit trail of what they changed."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from cordiale.accounts import permissions


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    MARKETER = "marketer", _("Marketer")
    ANALYST = "analyst", _("Analyst")
    AGENT = "agent", _("Agent")


class StaffManager(BaseUserManager["Staff"]):
    def get_by_natural_key(self, username: str | None) -> Staff:
        """Emails are compared without case."""
        return self.get(email__iexact=username)


class Staff(AbstractBaseUser):
    """A person who works with Cordiale. Never a customer."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.AGENT)
    language = models.CharField(max_length=5, default="fr", choices=[("fr", "Français"), ("en", "English")])
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects = StaffManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def may(self, verb: str) -> bool:
        """Does this person's role allow `verb`?"""
        return permissions.may(self.role, verb)


class SignInLink(models.Model):
    """A link that signs its holder in once. Only the token's SHA-256 is kept."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class FailedSignIn(models.Model):
    """Failed attempts, to slow guessing down."""

    key = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "at"])]


class AuditEntry(models.Model):
    """Who changed what, when. `staff` is empty for the CLI and the worker; `actor` names them all the same."""

    at = models.DateTimeField()
    staff = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL)
    actor = models.CharField(max_length=120)
    verb = models.CharField(max_length=60)
    noun = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["noun", "name", "-at"])]


class AccessKey(models.Model):
    """A key with which a program uses the HTTP API under a role. Only the secret's SHA-256 is kept."""

    name = models.SlugField(unique=True, max_length=60)
    role = models.CharField(max_length=20, choices=Role.choices)
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
