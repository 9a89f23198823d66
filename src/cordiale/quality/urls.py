"""Addresses of `quality`."""

from __future__ import annotations

from django.urls import path

from cordiale.quality import views

app_name = "quality"
urlpatterns = [
    path("", views.index, name="board"),
    path("measure/", views.measure, name="measure"),
    path("costs/", views.costs, name="costs"),
    path("costs/<int:cost_id>/remove/", views.remove_cost, name="remove-cost"),
]
