"""The address shops call. It answers only after what was sent is committed; taking it in comes later."""

from __future__ import annotations

import re

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from cordiale.connectors import inbox
from cordiale.connectors.models import PULLED, Connector, Kind
from cordiale.errors import Unavailable
from cordiale.ui.access import public
from cordiale.ui.context import present

_PING = re.compile(rb"webhook_id=\d{1,20}")
"""What WooCommerce sends, unsigned, when a webhook is saved: it wants to hear 200, and nothing comes of it."""


@csrf_exempt
@public
@require_POST
def receive(request: HttpRequest, token: str) -> HttpResponse:
    """404 for an address nobody has, 413 for too much, 401 for a wrong signature, 503 where nothing can be kept, else
    200 once it is.
    """
    try:
        return _take(request, token)
    except (OperationalError, InterfaceError):  # PostgreSQL is away; shops send it again
        answer = _refuse(503, "nothing can be kept right now; send it again later")
        answer["Retry-After"] = "60"
        return answer


def _take(request: HttpRequest, token: str) -> HttpResponse:
    connector = Connector.objects.filter(token=token[:64]).exclude(kind__in=PULLED).first()
    if connector is None:
        return _refuse(404, "this address belongs to no connector; copy it again from the page of connectors")
    body = _body(request)
    if body is None:
        return _refuse(413, f"a delivery has at most {inbox.LARGEST} bytes")
    headers = {name.lower(): value for name, value in request.headers.items()}
    if connector.kind == Kind.WOOCOMMERCE and _PING.fullmatch(body):
        return JsonResponse({"status": "ping"})
    try:
        is_genuine = inbox.is_genuine(connector, body, headers, present())
    except Unavailable:
        return _refuse(503, "the secret of this connector cannot be read; its administrator has to set it again")
    if not is_genuine:
        return _refuse(401, "the signature does not match; give the shop the secret of this connector")
    is_new = inbox.receive(connector, body, headers, present())
    return JsonResponse({"status": "kept" if is_new else "known already"})


def _body(request: HttpRequest) -> bytes | None:
    """The raw bytes, never more than are allowed; None for more."""
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        announced = 0
    if announced > inbox.LARGEST:
        return None
    body = request.read(inbox.LARGEST + 1)
    return body if len(body) <= inbox.LARGEST else None


def _refuse(status: int, message: str) -> HttpResponse:
    return JsonResponse({"error": message}, status=status)
