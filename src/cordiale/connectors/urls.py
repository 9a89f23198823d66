"""Addresses of `connectors`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "connectors"
urlpatterns: list[URLPattern] = []
