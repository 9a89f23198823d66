"""Addresses of `customers`."""

from __future__ import annotations

from django.urls import path

from cordiale.customers import editing, page, views

app_name = "customers"
urlpatterns = [
    path("", views.list_customers, name="list"),
    path("export.csv", views.export, name="export"),
    path("new/", editing.new, name="new"),
    path("<int:customer_id>/", page.show, name="customer"),
    path("<int:customer_id>/edit/", editing.edit, name="edit"),
    path("<int:customer_id>/values/", editing.values, name="values"),
]
