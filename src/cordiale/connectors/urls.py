"""Addresses of `connectors`."""

from __future__ import annotations

from django.urls import path

from cordiale.connectors import receiving, views

app_name = "connectors"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.new, name="new"),
    path("in/<str:token>/", receiving.receive, name="in"),
    path("<slug:name>/", views.connector, name="connector"),
    path("<slug:name>/pull/", views.pull, name="pull"),
    path("<slug:name>/remove/", views.remove, name="remove"),
    path("<slug:name>/again/<int:number>/", views.again, name="again"),
]
