"""Addresses of `duplicates`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "duplicates"
urlpatterns: list[URLPattern] = []
