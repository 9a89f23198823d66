"""A template's folder: `template.yaml` (channel, subject by language) with `<language>.mjml` and `<language>.txt`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from cordiale import documents
from cordiale.content.rules.filters import filters
from cordiale.content.rules.generator import Dialect, Source, Vocabulary
from cordiale.content.rules.mjml import check_structure, to_html, with_parts
from cordiale.content.rules.personal import compile_text
from cordiale.content.rules.templates import Texts, require_unsubscribe
from cordiale.errors import CordialeError, Located

CHANNELS = ("email",)
_KEYS = ("channel", "subject")


@dataclass(frozen=True)
class TemplateFiles:
    """What a folder says. `sources` have their parts put in; `originals` are the files themselves, for their places."""

    name: str
    channel: str
    sources: dict[str, dict[str, str]]
    originals: dict[str, list[Source]]
    subject_places: dict[str, tuple[int, int]]

    def check(self, variables: Vocabulary, currency: str) -> None:
        """Raise Located for the first thing that cannot be sent, at its place in the author's own file."""
        for language, texts in self.sources.items():
            known = filters(language, currency)
            self._check_subject(language, texts, Dialect(variables, known, escapes=False))
            for source in self.originals[language]:
                if source.name.endswith(".mjml"):
                    check_structure(source)
                compile_text(source, Dialect(variables, known, escapes=source.name.endswith(".mjml")))
            whole = Source(f"{self.name}/{language}.mjml", texts["mjml"])
            require_unsubscribe(whole)
            require_unsubscribe(Source(f"{self.name}/{language}.txt", texts["text"]))
            to_html(whole)

    def _check_subject(self, language: str, texts: Texts, dialect: Dialect) -> None:
        line, column = self.subject_places[language]
        try:
            compile_text(Source("template.yaml", texts["subject"]), dialect)
        except Located as error:
            raise Located(error.message, line=line, column=column + error.column - 1,
                          source=f"{self.name}/template.yaml", hint=error.hint) from error  # fmt: skip


def read_folder(folder: Path) -> TemplateFiles:
    """Read a template's folder. Raises Located for what is missing or wrong."""
    document = _manifest(folder)
    name = f"{folder.name}/template.yaml"
    sources, originals, places = {}, {}, {}
    for language, subject in document["subject"].items():
        line, column = document["subject"].lc.value(language)
        if not isinstance(subject, str) or not subject.strip():
            raise Located(f"the subject in '{language}' is empty", line=line + 1, column=column + 1, source=name)
        page, text = (_file(folder, f"{language}.{ending}") for ending in ("mjml", "txt"))
        parts = {page.name: page}

        def part(path: str, seen: dict[str, Source] = parts) -> Source:
            found = _file(folder.parent, path)
            seen[found.name] = found
            return found

        whole = with_parts(page, part)
        sources[language] = {"subject": subject, "mjml": whole, "text": text.text}
        originals[language] = [*parts.values(), text]
        places[language] = (line + 1, column + 1)
    return TemplateFiles(folder.name, document["channel"], sources, originals, places)


def _manifest(folder: Path) -> Any:
    name = f"{folder.name}/template.yaml"
    document = documents.load_file(folder / "template.yaml", name)
    if not isinstance(document, CommentedMap) or set(document) != set(_KEYS):
        raise Located("a template has a channel and a subject, nothing else", line=1, column=1, source=name)
    if document["channel"] not in CHANNELS:
        line, column = document.lc.value("channel")
        hint = f"channels are {', '.join(CHANNELS)}"
        raise Located("this channel is not known", line=line + 1, column=column + 1, source=name, hint=hint)
    if not isinstance(document["subject"], CommentedMap) or not document["subject"]:
        line, column = document.lc.key("subject")
        hint = "write subject: {fr: …, en: …}"
        raise Located("the subject is missing", line=line + 1, column=column + 1, source=name, hint=hint)
    return document


def _file(folder: Path, path: str) -> Source:
    target = (folder / path).resolve()
    name = f"{folder.name}/{path}"
    if not target.is_relative_to(folder.resolve()):
        raise CordialeError(f"{name} is outside the templates' folder; put the part beside the templates")
    try:
        text = target.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Located("this file is missing or empty", line=1, column=1, source=name, hint="add it") from error
    except UnicodeDecodeError as error:
        raise Located("this file is not UTF-8", line=1, column=1, source=name, hint="save it as UTF-8") from error
    if not text.strip():
        raise Located("this file is missing or empty", line=1, column=1, source=name, hint="add it")
    return Source(name, text)
