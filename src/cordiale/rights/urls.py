"""Addresses of `rights`."""

from __future__ import annotations

from django.urls import path

from cordiale.rights import views

app_name = "rights"
urlpatterns = [
    path("", views.index, name="list"),
    path("processing/", views.processing_register, name="processing"),
    path("expiry/", views.expiries, name="expiries"),
    path("customers/<int:customer_id>/keep/", views.keep, name="keep"),
    path("proofs/", views.proofs, name="proofs"),
    path("<int:request_id>/", views.show, name="request"),
    path("<int:request_id>/close/", views.close, name="close"),
    path("customers/<int:customer_id>/new/", views.new, name="new"),
    path("customers/<int:customer_id>/export.<str:kind>", views.export, name="export"),
    path("customers/<int:customer_id>/erase/", views.erase, name="erase"),
    path("customers/<int:customer_id>/restrict/", views.restrict, name="restrict"),
]
