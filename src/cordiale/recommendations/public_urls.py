"""Public addresses: a guide that leads to products."""

from __future__ import annotations

from django.urls import path

from cordiale.recommendations import public

app_name = "guides"
urlpatterns = [
    path("<slug:name>.json", public.as_json, name="json"),
    path("<slug:name>/", public.page, name="guide"),
]
