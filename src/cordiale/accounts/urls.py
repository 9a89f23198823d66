"""Addresses of `accounts`."""

from __future__ import annotations

from django.urls import path

from cordiale.accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/<str:token>/", views.link, name="link"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("language/", views.language, name="language"),
    path("profile/", views.profile, name="profile"),
]
