"""Addresses of `recommendations`."""

from __future__ import annotations

from django.urls.resolvers import URLPattern

app_name = "recommendations"
urlpatterns: list[URLPattern] = []
