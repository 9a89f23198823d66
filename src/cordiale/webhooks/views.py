"""The pages of webhooks: the list, a new one, one with its deliveries and those that were given up."""

from __future__ import annotations

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cordiale import clock
from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import requires
from cordiale.errors import CordialeError, Refused
from cordiale.ui import notices
from cordiale.ui.context import present
from cordiale.webhooks import actions, queries, rules
from cordiale.webhooks.models import State

_PAGE = 50
TITLES = {
    rules.CUSTOMERS: gettext_lazy("Customers changed"),
    rules.CONSENTS: gettext_lazy("Consents changed"),
    rules.ERASED: gettext_lazy("Customers erased"),
    rules.STARTED: gettext_lazy("A programme started"),
    rules.PAUSED: gettext_lazy("A programme paused"),
    rules.APPLIED: gettext_lazy("A programme has a new version"),
}


class EndpointForm(forms.Form):
    """A new webhook."""

    name = forms.SlugField(
        max_length=30, label=gettext_lazy("Name"), help_text=gettext_lazy("Small letters, digits and hyphens.")
    )
    url = forms.CharField(
        max_length=500,
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("It begins with https:// and answers itself, without redirecting."),
    )


@require_safe
@requires("sources.see")
def index(request: HttpRequest) -> HttpResponse:
    """All webhooks with what they were told."""
    page = Paginator(queries.list_rows(present()), _PAGE).get_page(request.GET.get("page"))
    return render(request, "webhooks/list.html", {"page": page, "may_edit": staff_of(request).may("sources.edit")})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires("sources.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A new webhook. The answer to the form shows its secret, this once."""
    form = EndpointForm(request.POST or None)
    chosen = request.POST.getlist("events") if request.method == "POST" else list(rules.EVENTS)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            added = actions.add(told["name"], told["url"], chosen, actor=staff_of(request), now=present())
        except CordialeError as error:
            form.add_error(None, str(error))
        else:
            return _show(request, added.endpoint.name, secret=added.secret)
    context = {"form": form, "kinds": [(kind, TITLES[kind], kind in chosen) for kind in rules.EVENTS]}
    return render(request, "webhooks/new.html", context, status=422 if form.errors else 200)


@require_safe
@requires("sources.see")
def endpoint(request: HttpRequest, name: str) -> HttpResponse:
    """One webhook."""
    return _show(request, name)


@require_POST
@requires("sources.edit")
def send_test(request: HttpRequest, name: str) -> HttpResponse:
    """Send it a message of kind test, now."""
    delivery = actions.test(name, actor=staff_of(request), now=clock.now())
    last = delivery.tries.order_by("-pk").first()
    if delivery.state == State.DELIVERED:
        notices.add(request, _("It took the test message."))
    else:
        why = rules.in_words(last.status, last.reason) if last else "–"
        notices.add(request, _("The test message was not taken: %(reason)s") % {"reason": why}, "warning")
    return redirect("webhooks:endpoint", name=name)


@require_POST
@requires("sources.edit")
def enable(request: HttpRequest, name: str) -> HttpResponse:
    """Switch it on again."""
    actions.enable(name, actor=staff_of(request), now=present())
    notices.add(request, _("It is told again."))
    return redirect("webhooks:endpoint", name=name)


@require_POST
@requires("sources.edit")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Tell it nothing any more; who does it types the name."""
    if request.POST.get("name", "") != name:
        raise Refused(_("Write the name of the webhook, %(name)s, to remove it.") % {"name": name})
    actions.remove(name, actor=staff_of(request), now=present())
    notices.add(request, _("%(name)s is told nothing any more.") % {"name": name})
    return redirect("webhooks:list")


@require_POST
@requires("sources.edit")
def again(request: HttpRequest, name: str, number: int | None = None) -> HttpResponse:
    """Send again what was given up: one delivery, or all."""
    actions.send_again(actions.get_endpoint(name), number, actor=staff_of(request), now=clock.now())
    notices.add(request, _("It is sent again."))
    return redirect(f"{reverse('webhooks:endpoint', args=[name])}?state=dead")


def _show(request: HttpRequest, name: str, secret: str = "") -> HttpResponse:
    one = actions.get_endpoint(name)
    state = request.GET.get("state", "")
    page = Paginator(queries.list_deliveries(one, state), _PAGE).get_page(request.GET.get("page"))
    context = {
        "endpoint": one, "row": queries.row_of(one, present()), "page": page,
        "deliveries": [(delivery, queries.told(delivery)) for delivery in page],
        "state": state, "states": State.choices,
        "events": [(kind, TITLES[kind]) for kind in one.events if kind in TITLES], "secret": secret,
        "may_edit": staff_of(request).may("sources.edit"),
    }  # fmt: skip
    return render(request, "webhooks/endpoint.html", context)
