"""The pages of sources: the list, a new one, one with its key and snippets, events that were rejected."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import requires
from cordiale.errors import CordialeError
from cordiale.intake import actions, queries
from cordiale.intake.address import events_address
from cordiale.intake.calls import KINDS
from cordiale.intake.forms import SourceForm
from cordiale.intake.models import Rejected, Source
from cordiale.ui import notices
from cordiale.ui.context import present

_PAGE = 50


@require_safe
@requires("sources.see")
def index(request: HttpRequest) -> HttpResponse:
    """All sources with what they sent in the last 24 hours."""
    page = Paginator(queries.list_sources(), _PAGE).get_page(request.GET.get("page"))
    sent = queries.sent_lately(present())
    context = {
        "page": page,
        "rows": [_row(one, sent) for one in page],
        "address": events_address(),
        "rejected": Rejected.objects.count(),
        "may_edit": staff_of(request).may("sources.edit"),
    }
    return render(request, "intake/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("sources.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A new source."""
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            added = actions.add_source(
                values["name"], kind=values["kind"], origins=values["origins"].splitlines(),
                actor=staff_of(request), now=present(),
            )  # fmt: skip
        except CordialeError as error:
            form.add_error(None, str(error))
        else:
            notices.add(request, _("The source is there: send with its key."))
            return redirect("intake:source", name=added.name)
    return render(request, "intake/new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@requires("sources.see")
def source(request: HttpRequest, name: str) -> HttpResponse:
    """One source: its key, what it sent, how to send with it."""
    return _show(request, queries.get_source(name))


@require_POST
@requires("sources.edit")
def origins(request: HttpRequest, name: str) -> HttpResponse:
    """Change the origins whose pages may use a source."""
    given = request.POST.get("origins", "")[:2_000]
    try:
        actions.allow_origins(name, given.splitlines(), actor=staff_of(request), now=present())
    except CordialeError as error:
        return _show(request, queries.get_source(name), given, str(error))
    notices.add(request, _("Saved: pages of these origins may use the key from now on."))
    return redirect("intake:source", name=name)


@require_POST
@requires("sources.edit")
def revoke(request: HttpRequest, name: str) -> HttpResponse:
    """Take nothing from a source any more."""
    actions.revoke_source(name, actor=staff_of(request), now=present())
    notices.add(request, _("Nothing is taken with this key any more."))
    return redirect("intake:list")


@require_safe
@requires("sources.see")
def rejected(request: HttpRequest) -> HttpResponse:
    """Events that were acknowledged and could not be used, newest first."""
    page = Paginator(Rejected.objects.order_by("-id"), _PAGE).get_page(request.GET.get("page"))
    names = queries.source_names()
    rows = [{"event": one, "source": names.get(one.source_id, ""), "kind": KINDS[one.kind]} for one in page]
    context = {"page": page, "rows": rows, "may_edit": staff_of(request).may("sources.edit")}
    return render(request, "intake/rejected.html", context)


@require_POST
@requires("sources.edit")
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Try a rejected event again."""
    actions.replay(number, actor=staff_of(request), now=present())
    notices.add(request, _("The event is tried again."))
    return redirect("intake:rejected")


def _show(request: HttpRequest, one: Source, given: str | None = None, error: str = "") -> HttpResponse:
    context = {
        **_row(one, queries.sent_lately(present())),
        "address": events_address(),
        "origins": "\n".join(one.allowed_origins) if given is None else given,
        "error": error,
        "may_edit": staff_of(request).may("sources.edit") and one.revoked_at is None,
    }
    return render(request, "intake/source.html", context, status=422 if error else 200)


def _row(one: Source, sent: Any) -> dict[str, Any]:
    taken, refused = sent.get(one.pk, (0, 0))
    return {"source": one, "taken": taken, "refused": refused}
