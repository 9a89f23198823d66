"""Addresses of `relations`."""

from __future__ import annotations

from django.urls import path

from cordiale.relations import views

app_name = "relations"
urlpatterns = [
    path("of/<int:customer_id>/add/", views.add, name="add"),
    path("of/<int:customer_id>/relate/", views.relate, name="relate"),
    path("of/<int:customer_id>/<int:relation_id>/end/", views.end, name="end"),
]
