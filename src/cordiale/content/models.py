"""Templates of messages and their versions."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Template(models.Model):
    """A named message for one channel, in one or more languages."""

    name = models.SlugField(unique=True, max_length=80)
    channel = models.CharField(max_length=20)
    current = models.ForeignKey("TemplateVersion", null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """What a template said at one time; immutable, because messages point to it.

    `sources`: `{"fr": {"subject": …, "mjml": …, "text": …}, "en": …}`, Liquid inside.
    """

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    sources = models.JSONField()
    checksum = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["template", "number"], name="template_version_once")]
