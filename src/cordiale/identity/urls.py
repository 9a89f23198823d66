"""Addresses of `identity`."""

from __future__ import annotations

from django.urls import path

from cordiale.identity import views

app_name = "identity"
urlpatterns = [
    path("", views.list_merges, name="merges"),
    path("conflicts/", views.list_conflicts, name="conflicts"),
    path("conflicts/<int:conflict_id>/settle/", views.settle, name="settle"),
    path("<int:merge_id>/undo/", views.undo, name="undo"),
    path("into/<int:survivor_id>/", views.choose, name="choose"),
    path("into/<int:survivor_id>/<int:merged_id>/", views.preview, name="preview"),
    path("into/<int:survivor_id>/<int:merged_id>/merge/", views.merge, name="merge"),
]
