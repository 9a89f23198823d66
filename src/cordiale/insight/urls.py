"""The catalogue of traits."""

from __future__ import annotations

from django.urls import path

from cordiale.insight import views

app_name = "insight"
urlpatterns = [
    path("", views.catalogue, name="traits"),
]
