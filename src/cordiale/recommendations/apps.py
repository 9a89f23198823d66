from __future__ import annotations

from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    name = "cordiale.recommendations"
    label = "recommendations"

    def ready(self) -> None:
        from cordiale.recommendations import fits, panels  # noqa: PLC0415 - they import models

        fits.register()
        panels.register()
