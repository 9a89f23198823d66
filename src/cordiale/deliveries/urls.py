"""Pages of caught mail."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "deliveries"
urlpatterns: list[URLPattern] = []
