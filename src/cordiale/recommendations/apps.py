from __future__ import annotations

from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    name = "cordiale.recommendations"
    label = "recommendations"
