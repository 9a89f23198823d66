from __future__ import annotations

from django.apps import AppConfig


class ScoresConfig(AppConfig):
    name = "cordiale.scores"
    label = "scores"
