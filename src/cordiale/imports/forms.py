"""What the steps of an import send, read into the same mapping that a YAML file gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cordiale.consent.purposes import purposes
from cordiale.consent.rules import CHANNELS
from cordiale.imports import basis as bases
from cordiale.imports import targets
from cordiale.imports.mapping import FileMapping, of_json
from cordiale.imports.reading.options import DELIMITERS, ENCODINGS, Reading

KIND_NAMES = {
    "customers": _("Customers"),
    "orders": _("Orders"),
    "events": _("Events"),
    "consents": _("Consents"),
    "answers": _("Answers to surveys"),
}
RULE_NAMES = {"overwrite": _("replaces what is known"), "fill": _("only where nothing is known"),
              "never": _("only for new customers")}  # fmt: skip
DATE_NAMES = {"": _("as the file tells"), "iso": "2026-11-30", "day-first": "30/11/2026", "month-first": "11/30/2026"}
DECIMAL_NAMES = {"": _("as the file tells"), ",": "1 234,50", ".": "1,234.50"}
DELIMITER_NAMES = {";": _("semicolon"), ",": _("comma"), "\t": _("tab"), "|": _("vertical bar")}
ENCODING_NAMES = dict(zip(ENCODINGS, ("UTF-8", "Windows-1252", "ISO 8859-15", "Mac Roman", "CP850 (DOS)", "UTF-16"),
                          strict=True))  # fmt: skip


class FileForm(forms.Form):
    """What is imported, and the file."""

    kind = forms.ChoiceField(choices=list(KIND_NAMES.items()), label=_("What the file holds"))
    file = forms.FileField(label=_("File"), help_text=_("CSV, Excel or Parquet, at most 4 GB."))


def reading_of(data: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """What the page says of how the file is read; only what its format has."""
    said: dict[str, Any] = {"has_header": data.get("has_header") == "on"}
    skip = str(data.get("skip", "0"))
    said["skip"] = int(skip) if skip.isdigit() else -1
    if reading.format == "csv":
        said |= {"delimiter": data.get("delimiter", ""), "encoding": data.get("encoding", "")}
    elif reading.format == "excel":
        said["sheet"] = data.get("sheet", "")
    return said if reading.format != "parquet" else {}


def mapping_of(data: Mapping[str, Any], kind: str, columns: Sequence[str], basis: Any) -> FileMapping:
    """The mapping the page says. Raises CordialeError with what to mend."""
    chosen = {
        name: {"to": data[f"to-{place}"], "rule": data.get(f"rule-{place}") or "overwrite"}
        for place, name in enumerate(columns)
        if data.get(f"to-{place}")
    }
    constants = {
        name: data[f"constant-{name}"].strip()
        for name in constant_targets(kind)
        if data.get(f"constant-{name}", "").strip()
    }
    document = {
        "kind": kind,
        "columns": chosen,
        "constants": constants,
        "key": data.get("key", ""),
        "dates": data.get("dates", ""),
        "decimal": data.get("decimal", ""),
        "basis": basis,
    }
    return of_json(document)


def basis_of(data: Mapping[str, Any], channels: Sequence[str]) -> Any:
    """What the page says of the consents: nothing, `none`, or one with its proof."""
    said = data.get("basis", "")
    if said != "consent":
        return bases.NONE if said == bases.NONE else None
    names = ("purpose", "source", "obtained", "wording")
    return {name: data.get(f"basis-{name}", "") for name in names} | {"channel": list(channels)}


def constant_targets(kind: str) -> list[str]:
    """What may be the same for all rows instead of a column: what is needed and says nothing of who."""
    if kind == "customers":
        return []
    known = targets.targets(kind)
    return [name for name, one in known.items() if one.is_required and one.type == "text" and not name.endswith("_id")]


def choices() -> dict[str, Any]:
    """The lists the page offers."""
    return {
        "rules": RULE_NAMES.items(),
        "dates": DATE_NAMES.items(),
        "decimals": DECIMAL_NAMES.items(),
        "delimiters": [(mark, DELIMITER_NAMES[mark]) for mark in DELIMITERS],
        "encodings": ENCODING_NAMES.items(),
        "purposes": list(purposes().values()),
        "channels": CHANNELS,
    }
