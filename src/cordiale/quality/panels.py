"""What quality adds elsewhere: the list behind each number, a daily measurement, a line on the dashboard."""

from __future__ import annotations

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cordiale.accounts.permissions import may
from cordiale.customers import filters
from cordiale.jobs import daily
from cordiale.quality import measures, queries
from cordiale.quality.actions import measure
from cordiale.ui import panels
from cordiale.ui.context import present


def register() -> None:
    """Called once, when Django is ready."""
    filters.register(filters.Filter("quality", 40, _("Quality"), options, concerned))
    daily.register(daily.Daily("quality", 50, measure))
    panels.register("dashboard", panels.Panel("reach", 30, "side", reach))


def options() -> list[tuple[str, str]]:
    """Every measure."""
    return [(name, str(title)) for name, title in measures.names()]


def concerned(name: str) -> Q:
    """The customers a measure counts: the same condition as the number's."""
    one = measures.all_measures(present())[name]
    condition, values = one.positional()
    sql = f"select customer.id from customers_customer customer where {one.among} and {condition}"
    return Q(pk__in=RawSQL(sql, values))  # noqa: S611 - values are bound, conditions are our own


def reach(request: HttpRequest, subject: object) -> panels.Content | None:
    """How many can be reached, by channel."""
    if not may(getattr(request.user, "role", ""), "quality.see"):
        return None
    board = queries.board(present())
    if board is None:
        return None
    return panels.Content("quality/_reach.html", {"lines": board.of(measures.REACH), "day": board.measurement.day})
