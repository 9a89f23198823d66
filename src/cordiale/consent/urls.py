"""Public pages of consent, and the staff's action on a customer's consents."""

from __future__ import annotations

from django.urls import path

from cordiale.consent import views

app_name = "consent"
urlpatterns = [
    path("staff/<int:customer_id>/", views.change, name="change"),
    path("<str:token>/", views.choose, name="choose"),
]
