"""Addresses of the segments' pages."""

from __future__ import annotations

from django.urls import path

from cordiale.segments import comparing, downloads, editor, uploads, views

app_name = "segments"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", editor.new, name="new"),
    path("new/list/", uploads.new_list, name="new-list"),
    path("overlap/", comparing.overlap, name="overlap"),
    path("build/", editor.build, name="build"),
    path("build/count/", editor.count, name="count"),
    path("build/test/", editor.test, name="test"),
    path("build/values/", editor.values, name="values"),
    path("<slug:name>/", views.segment, name="segment"),
    path("<slug:name>/edit/", editor.edit, name="edit"),
    path("<slug:name>/save/", editor.save, name="save"),
    path("<slug:name>/list/", uploads.change_list, name="change-list"),
    path("<slug:name>/delete/", views.delete, name="delete"),
    path("<slug:name>/members.csv", downloads.members_csv, name="export"),
]
