"""Addresses of the segments' pages."""

from __future__ import annotations

from django.urls import path

from cordiale.segments import downloads, views

app_name = "segments"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.new, name="new"),
    path("preview/", views.preview, name="preview"),
    path("<slug:name>/", views.segment, name="segment"),
    path("<slug:name>/save/", views.save, name="save"),
    path("<slug:name>/delete/", views.delete, name="delete"),
    path("<slug:name>/members.csv", downloads.members_csv, name="export"),
]
