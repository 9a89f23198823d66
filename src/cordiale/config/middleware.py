"""What every request passes: sign-in by default, and domain errors turned into answers in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext

from cordiale.errors import CordialeError, Located, NotFound, Unavailable

API = "/api/"  # asks for an access key itself: see accounts.api
Handler = Callable[[HttpRequest], HttpResponse]


class SignInRequiredMiddleware:
    """Every page asks for a signed-in member of staff unless its view says `is_public` (see `ui.access.public`)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Send to sign-in who is not signed in; an htmx request is told to leave the page instead."""
        if getattr(view, "is_public", False) or request.path.startswith(API) or request.user.is_authenticated:
            return None
        if request.headers.get("HX-Request"):
            answer = HttpResponse(status=401)
            answer["HX-Redirect"] = resolve_url(settings.LOGIN_URL)
            return answer
        return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))


class PlainAddressMiddleware:
    """An address with a NUL character names nothing: 404. PostgreSQL could not even be asked for it.

    What the query of an API call says is looked at by the API itself, which names the parameter.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_api = request.path.startswith(API)
        if "\0" not in request.path and (is_api or "%00" not in request.META.get("QUERY_STRING", "")):
            return self.get_response(request)
        said = "the address has a NUL character, which no name has; leave it out"
        if is_api:
            return JsonResponse({"error": said}, status=404)
        return HttpResponse(said, status=404, content_type="text/plain; charset=utf-8")


class DomainErrorMiddleware:
    """Domain errors become a page (or a fragment for htmx) that says what to do; customer data never appears in it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """404 for what is not there, 422 for what can be mended, 503 for what does not answer."""
        if not isinstance(error, CordialeError):
            return None
        status = 404 if isinstance(error, NotFound) else 503 if isinstance(error, Unavailable) else 422
        template = "ui/_error.html" if request.headers.get("HX-Request") else "ui/error.html"
        located = _placed(error) if isinstance(error, Located) else None
        return render(request, template, {"message": str(error), "located": located, "status": status}, status=status)


def _placed(error: Located) -> dict[str, str | int]:
    message, hint = error.in_words(gettext)
    return {"source": error.source, "line": error.line, "column": error.column, "message": message, "hint": hint}
