"""The dashboard: made of what packages register for the page `dashboard`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cordiale.ui import panels


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Figures in the main column, what is left to do in the side one."""
    main = panels.render("dashboard", request, None, column="main")
    side = panels.render("dashboard", request, None, column="side")
    return render(request, "ui/dashboard.html", {"main": main, "side": side})
