"""Addresses of `ui`."""

from __future__ import annotations

from django.urls import path

from cordiale.ui import views

app_name = "ui"
urlpatterns = [path("", views.dashboard, name="dashboard")]
