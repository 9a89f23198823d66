"""The pages that load a list of people from a file into a static segment."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import requires
from cordiale.errors import CordialeError
from cordiale.segments import loading, queries
from cordiale.segments.models import Segment
from cordiale.ui.context import present

MOST_BYTES = 200 << 20
SHOWN = 50
_SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".parquet")


class ListForm(forms.Form):
    """A file of people. `how` changes the list of a segment there already is."""

    title_fr = forms.CharField(max_length=120, required=False, label=gettext_lazy("Title in French"))
    title_en = forms.CharField(max_length=120, required=False, label=gettext_lazy("Title in English"))
    name = forms.SlugField(
        max_length=80, required=False, label=gettext_lazy("Name"),
        help_text=gettext_lazy("Small letters, digits and hyphens; left empty, it is made of the title."),
    )  # fmt: skip
    how = forms.ChoiceField(
        required=False, label=gettext_lazy("What to do with these people"),
        choices=[
            ("replace", gettext_lazy("The list is exactly these people")),
            ("add", gettext_lazy("Add them to the list")),
            ("remove", gettext_lazy("Take them off the list")),
        ],
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or Excel, with a header: reference, card, email, phone, or our number (id)."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires("segments.edit")
def new_list(request: HttpRequest) -> HttpResponse:
    """A static segment out of a file."""
    return _answered(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("segments.edit")
def change_list(request: HttpRequest, name: str) -> HttpResponse:
    """Another file for the list of a static segment."""
    return _answered(request, queries.get_segment(name))


def _answered(request: HttpRequest, one: Segment | None) -> HttpResponse:
    form = ListForm(request.POST or None, request.FILES or None)
    for gone in ("name", "title_fr", "title_en") if one else ("how",):
        del form.fields[gone]
    context: dict[str, Any] = {"form": form, "segment": one}
    if request.method != "POST":
        return render(request, "segments/upload.html", context)
    if form.is_valid():
        try:
            context |= _loaded(request, form, one)
            return render(request, "segments/upload.html", context)
        except CordialeError as error:
            form.add_error("file", str(error))
    return render(request, "segments/upload.html", context, status=422)


def _loaded(request: HttpRequest, form: ListForm, one: Segment | None) -> dict[str, Any]:
    given = form.cleaned_data
    title = {code: given[f"title_{code}"] for code in ("fr", "en") if given.get(f"title_{code}")}
    name = one.name if one else given["name"] or slugify(title.get("en") or title.get("fr") or "")[:80].strip("-")
    if not name:
        raise CordialeError(_("Give a title or a name."))
    if one is None and Segment.objects.filter(name=name).exists():
        raise CordialeError(_("A segment has this name already; choose another."))
    with tempfile.TemporaryDirectory() as folder:
        path = _kept(given["file"], Path(folder))
        loaded = loading.load(
            name, path, how=given.get("how") or "replace", file_name=given["file"].name[:200], title=title or None,
            actor=staff_of(request), now=present(),
        )  # fmt: skip
    return {"loaded": loaded, "missing": loaded.missing[:SHOWN], "more": loaded.not_found - SHOWN, "name": name}


def _kept(file: UploadedFile[Any], folder: Path) -> Path:
    suffix = Path(file.name or "").suffix.lower()
    if suffix not in _SUFFIXES:
        raise CordialeError(_("A CSV or Excel file is wanted; its name ends with .csv or .xlsx."))
    if (file.size or 0) > MOST_BYTES:
        raise CordialeError(_("The file is larger than 200 MB; cut it into several and add them."))
    path = folder / f"list{suffix}"
    with path.open("wb") as kept:
        for chunk in file.chunks():
            kept.write(chunk)
    return path
