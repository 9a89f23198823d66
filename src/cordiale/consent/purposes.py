"""The company's purposes, from `company/purposes.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from cordiale import documents, home
from cordiale.consent.rules import Wording
from cordiale.errors import CordialeError, Located

_DEFAULT = Path(__file__).parent / "data" / "purposes.yaml"
_BASES = ("consent", "contract")
_PARTS = ("title", "legal_basis", "version", "wording")
_CONTACTS = ("informative", "promotional", "survey")


def purposes() -> Mapping[str, Wording]:
    """Purposes by code, in the order of the file. Read again when it changes. Raises Located where it is wrong."""
    path = home.current().company_file("purposes.yaml", _DEFAULT)
    return _read(path, path.stat().st_mtime_ns)


def get_purpose(code: str) -> Wording:
    """The purpose called `code`. Raises CordialeError naming those there are."""
    known = purposes()
    if code not in known:
        text = _("'%(code)s' is not a purpose; purposes.yaml has %(codes)s")
        raise CordialeError(text % {"code": code, "codes": ", ".join(known)})
    return known[code]


@lru_cache(maxsize=8)
def _read(path: Path, changed_at: int) -> Mapping[str, Wording]:
    document = documents.load_file(path)
    if not isinstance(document, dict) or not document:
        raise Located("no purpose is written here", line=1, column=1, source=path.name, hint="see the default file")
    return {code: _purpose(document, code, path.name) for code in document}


def _purpose(document: Any, code: str, source: str) -> Wording:
    line, column = document.lc.key(code)

    def wrong(message: str) -> Located:
        return Located(f"purpose '{code}': {message}", line=line + 1, column=column + 1, source=source)

    values = document[code]
    if not isinstance(values, dict) or set(values) - {"contact"} != set(_PARTS):
        raise wrong(f"it takes {', '.join(_PARTS)}, and contact where it is not {_usual_contact(values)}")
    if values["legal_basis"] not in _BASES:
        raise wrong(f"legal_basis is one of {', '.join(_BASES)}")
    contact = values.get("contact", _usual_contact(values))
    if contact not in _CONTACTS:
        raise wrong(f"contact is one of {', '.join(_CONTACTS)}")
    for part in ("title", "wording"):
        if not isinstance(values[part], dict) or not values[part]:
            raise wrong(f"{part} is a text by language, e.g. {{fr: …, en: …}}")
    return Wording(
        code=code,
        title=dict(values["title"]),
        legal_basis=values["legal_basis"],
        version=str(values["version"]),
        wording=dict(values["wording"]),
        contact=contact,
    )


def _usual_contact(values: Any) -> str:
    """What serves a contract informs; what needs a consent promotes, unless the file says otherwise."""
    is_contract = isinstance(values, dict) and values.get("legal_basis") == "contract"
    return "informative" if is_contract else "promotional"
