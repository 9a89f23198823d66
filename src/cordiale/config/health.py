"""`/health`: 200 while pages can be served, 503 with what is missing otherwise. Says nothing else to anybody."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from cordiale.ui.access import public


@public
def health(request: HttpRequest) -> JsonResponse:
    """Does PostgreSQL answer?"""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return JsonResponse({"database": "does not answer"}, status=503)
    return JsonResponse({"database": "ok"})
