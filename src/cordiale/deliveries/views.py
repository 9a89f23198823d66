"""The mail the demo's server caught: a list, and each message as its reader sees it."""

from __future__ import annotations

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cordiale import home
from cordiale.accounts.permissions import requires
from cordiale.deliveries import queries


@require_safe
@requires("mail.see")
def list_mail(request: HttpRequest) -> HttpResponse:
    """Caught mail, newest first, 50 a page; searched by customer or address."""
    text = request.GET.get("q", "").strip()[:200]
    folder = home.current().mail
    page = Paginator(queries.caught_tokens(folder, text), queries.PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "mails": queries.list_caught(folder, page.object_list), "text": text}
    return render(request, "deliveries/list.html", context | {"smtp_is_set": bool(settings.SMTP_URL)})


@require_safe
@requires("mail.see")
def show(request: HttpRequest, token: str) -> HttpResponse:
    """One message: headers, how it looks, its text part, and whose it is."""
    mail = queries.read_caught(home.current().mail, token)
    context = {
        "token": token,
        "subject": str(mail["Subject"] or ""),
        "headers": queries.headers_of(mail),
        "text": queries.part_of(mail, "plain"),
        "unsubscribe": str(mail["List-Unsubscribe"] or "").strip("<>"),
        "message": queries.find_message(token),
    }
    return render(request, "deliveries/mail.html", context)


@require_safe
@requires("mail.see")
@csp_replace(  # type: ignore[arg-type] # it forgets that views take parameters
    {
        "default-src": [NONE],
        "script-src": None,
        "connect-src": None,
        "font-src": None,
        "frame-src": None,
        "img-src": ["data:"],
        "style-src": [UNSAFE_INLINE],
        "form-action": [NONE],
        "frame-ancestors": [SELF],
        "sandbox": [""],
    }
)
def body(request: HttpRequest, token: str) -> HttpResponse:
    """The HTML of a message for a sandboxed frame: no script, no form, nothing fetched; only its styles are inline."""
    response = HttpResponse(queries.part_of(queries.read_caught(home.current().mail, token), "html"))
    response["X-Content-Type-Options"] = "nosniff"
    return response
