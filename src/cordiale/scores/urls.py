"""Addresses of `scores`."""

from __future__ import annotations

from django.urls import path

from cordiale.scores import views

app_name = "scores"
urlpatterns = [
    path("", views.index, name="list"),
    path("<slug:name>/", views.score, name="score"),
    path("<slug:name>/fit/", views.fit, name="fit"),
    path("<slug:name>/versions/<int:number>/", views.version, name="version"),
    path("<slug:name>/versions/<int:number>/back/", views.roll_back, name="roll-back"),
]
