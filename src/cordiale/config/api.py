"""The HTTP API, one line a package. Its description is at `/api/v1/openapi.json`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from cordiale import __version__
from cordiale.cases.api import router as cases
from cordiale.decisions.api import router as decisions
from cordiale.errors import CordialeError, Located, NotFound, Unavailable
from cordiale.identity.api import router as customers
from cordiale.imports.api import router as imports
from cordiale.measure.api import router as programmes
from cordiale.orders.api import router as orders
from cordiale.quality.api import router as quality
from cordiale.relations.api import router as relations
from cordiale.rights.api import router as rights
from cordiale.segments.api import router as segments
from cordiale.webhooks.api import router as webhooks

api = NinjaAPI(title="Cordiale", version=__version__, urls_namespace="api", docs_url=None)
api.add_router("/cases", cases)
api.add_router("/customers", customers)
api.add_router("/decisions", decisions)
api.add_router("/imports", imports)
api.add_router("/orders", orders)
api.add_router("/programmes", programmes)
api.add_router("/quality", quality)
api.add_router("/relations", relations)
api.add_router("/rights", rights)
api.add_router("/segments", segments)
api.add_router("/webhooks", webhooks)


@api.exception_handler(CordialeError)
def refuse(request: HttpRequest, error: CordialeError) -> HttpResponse:
    """404, 503 or 422 with one message, and the place in the text where there is one."""
    status = 404 if isinstance(error, NotFound) else 503 if isinstance(error, Unavailable) else 422
    body: dict[str, Any] = {"error": str(error)}
    if isinstance(error, Located):
        body |= {"line": error.line, "column": error.column, "hint": error.hint}
    return api.create_response(request, body, status=status)
