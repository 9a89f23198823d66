"""The HTTP API, one line a package. Its description is at `/api/v1/openapi.json`."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import AuthenticationError, HttpError, ValidationError

from cordiale import __version__
from cordiale.cases.api import router as cases
from cordiale.config.openapi import Api, Door
from cordiale.decisions.api import router as decisions
from cordiale.errors import CordialeError, Located, NotFound, Unavailable
from cordiale.identity.api import router as customers
from cordiale.imports.api import router as imports
from cordiale.lifecycle.api import router as lifecycle
from cordiale.measure.api import router as programmes
from cordiale.orders.api import router as orders
from cordiale.quality.api import router as quality
from cordiale.recommendations.api import guides_router as guides
from cordiale.recommendations.api import router as recommendations
from cordiale.relations.api import router as relations
from cordiale.rights.api import router as rights
from cordiale.scores.api import router as scores
from cordiale.segments.api import router as segments
from cordiale.ui.access import public
from cordiale.webhooks.api import router as webhooks

log = logging.getLogger(__name__)
api = Api(title="Cordiale", version=__version__, urls_namespace="api", docs_url=None, parser=Door())
api.add_router("/cases", cases)
api.add_router("/customers", customers)
api.add_router("/decisions", decisions)
api.add_router("/guides", guides)
api.add_router("/imports", imports)
api.add_router("/lifecycle", lifecycle)
api.add_router("/orders", orders)
api.add_router("/programmes", programmes)
api.add_router("/quality", quality)
api.add_router("/recommendations", recommendations)
api.add_router("/relations", relations)
api.add_router("/rights", rights)
api.add_router("/scores", scores)
api.add_router("/segments", segments)
api.add_router("/webhooks", webhooks)


@api.exception_handler(CordialeError)
def refuse(request: HttpRequest, error: CordialeError) -> HttpResponse:
    """404, 503 or 422 with one message, and the place in the text where there is one."""
    status = 404 if isinstance(error, NotFound) else 503 if isinstance(error, Unavailable) else 422
    found: dict[str, Any] = {}
    if isinstance(error, Located):
        found = {"line": error.line, "column": error.column, "hint": error.hint}
    return _problem(request, status, str(error), **found)


@api.exception_handler(ValidationError)
def mend(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """422 with every value that does not fit and why; the values themselves are not repeated."""
    problems = [{"place": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in error.errors]
    said = "; ".join(f"{one['place']}: {one['message']}" for one in problems[:3])
    return _problem(request, 422, said, problems=problems)


@api.exception_handler(HttpError)
def tell(request: HttpRequest, error: HttpError) -> HttpResponse:
    """401, 403, 400 as they are; a body that the door refused is a 422 with what the door said."""
    if isinstance(error.__cause__, CordialeError):
        return refuse(request, error.__cause__)
    if isinstance(error, AuthenticationError):
        said = "no key in use is given; send 'Authorization: Bearer <key>' with a key made by 'keys add'"
        answer = _problem(request, error.status_code, said)
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    return _problem(request, error.status_code, error.message)


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """413: more than a request may hold."""
    return _problem(request, 413, "the body is too large; send it in parts")


@api.exception_handler(SuspiciousOperation)
@api.exception_handler(BadRequest)
@api.exception_handler(MultiPartParserError)
def unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    """400 for a form that cannot be read."""
    return _problem(request, 400, "the form cannot be read; send multipart/form-data as its standard says")


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def come_back(request: HttpRequest, error: Exception) -> HttpResponse:
    """503 while PostgreSQL does not answer or two writers were in each other's way; nothing was kept."""
    log.warning("the database refused a request of the API: %s", type(error).__name__, exc_info=error)
    answer = _problem(request, 503, "the database does not answer just now; nothing was kept, try again")
    answer["Retry-After"] = "2"
    return answer


@public
@csrf_exempt
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """What is asked of an address that no operation has: 404 in the shape of every refusal, not a page."""
    return _problem(request, 404, f"the API has no '/{rest[:80]}'; what it has is at /api/v1/openapi.json")


def _problem(request: HttpRequest, status: int, error: str, **more: Any) -> HttpResponse:
    return api.create_response(request, {"error": error, **more}, status=status)
