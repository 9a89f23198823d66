"""The page behind a message's unsubscribe link, and what staff record for a customer.

The public page asks for no sign-in: its signed token is the proof. Opening it changes nothing (programs that check
links open them all); every change is a POST, and a POST with nothing new writes nothing. It needs no cookie, hence no
CSRF token: who has the link can do all that the link allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from cordiale import clock
from cordiale.accounts import actions as accounts
from cordiale.accounts.models import Staff
from cordiale.accounts.permissions import requires
from cordiale.consent import actions, links, queries, rules, states
from cordiale.consent.actions import Origin
from cordiale.consent.links import Reference
from cordiale.consent.purposes import get_purpose, purposes
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, NotFound
from cordiale.ui.access import public

_LARGEST = 8_192
_MOST_STATEMENTS, _WITHIN = 200, timedelta(hours=1)
STAFF_SOURCES = ("phone call", "shop", "form", "reply")


@dataclass(frozen=True)
class Visit:
    """Who came, by which link, when."""

    request: HttpRequest
    customer: Customer
    reference: Reference
    now: datetime

    def origin(self, source: str) -> Origin:
        """For the proof; the link itself is not kept, it would open the page."""
        return Origin(
            source=source,
            language=translation.get_language() or "",
            form_url=f"{settings.BASE_URL}/c/",
            ip_address=self.request.META.get("REMOTE_ADDR") or None,
            user_agent=self.request.headers.get("User-Agent", "")[:300],
            message_id=self.reference.message_id,
        )


@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Unsubscribe, stop everything, or choose purpose by purpose, in the customer's language."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > _LARGEST:
        return HttpResponse("This form is too large.", status=413, content_type="text/plain")
    try:
        reference = links.read(token)
        customer = Customer.objects.get(pk=states.present(reference.customer_id))
        get_purpose(reference.purpose)
    except (NotFound, CordialeError, Customer.DoesNotExist):
        return render(request, "consent/lost.html", status=404)
    with translation.override(_language(request, customer)):
        visit = Visit(request, customer, reference, clock.now())
        response = _answer(visit) if request.method == "POST" else _page(visit)
        response["Content-Language"] = translation.get_language() or ""
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response


def _language(request: HttpRequest, customer: Customer) -> str:
    known = dict(settings.LANGUAGES)
    wanted = request.GET.get("language", "")
    return wanted if wanted in known else customer.language if customer.language in known else settings.LANGUAGE_CODE


def _answer(visit: Visit) -> HttpResponse:
    recent = queries.count_recent_statements(visit.customer.pk, visit.now - _WITHIN)
    form, reference = visit.request.POST, visit.reference
    if form.get("List-Unsubscribe") == "One-Click":
        actions.withdraw(visit.customer.pk, reference.purpose, reference.channel, visit.now, visit.origin("one-click"))
        return HttpResponse("", content_type="text/plain")
    step = {"stop": _stop, "stop-all": _stop_everything, "save": _save, "undo": _undo}.get(form.get("do", ""))
    if step is None:
        return _page(visit)
    if recent > _MOST_STATEMENTS and form["do"] in {"save", "undo"}:  # leaving is never rationed
        return _page(visit, problem=_("Too many changes within an hour. Try again later."), status=429)
    return step(visit)


def _stop(visit: Visit) -> HttpResponse:
    reference = visit.reference
    origin = visit.origin("preference page")
    changed = actions.withdraw(visit.customer.pk, reference.purpose, reference.channel, visit.now, origin)
    title = get_purpose(reference.purpose).title
    done = _("Done: you no longer receive “%(purpose)s” this way.") % {"purpose": _titled(title)}
    return _page(visit, done=done, undo=_granted(changed))


def _stop_everything(visit: Visit) -> HttpResponse:
    changed = actions.stop_everything(visit.customer, visit.now, visit.origin("preference page"))
    return _page(visit, done=_("Done: we no longer write to you or call you."), undo=_granted(changed))


def _save(visit: Visit) -> HttpResponse:
    wanted = set(visit.request.POST.getlist("allow"))
    origin = visit.origin("preference page")
    before = queries.choices(visit.customer)
    refused = [one for one in before if one.is_allowed and one.key not in wanted]
    agreed = [(one.purpose.code, one.channel) for one in before if not one.is_allowed and one.key in wanted]
    for one in refused:
        actions.withdraw(visit.customer.pk, one.purpose.code, one.channel, visit.now, origin)
    if agreed:
        actions.come_back(visit.customer, agreed, visit.now, origin)
    return _page(visit, done=_("Your choices are saved."), undo=[one.key for one in refused])


def _undo(visit: Visit) -> HttpResponse:
    known = {one.key: (one.purpose.code, one.channel) for one in queries.choices(visit.customer)}
    keys = [known[key] for key in visit.request.POST.getlist("again") if key in known]
    actions.come_back(visit.customer, keys, visit.now, visit.origin("preference page"))
    return _page(visit, done=_("Undone: everything is as before."))


def _granted(changed: list[tuple[str, str, bool]]) -> list[str]:
    return [f"{purpose}:{channel}" for purpose, channel, was_granted in changed if was_granted]


def _page(
    visit: Visit, *, done: str = "", undo: list[str] | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    reference, choices = visit.reference, queries.choices(visit.customer)
    present = next((one for one in choices if one.key == f"{reference.purpose}:{reference.channel}"), None)
    context = {
        "purpose": get_purpose(reference.purpose),
        "channel": reference.channel,
        "address": rules.masked(queries.address_of(visit.customer, reference.channel)),
        "is_allowed": present is not None and present.is_allowed,
        "is_anything_allowed": any(one.is_allowed for one in choices),
        "choices": [(one, [other for other in choices if other.purpose == one]) for one in purposes().values()],
        "done": done,
        "undo": undo or [],
        "problem": problem,
        "languages": [code for code, _name in settings.LANGUAGES if code != translation.get_language()],
    }
    return render(visit.request, "consent/choose.html", context, status=status)


def _titled(title: object) -> str:
    values = title if isinstance(title, dict) else {}
    return str(values.get(translation.get_language()) or next(iter(values.values()), ""))


@require_POST
@requires("consent.edit")
def change(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Staff record what a customer told them: agreement or withdrawal, and how they said it. Audited."""
    customer = get_object_or_404(Customer, pk=customer_id)
    assert isinstance(request.user, Staff)
    purpose, _colon, channel = request.POST.get("key", "").partition(":")
    source, state = request.POST.get("source", ""), request.POST.get("state", "")
    get_purpose(purpose)
    rules.require_channel(channel)
    if source not in STAFF_SOURCES or state not in {rules.GRANTED, rules.WITHDRAWN}:
        raise CordialeError(_("Say how the customer told you: by phone, in the shop, on a form or in a reply."))
    now, origin = clock.now(), Origin(source=source, language=customer.language)
    if state == rules.GRANTED:
        actions.come_back(customer, [(purpose, channel)], now, origin)
    else:
        actions.withdraw(customer.pk, purpose, channel, now, origin)
    detail = {"purpose": purpose, "channel": channel, "source": source}
    accounts.audit("customer", customer.reference, f"consent {state}", request.user, detail, now)
    return redirect(f"/customers/{customer.pk}/#consents")
