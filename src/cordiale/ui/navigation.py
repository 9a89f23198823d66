"""The rail: what stands in it, in which order, and which roles see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Item:
    """One entry. `verb` is the permission it takes (see `accounts.permissions`), empty when everyone may."""

    path: str
    label: str | Promise
    icon: str
    verb: str = ""

    def is_current(self, path: str) -> bool:
        """Does the page at `path` belong to this entry?"""
        return path == self.path if self.path == "/" else path.startswith(self.path)


ITEMS = (
    Item("/", _("Dashboard"), "layout-dashboard"),
    Item("/customers/", _("Customers"), "users", "customers.see"),
    Item("/cases/", _("Cases"), "headset", "cases.see"),
    Item("/lifecycle/", _("Life cycle"), "seedling", "insight.see"),
    Item("/traits/", _("Traits"), "columns", "insight.see"),
    Item("/scores/", _("Scores"), "gauge", "insight.see"),
    Item("/recommendations/", _("Recommendations"), "sparkles", "insight.see"),
    Item("/segments/", _("Segments"), "filter", "segments.see"),
    Item("/programmes/", _("Programmes"), "route", "programmes.see"),
    Item("/decisions/", _("Decisions"), "scale", "decisions.see"),
    Item("/quality/", _("Health of the base"), "heartbeat", "quality.see"),
    Item("/imports/", _("Imports"), "file-import", "imports.see"),
    Item("/sources/", _("Sources"), "plug-connected", "sources.see"),
    Item("/connectors/", _("Connectors"), "building-store", "sources.see"),
    Item("/webhooks/", _("Webhooks"), "webhook", "sources.see"),
    Item("/rights/", _("Rights"), "shield-check", "rights.see"),
    Item("/mail/", _("Caught mail"), "mail", "mail.see"),
)


def entries(path: str, user: Any) -> list[dict[str, Any]]:
    """The entries `user` may open, the current one marked."""
    return [
        {"path": item.path, "label": item.label, "icon": item.icon, "is_current": item.is_current(path)}
        for item in ITEMS
        if not item.verb or user.may(item.verb)
    ]
