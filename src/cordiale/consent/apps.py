from __future__ import annotations

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "cordiale.consent"
    label = "consent"

    def ready(self) -> None:
        from cordiale.consent import holdings, merging, panels  # noqa: PLC0415 - models must be ready

        panels.register()
        holdings.register()
        merging.register()
