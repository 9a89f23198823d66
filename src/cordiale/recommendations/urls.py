"""Addresses of `recommendations`."""

from __future__ import annotations

from django.urls import path

from cordiale.recommendations import views

app_name = "recommendations"
urlpatterns = [
    path("", views.index, name="index"),
    path("fit/", views.fit, name="fit"),
    path("rules/", views.document, {"name": "rules"}, name="rules"),
    path("guides/", views.document, {"name": "guides"}, name="guides"),
    path("products/<path:code>/", views.product, name="product"),
]
