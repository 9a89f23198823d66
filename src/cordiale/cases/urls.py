"""Addresses of `cases`."""

from __future__ import annotations

from django.urls import path

from cordiale.cases import views

app_name = "cases"
urlpatterns = [
    path("", views.inbox, name="list"),
    path("new/", views.new, name="new"),
    path("<int:number>/", views.show, name="case"),
    path("<int:number>/write/", views.write, name="write"),
    path("<int:number>/assign/", views.assign, name="assign"),
    path("<int:number>/classify/", views.classify, name="classify"),
    path("<int:number>/reopen/", views.reopen, name="reopen"),
    path("<int:number>/rate/", views.rate, name="rate"),
]
