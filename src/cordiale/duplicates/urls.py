"""Addresses of `duplicates`."""

from __future__ import annotations

from django.urls import path

from cordiale.duplicates import views

app_name = "duplicates"
urlpatterns = [
    path("", views.index, name="list"),
    path("find/", views.find, name="find"),
    path("<int:number>/merge/", views.merge, name="merge"),
    path("<int:number>/refuse/", views.refuse, name="refuse"),
    path("<int:number>/take-back/", views.take_back, name="take-back"),
]
