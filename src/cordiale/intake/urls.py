"""Addresses of the pages of sources."""

from __future__ import annotations

from django.urls import path

from cordiale.intake import views

app_name = "intake"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.new, name="new"),
    path("rejected/", views.rejected, name="rejected"),
    path("rejected/<int:number>/again/", views.again, name="again"),
    path("<slug:name>/", views.source, name="source"),
    path("<slug:name>/origins/", views.origins, name="origins"),
    path("<slug:name>/revoke/", views.revoke, name="revoke"),
]
