"""The catalogue of traits, one trait, its editor, and how things were on past days."""

from __future__ import annotations

from django.urls import path

from cordiale.insight.views import catalogue, days, editing, trait

app_name = "insight"
urlpatterns = [
    path("", catalogue.index, name="traits"),
    path("new/", editing.new, name="new"),
    path("check/", editing.check, name="check"),
    path("days/", days.index, name="days"),
    path("customers/<int:customer_id>/", days.customer, name="customer"),
    path("<slug:name>/", trait.show, name="trait"),
    path("<slug:name>/edit/", editing.edit, name="edit"),
    path("<slug:name>/retire/", editing.retire, name="retire"),
]
