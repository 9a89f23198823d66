"""Addresses of `lifecycle`."""

from __future__ import annotations

from django.urls import path

from cordiale.lifecycle.views import buying, flows, forecast

app_name = "lifecycle"
urlpatterns = [
    path("", flows.index, name="index"),
    path("compute/", flows.compute, name="compute"),
    path("people/", flows.people, name="people"),
    path("flows.csv", flows.flows_csv, name="flows-csv"),
    path("forecast/", forecast.show, name="forecast"),
    path("cohorts/", buying.cohorts, name="cohorts"),
    path("cohorts.csv", buying.cohorts_csv, name="cohorts-csv"),
    path("intervals/", buying.intervals, name="intervals"),
    path("intervals.csv", buying.intervals_csv, name="intervals-csv"),
    path("baskets/", buying.baskets, name="baskets"),
    path("baskets.csv", buying.baskets_csv, name="baskets-csv"),
    path("count/<slug:kind>/", buying.count, name="count"),
    path("forecast/prepare/", forecast.prepare, name="prepare"),
]
