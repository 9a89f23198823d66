"""A template as its author wrote it, checked and compiled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cordiale.content.rules.filters import filters
from cordiale.content.rules.generator import Dialect, Source, Vocabulary
from cordiale.content.rules.mime import CompiledMail
from cordiale.content.rules.mjml import to_html
from cordiale.content.rules.personal import compile_quoted, compile_text
from cordiale.errors import Located

HEAVIEST = 100_000
"""Bytes of HTML over which mail programs cut a message (Gmail: 102 kB)."""

Texts = Mapping[str, str]
"""`subject`, `mjml` and `text` of one language."""


def compile_mail(name: str, language: str, texts: Texts, variables: Vocabulary, currency: str) -> CompiledMail:
    """One language of a template. Raises Located, naming `name/<language>.<part>`."""
    known = filters(language, currency)
    plain, html = Dialect(variables, known, escapes=False), Dialect(variables, known, escapes=True)
    subject = Source(f"{name}/template.yaml", texts["subject"])
    text = Source(f"{name}/{language}.txt", texts["text"].replace("\r\n", "\n").rstrip("\n") + "\n")
    page = Source(f"{name}/{language}.mjml", to_html(Source(f"{name}/{language}.mjml", texts["mjml"])))
    return CompiledMail(
        language=language,
        subject=compile_text(subject, plain),
        text=compile_text(text, plain),
        html=compile_text(page, html),
        text_body=compile_quoted(text, plain),
        html_body=compile_quoted(page, html),
    )


def require_unsubscribe(source: Source) -> None:
    """Refuse a part of a message that does not say how to stop (LAW.md C4)."""
    if "links.unsubscribe" not in source.text:
        raise Located(
            "the unsubscribe link is missing", line=source.text.count("\n") + 1, column=1, source=source.name,
            hint="write {{ links.unsubscribe }}",
        )  # fmt: skip


def checksum(channel: str, sources: Mapping[str, Texts]) -> str:
    """A version's fingerprint: the same texts are the same version."""
    written = json.dumps([channel, {language: dict(texts) for language, texts in sources.items()}], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()


@dataclass(frozen=True)
class CompiledTemplate:
    """A version's languages. `mail_in` never fails: the first language stands in for one that is not written."""

    version_id: int
    name: str
    mails: Mapping[str, CompiledMail]

    def mail_in(self, language: str) -> CompiledMail:
        """The message in `language`, or in the first one written."""
        return self.mails.get(language) or next(iter(self.mails.values()))
