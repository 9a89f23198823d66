"""Readable documents (PDF): what we hold about one person, and the register of processing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.utils import translation
from django.utils.translation import gettext as _

from cordiale.rights import access, words
from cordiale.ui import formats

_PERSON = Path(__file__).parent / "templates" / "rights" / "person.typ"
RECORDS_A_PART = 200
"""A readable document names the newest; the JSON and CSV files hold all."""


def person(gathered: Mapping[str, Any], language: str) -> bytes:
    """A PDF of `access.gather`'s answer in `language`, with what the law wants said beside the data."""
    with translation.override(language):
        return _compiled(
            {
                "title": _("Your data"),
                "language": language,
                "company": gathered["controller"]["name"],
                "lead": _("Reference %(reference)s · made on %(moment)s")
                % {
                    "reference": gathered["about"]["reference"],
                    "moment": formats.instant(gathered["made_at"]),
                },
                "letter": words.letter(),
                "sections": [_section(name, part) for name, part in gathered["parts"].items()],
            }
        )


def register(sections: list[dict[str, Any]], title: str, lead: str, company: str, language: str) -> bytes:
    """A PDF of the register of processing activities."""
    return _compiled(
        {"title": title, "language": language, "company": company, "lead": lead, "letter": [], "sections": sections}
    )


def _compiled(data: Mapping[str, Any]) -> bytes:
    made = typst.compile(_PERSON.read_bytes(), sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
    assert isinstance(made, bytes)
    return made


def _section(name: str, part: Any) -> dict[str, Any]:
    rows = access.rows_of(part)
    shown = rows[-RECORDS_A_PART:]
    more = ""
    if len(rows) > len(shown):
        more = _("The newest %(shown)s of %(all)s entries; the JSON and CSV files hold all of them.") % {
            "shown": len(shown),
            "all": len(rows),
        }
    records = [
        [[words.field(key), _written(value)] for key, value in row.items() if value not in (None, "", [], {})]
        for row in shown
    ]
    return {"title": words.part(name), "more": more, "records": [record for record in records if record]}


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return str(formats.instant(value))
    return str(access.plain(value)) if not isinstance(value, str) else value
