"""What every page shows around its content."""

from __future__ import annotations

import json
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
    data: str


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
    """The demo of this home from `run/demo.json` (`{"ends_at": iso, "data": text}`), None where there is none."""
    try:
        values = json.loads((home.current().run / "demo.json").read_text())
        return Demonstration(ends_at=clock.parse_instant(values["ends_at"]), data=str(values.get("data", "")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, CordialeError):  # half-written: the demo's next call writes it anew
        return None


def present() -> datetime:
    """The instant pages and the API speak of: the demonstration's end (its clock stands still there), or now."""
    demonstration = find_demonstration()
    return demonstration.ends_at if demonstration else clock.now()


def _company_name() -> str:
    try:
        return company().name
    except CordialeError:  # a broken company.yaml must not break the page that says so
        return PRODUCT
