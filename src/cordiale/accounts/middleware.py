"""The language of the pages: the member of staff's own, else the one chosen on the public page, else the browser's."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

COOKIE = "language"
_API = "/api/"


class StaffLanguageMiddleware:
    """Activate the language for the request and say it in `Content-Language`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = dict(settings.LANGUAGES)
        chosen = request.user.language if request.user.is_authenticated else request.COOKIES.get(COOKIE, "")
        language = chosen if chosen in known else _asked(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def _asked(request: HttpRequest) -> str:
    """What the browser asks for; a program that does not say reads English."""
    if request.path.startswith(_API) and "Accept-Language" not in request.headers:
        return "en"
    return translation.get_language_from_request(request)
