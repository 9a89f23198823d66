"""Addresses of `scores`."""

from __future__ import annotations

from django.urls.resolvers import URLPattern

app_name = "scores"
urlpatterns: list[URLPattern] = []
