"""What every page shows around its content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest

from cordiale import clock, home
from cordiale.company import company
from cordiale.errors import CordialeError
from cordiale.ui import navigation, notices

PRODUCT = "Cordiale"


@dataclass(frozen=True)
class Demonstration:
    """What the banner says of a home filled by the demo: its clock stands at `ends_at`."""

    ends_at: datetime
    data: Mapping[str, str]  # what the data is, by language


def shell(request: HttpRequest) -> dict[str, Any]:
    """Company name, demonstration banner, and for a signed-in member of staff the navigation."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {
        "company_name": _company_name(),
        "demonstration": find_demonstration(),
        "navigation": navigation.entries(request.path, user) if signed_in else [],
        "shell_template": "ui/base.html" if signed_in else "ui/public.html",
        "page_address": request.get_full_path(),
        "notices": partial(notices.take, request),  # called by the page, so that a fragment does not take them away
    }


def find_demonstration() -> Demonstration | None:
    """The demo of this home from `run/demo.json` (`{"ends_at": iso, "data": {language: text}}`), None without one."""
    try:
        values = json.loads((home.current().run / "demo.json").read_text())
        return Demonstration(ends_at=clock.parse_instant(values["ends_at"]), data=dict(values.get("data", {})))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, CordialeError):  # half-written: the demo's next call writes it anew
        return None


def present(said: str | None = None) -> datetime:
    """The instant to read and act at: the one `said`, the demonstration's end (its clock stands still), or now."""
    if said:
        return clock.parse_instant(said)
    demonstration = find_demonstration()
    return demonstration.ends_at if demonstration else clock.now()


def _company_name() -> str:
    try:
        return company().name
    except CordialeError:  # a broken company.yaml must not break the page that says so
        return PRODUCT
