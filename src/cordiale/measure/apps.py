from __future__ import annotations

from django.apps import AppConfig


class MeasureConfig(AppConfig):
    name = "cordiale.measure"
    label = "measure"

    def ready(self) -> None:
        from cordiale.measure import panels  # noqa: PLC0415 - panels import models

        panels.register_panels()
