from __future__ import annotations

from django.apps import AppConfig


class DeliveriesConfig(AppConfig):
    name = "cordiale.deliveries"
    label = "deliveries"

    def ready(self) -> None:
        from cordiale.deliveries import holdings, panels, receivers  # noqa: F401, PLC0415 - models must be ready

        panels.register()
        holdings.register()
