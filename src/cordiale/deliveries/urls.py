"""Pages of caught mail."""

from __future__ import annotations

from django.urls import path

from cordiale.deliveries import views

app_name = "deliveries"
urlpatterns = [
    path("", views.list_mail, name="list"),
    path("<str:token>/", views.show, name="mail"),
    path("<str:token>/html/", views.body, name="body"),
]
