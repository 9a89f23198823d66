"""Addresses of `webhooks`."""

from __future__ import annotations

from django.urls import path

from cordiale.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.new, name="new"),
    path("<slug:name>/", views.endpoint, name="endpoint"),
    path("<slug:name>/test/", views.send_test, name="test"),
    path("<slug:name>/enable/", views.enable, name="enable"),
    path("<slug:name>/remove/", views.remove, name="remove"),
    path("<slug:name>/again/", views.again, name="again-all"),
    path("<slug:name>/again/<int:number>/", views.again, name="again"),
]
