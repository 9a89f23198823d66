"""Addresses of `lifecycle`."""

from __future__ import annotations

from django.urls import path

from cordiale.lifecycle.views import flows, forecast

app_name = "lifecycle"
urlpatterns = [
    path("", flows.index, name="index"),
    path("compute/", flows.compute, name="compute"),
    path("people/", flows.people, name="people"),
    path("flows.csv", flows.flows_csv, name="flows-csv"),
    path("forecast/", forecast.show, name="forecast"),
    path("forecast/prepare/", forecast.prepare, name="prepare"),
]
