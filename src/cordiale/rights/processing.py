"""The register of processing activities (RGPD art. 30): what the company wrote, and what Cordiale knows by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from cordiale import documents, home
from cordiale.company import company
from cordiale.consent.purposes import purposes
from cordiale.customers.fields import fields
from cordiale.errors import Located
from cordiale.rights import documents as pdf
from cordiale.rights import retention
from cordiale.ui import formats

_DEFAULT = Path(__file__).parent / "data" / "processing.yaml"
_KEYS = ("controller", "activities", "transfers_outside_eu", "security", "recipients")


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the register: a title and lines of (label, text). `is_missing` when the company has to complete it."""

    title: str
    records: list[list[tuple[str, str]]]
    is_missing: bool = False


def sections() -> list[Section]:
    """The register in the language of the page. Raises Located where `processing.yaml` is wrong."""
    written = _written()
    return [_controller(written), *_activities(written), _purposes(), _data(), _recipients(written), _retention(),
            _transfers(written), _security(written)]  # fmt: skip


def as_pdf(language: str) -> bytes:
    """The register as a document."""
    found = [{"title": one.title, "more": "", "records": one.records} for one in sections()]
    return pdf.register(
        found, _("Register of processing activities"), company().postal_address, company().name, language
    )


def _written() -> Mapping[str, Any]:
    path = home.current().company_file("processing.yaml", _DEFAULT)
    document = documents.load_file(path)
    if not isinstance(document, Mapping) or not isinstance(document.get("activities"), list):
        raise Located("a mapping with a list 'activities' is needed", line=1, column=1, source=path.name, hint=_hint())
    unknown = [name for name in document if name not in _KEYS]
    if unknown:
        line, column = document.lc.key(unknown[0])  # type: ignore[attr-defined]
        raise Located(f"'{unknown[0]}' is not known", line=line + 1, column=column + 1, source=path.name, hint=_hint())
    return document


def _hint() -> str:
    return f"it takes {', '.join(_KEYS)}"


def _controller(written: Mapping[str, Any]) -> Section:
    said = written.get("controller") or {}
    labels = {
        "contact": _("Contact"),
        "representative": _("Representative"),
        "data_protection_officer": _("Data protection officer"),
    }
    record = [(_("Controller"), company().name), (_("Address"), company().postal_address)]
    record += [(label, str(said.get(name) or _("to be completed"))) for name, label in labels.items()]
    return Section(title=_("Who is responsible"), records=[record], is_missing=not said.get("contact"))


def _activities(written: Mapping[str, Any]) -> list[Section]:
    labels = {"purpose": _("Purpose"), "basis": _("Legal basis"), "people": _("People concerned")}
    return [
        Section(
            title=_in_language(one.get("name")) or _("Activity"),
            records=[[(label, _in_language(one.get(name)) or _("to be completed")) for name, label in labels.items()]],
            is_missing=not all(one.get(name) for name in labels),
        )
        for one in written["activities"]
    ]


def _purposes() -> Section:
    bases = {"consent": _("consent, asked first"), "contract": _("contract, until the person objects")}
    records = [
        [
            (_("Purpose"), _in_language(one.title)),
            (_("Legal basis"), bases[one.legal_basis]),
            (_("Text shown"), one.text(formats.language())),
        ]
        for one in purposes().values()
    ]
    return Section(title=_("Why we contact people"), records=records)


def _data() -> Section:
    names = {"signaletic": _("Signaletic"), "declared": _("Declared"), "marketing": _("Marketing")}
    found: dict[str, list[str]] = {}
    for one in fields().values():
        label = _in_language(one.labels) + (f" ({_('sensitive')})" if one.is_sensitive else "")
        found.setdefault(one.category, []).append(label)
    records = [[(names.get(category, category), ", ".join(labels))] for category, labels in found.items()]
    records.append(
        [(_("Transactional"), _("Orders and returns, events, messages and what became of them, survey answers, cases"))]
    )
    return Section(title=_("Categories of data"), records=records)


def _recipients(written: Mapping[str, Any]) -> Section:
    said = [(_("Named by the company"), str(one)) for one in written.get("recipients") or []]
    records = [[pair] for pair in said]
    return Section(title=_("Recipients"), records=records or [[(_("Recipients"), _("none outside the company"))]])


def _retention() -> Section:
    records = [[(one.title(), one.words())] for one in retention.periods()]
    return Section(title=_("How long"), records=records, is_missing=not records)


def _transfers(written: Mapping[str, Any]) -> Section:
    said = written.get("transfers_outside_eu")
    text = _in_language(said) or _("to be completed")
    return Section(title=_("Transfers outside the EU"), records=[[(_("Transfers"), text)]], is_missing=said is None)


def _security(written: Mapping[str, Any]) -> Section:
    said = written.get("security") or {}
    lines: list[Any] = said.get(formats.language()) or next(iter(said.values()), [])
    return Section(title=_("Security"), records=[[(_("Measure"), str(one))] for one in lines], is_missing=not lines)


def _in_language(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get(formats.language()) or next(iter(value.values()), ""))
    return str(value) if value else ""
