"""Addresses of `customers`."""

from __future__ import annotations

from django.urls import path

from cordiale.customers import page, views

app_name = "customers"
urlpatterns = [
    path("", views.list_customers, name="list"),
    path("export.csv", views.export, name="export"),
    path("<int:customer_id>/", page.show, name="customer"),
]
