"""Templates from their files to versions in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Max

from cordiale import clock
from cordiale.company import company
from cordiale.content.files import TemplateFiles, read_folder
from cordiale.content.models import Template, TemplateVersion
from cordiale.content.rules.templates import HEAVIEST, Texts, checksum, compile_mail
from cordiale.content.vocabulary import variables


@dataclass(frozen=True)
class AppliedTemplate:
    """What applying one template did."""

    name: str
    version: int
    is_new: bool
    warnings: tuple[str, ...]


def apply_templates(folder: Path, now: datetime) -> list[AppliedTemplate]:
    """Make every template under `folder` (one folder each) current, as a new version where its text is new.

    All or nothing. Raises Located, naming file, line and column, for the first template that cannot be sent.
    """
    clock.require_aware(now)
    read = [read_folder(path) for path in sorted(folder.iterdir()) if (path / "template.yaml").exists()]
    warnings = {files.name: tuple(_check(files)) for files in read}
    with transaction.atomic():
        return [_apply(files, warnings[files.name], now) for files in read]


def _check(files: TemplateFiles) -> Iterable[str]:
    known, currency = variables(), company().currency
    files.check(known, currency)
    for language, texts in files.sources.items():
        yield from _weight(files.name, language, texts, known, currency)
        for line, text in enumerate(texts["mjml"].splitlines(), 1):
            if "<mj-image" in text and " alt=" not in text:
                yield f"{files.name}/{language}.mjml:{line}: an image has no alt text"


def _weight(
    name: str, language: str, texts: Texts, known: Mapping[str, frozenset[str] | None], currency: str
) -> Iterable[str]:
    weight = len(compile_mail(name, language, texts, known, currency).html({}).encode())
    if weight > HEAVIEST:
        yield f"{name}/{language}.mjml: {weight // 1000} kB of HTML; mail programs cut messages over 100 kB"


def _apply(files: TemplateFiles, warnings: tuple[str, ...], now: datetime) -> AppliedTemplate:
    template, _ = Template.objects.select_for_update().get_or_create(
        name=files.name, defaults={"channel": files.channel}
    )
    fingerprint = checksum(files.channel, files.sources)
    version = template.versions.filter(checksum=fingerprint).first()
    is_new = version is None
    if version is None:
        last = template.versions.aggregate(last=Max("number"))["last"] or 0
        version = TemplateVersion.objects.create(
            template=template, number=last + 1, sources=files.sources, checksum=fingerprint, created_at=now
        )
    Template.objects.filter(pk=template.pk).update(current=version, channel=files.channel)
    return AppliedTemplate(files.name, version.number, is_new, warnings)
