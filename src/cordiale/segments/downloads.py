"""The members of a segment as a file."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import requires
from cordiale.segments.queries.exporting import export
from cordiale.ui.context import present


@require_safe
@requires("customers.export")
def members_csv(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """A CSV of the members, evaluated now. Who took it is audited."""
    lines = export(name, actor=staff_of(request), now=present())
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
