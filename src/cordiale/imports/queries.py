"""Which imports there are."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cordiale.errors import NotFound
from cordiale.imports.models import Import, SavedMapping


def get_import(number: int) -> Import:
    """The import of that number. Raises NotFound."""
    found = Import.objects.filter(pk=number).select_related("job").first()
    if found is None:
        raise NotFound(_("there is no import %(number)s; look at the list of imports") % {"number": number})
    return found


def list_imports(kind: str = "") -> QuerySet[Import]:
    """Imports, newest first."""
    found = Import.objects.order_by("-pk").select_related("job")
    return found.filter(kind=kind) if kind else found


def list_mappings(kind: str) -> QuerySet[SavedMapping]:
    """The mappings kept for files of a kind."""
    return SavedMapping.objects.filter(kind=kind).order_by("name")
