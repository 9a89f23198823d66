"""Addresses of `lifecycle`."""

from __future__ import annotations

from django.urls import path

from cordiale.lifecycle import views

app_name = "lifecycle"
urlpatterns = [
    path("", views.index, name="index"),
]
