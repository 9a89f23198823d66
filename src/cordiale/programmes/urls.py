"""Pages of programmes."""

from __future__ import annotations

from django.urls import path

from cordiale.programmes import views

app_name = "programmes"
urlpatterns = [
    path("", views.list_programmes, name="list"),
    path("<slug:name>/", views.show, name="show"),
    path("<slug:name>/people/", views.people, name="people"),
    path("<slug:name>/versions/<int:number>/", views.version, name="version"),
    path("<slug:name>/start/", views.start, name="start"),
    path("<slug:name>/pause/", views.pause, name="pause"),
]
