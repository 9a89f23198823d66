"""The pages of connectors: the list, a new one, one with its address, its deliveries and its dead letters."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import requires
from cordiale.connectors import actions, inbox, pulling, queries
from cordiale.connectors.forms import ConnectorForm
from cordiale.connectors.models import Kind, State
from cordiale.errors import CordialeError, Refused
from cordiale.ui import notices
from cordiale.ui.context import present

_PAGE = 50


@require_safe
@requires("sources.see")
def index(request: HttpRequest) -> HttpResponse:
    """All connectors with what they brought."""
    page = Paginator(queries.list_rows(present()), _PAGE).get_page(request.GET.get("page"))
    return render(request, "connectors/list.html", {"page": page, "may_edit": staff_of(request).may("sources.edit")})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires("sources.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Choose a kind, then say what it takes. The answer to the form shows the secret, this once."""
    kind = request.GET.get("kind", "")
    if kind not in Kind.values:
        return render(request, "connectors/kinds.html", {"kinds": Kind.choices})
    form = ConnectorForm(kind, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = actions.add(
                kind, form.cleaned_data["name"], form.settings, secret=form.cleaned_data["secret"],
                actor=staff_of(request), now=present(),
            )  # fmt: skip
        except CordialeError as error:
            form.add_error(None, str(error))
        else:
            notices.add(request, _("The connector is there."))
            if added.connector.is_pulled:
                return redirect("connectors:connector", name=added.connector.name)
            return _show(request, added.connector.name, secret=added.secret)
    context = {"form": form, "kind": kind, "title": Kind(kind).label}
    return render(request, "connectors/new.html", context, status=422 if form.errors else 200)


@require_safe
@requires("sources.see")
def connector(request: HttpRequest, name: str) -> HttpResponse:
    """One connector."""
    return _show(request, name)


@require_POST
@requires("sources.edit")
def pull(request: HttpRequest, name: str) -> HttpResponse:
    """Pull as soon as a worker is free."""
    job = pulling.ask(actions.get_connector(name), actor=staff_of(request), now=present())
    notices.add(request, _("The pull is job %(number)s; it begins when a worker is free.") % {"number": job.pk})
    return redirect("connectors:connector", name=name)


@require_POST
@requires("sources.edit")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Disconnect; who does it types the name."""
    if request.POST.get("name", "") != name:
        raise Refused(_("Write the name of the connector, %(name)s, to remove it.") % {"name": name})
    actions.remove(name, actor=staff_of(request), now=present())
    notices.add(request, _("%(name)s is disconnected; what it brought stays.") % {"name": name})
    return redirect("connectors:list")


@require_POST
@requires("sources.edit")
def again(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Take a dead letter in again."""
    one = actions.get_connector(name)
    inbox.try_again(inbox.get_dead(one, number), actor=staff_of(request), now=present())
    notices.add(request, _("The delivery is tried again."))
    return redirect(f"{reverse('connectors:connector', args=[name])}?state=dead")


def _show(request: HttpRequest, name: str, secret: str = "") -> HttpResponse:
    one = actions.get_connector(name)
    state = request.GET.get("state", "")
    page = Paginator(queries.list_deliveries(one, state), _PAGE).get_page(request.GET.get("page"))
    context = {
        "connector": one, "row": queries.row_of(one, present()), "page": page, "state": state, "states": State.choices,
        "settings": queries.shown_settings(one), "secret": secret, "may_edit": staff_of(request).may("sources.edit"),
        "address": request.build_absolute_uri(reverse("connectors:in", args=[one.token])),
        "largest": inbox.LARGEST // 1024 // 1024,
    }  # fmt: skip
    return render(request, "connectors/connector.html", context)
