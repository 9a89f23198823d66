"""Addresses of the imports' pages: each step of the way has its own."""

from __future__ import annotations

from django.urls import path

from cordiale.imports import views

app_name = "imports"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.new, name="new"),
    path("mappings/<slug:name>.yaml", views.mapping_file, name="mapping-file"),
    path("<int:number>/", views.result, name="import"),
    path("<int:number>/columns/", views.columns, name="columns"),
    path("<int:number>/check/", views.check, name="check"),
    path("<int:number>/run/", views.run, name="run"),
    path("<int:number>/resume/", views.resume, name="resume"),
    path("<int:number>/undo/", views.undo, name="undo"),
    path("<int:number>/discard/", views.discard, name="discard"),
    path("<int:number>/refused.csv", views.refused, name="refused"),
]
