"""Pages of decisions."""

from __future__ import annotations

from django.urls import path

from cordiale.decisions import views

app_name = "decisions"
urlpatterns = [path("", views.list_decisions, name="list")]
