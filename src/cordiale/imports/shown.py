"""What the pages of imports show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cordiale.imports import basis as bases
from cordiale.imports import files, forms, preparing, queries, targets
from cordiale.imports.mapping import Column, FileMapping
from cordiale.imports.models import Import, ImportState
from cordiale.imports.reading import Reading, sheets
from cordiale.imports.reading.guessing import columns as columns_of
from cordiale.imports.writing.customers import has_addresses
from cordiale.jobs.views import shown as shown_job

_PROOF = ("purpose", "source", "obtained", "wording")
_STEPS = (_("File"), _("Columns"), _("Check"), _("Import"), _("Result"))
_BADGES = {
    ImportState.DRAFT: "neutral",
    ImportState.RUNNING: "info",
    ImportState.DONE: "ok",
    ImportState.STOPPED: "warning",
    ImportState.UNDOING: "info",
    ImportState.UNDONE: "neutral",
}
COUNTS = {
    "rows": (_("Rows"), _("Rows of the file that say something, refused ones included.")),
    "lines": (_("Order lines"), _("Lines of orders that were taken.")),
    "new": (_("New"), _("Customers, orders, events, consents or answers that we did not know.")),
    "changed": (_("Changed"), _("Rows that say something else than what we knew.")),
    "known": (_("Known already"), _("Orders we know: they get the lines of the file where these differ.")),
    "same": (_("Nothing new"), _("Rows that say what we knew already; nothing is written for them.")),
    "consents": (_("Consents"), _("Consents recorded on the basis that was given.")),
    "refused": (_("Refused"), _("Rows that were not taken, each with its reason.")),
}
REPORT = {
    "customers_removed": _("customers only this import knew were removed"),
    "customers_changed": _("customers are again as they were"),
    "customers_kept": _("customers were kept without what this import said: something else refers to them"),
    "consents_withdrawn": _("consents ended with a line of their own: the ledger forgets nothing"),
    "orders_given_back": _("orders have the lines they had before"),
    "lines_removed": _("order lines were removed"),
    "events_removed": _("events were removed"),
    "answers_removed": _("answers were removed"),
}


def steps(current: int) -> dict[str, Any]:
    """The five steps, the present one marked."""
    return {
        "steps": [{"number": place, "label": label} for place, label in enumerate(_STEPS, start=1)],
        "step": current,
    }


def row(one: Import) -> dict[str, Any]:
    """One line of the list."""
    return {
        "import": one,
        "kind": forms.KIND_NAMES[one.kind],
        "badge": _BADGES[ImportState(one.state)],
        "refused": one.counts.get("refused", 0),
    }


def about(one: Import) -> dict[str, Any]:
    """The import and its job."""
    job = shown_job(one.job) if one.job else {}
    known = {"import": one, "kind": forms.KIND_NAMES[one.kind], "badge": _BADGES[ImportState(one.state)]}
    return {**job, "job_badge": job.get("badge", ""), **known}


def report(one: Import) -> dict[str, Any] | None:
    """The outcome of the dry run, None while there is none."""
    found = files.find_check(one.pk)
    return {"counts": counted(found["counts"]), "wrong": found["wrong"]} if found else None


def outcome(one: Import, now: datetime) -> dict[str, Any]:
    """What became of the file."""
    is_open = bool(one.job and one.job.is_open)
    return {
        "counts": counted({"rows": one.rows_done, **one.counts}),
        "undone": [(REPORT[name], count) for name, count in one.report.items() if name in REPORT],
        "has_refused": files.refused(one.pk).is_file() and bool(one.counts.get("refused")),
        "may_undo": one.may_undo(now) and not is_open,
        "may_resume": one.state in {ImportState.STOPPED, ImportState.RUNNING} and not is_open and not one.files_gone_at,
    }


def counted(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Figures with their definitions, in one order."""
    return [
        {"label": label, "definition": definition, "value": counts[name], "is_bad": name == "refused" and counts[name]}
        for name, (label, definition) in COUNTS.items()
        if name in counts
    ]


def names(one: Import) -> list[str]:
    """The columns of the file."""
    return columns_of(files.require(one.pk), Reading(**one.reading))


def columns(one: Import, document: FileMapping | None, sent: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The second step; `sent` is what a refused form held."""
    path, reading = files.require(one.pk), Reading(**one.reading)
    document = document or FileMapping(kind=one.kind, columns={})
    known = targets.targets(one.kind)
    listed = [(name, target.labels.get(_language(), name)) for name, target in known.items()]
    cells = preparing.shown(path, reading)
    used = {name: document.columns.get(name, Column("")) for name in (cell.name for cell in cells)}
    rows = [
        {
            "place": place,
            "name": cell.name,
            "samples": cell.samples,
            "to": sent.get(f"to-{place}", "") if sent else used[cell.name].to,
            "rule": sent.get(f"rule-{place}", "") if sent else used[cell.name].rule,
            "properties": f"{targets.PROPERTY}{cell.name}"[:70] if one.kind == "events" else "",
        }
        for place, cell in enumerate(cells)
    ]
    said = _said(document, sent)
    constants = [
        {"name": name, "label": known[name].labels.get(_language(), name),
         "value": sent.get(f"constant-{name}", "") if sent else document.constants.get(name, "")}
        for name in forms.constant_targets(one.kind)
    ]  # fmt: skip
    return {
        **about(one), **steps(2), **forms.choices(), "reading": reading, "sheets": sheets(path, reading),
        "rows": rows, "targets": listed, "said": said, "constants": constants,
        "identifiers": [(name, known[name].labels.get(_language(), name)) for name in targets.IDENTIFIERS],
        "saved": queries.list_mappings(one.kind)[:50],
        "needs_basis": one.kind == "customers" and has_addresses(set(known)),
    }  # fmt: skip


def _said(document: FileMapping, sent: Mapping[str, Any] | None) -> dict[str, Any]:
    """What stands in the other fields of the form."""
    if sent is None:
        basis = document.basis if isinstance(document.basis, Mapping) else {}
        choice = "consent" if basis else bases.NONE if document.basis == bases.NONE else ""
        said = {f"basis_{name}": basis.get(name, "") for name in _PROOF}
        said |= {"key": document.key, "dates": document.dates, "decimal": document.decimal, "save_as": ""}
        return said | {"basis": choice, "basis_channels": basis.get("channel", [])}
    given = {name: sent.get(name, "") for name in ("key", "dates", "decimal", "save_as", "basis")}
    channels = sent.getlist("basis-channel") if hasattr(sent, "getlist") else []
    parts = {f"basis_{name}": sent.get(f"basis-{name}", "") for name in _PROOF}
    return {**given, **parts, "basis_channels": channels}


def _language() -> str:
    return (get_language() or "en")[:2]
