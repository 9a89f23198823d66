from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "cordiale.insight"
    label = "insight"

    def ready(self) -> None:
        from cordiale.insight import computation, filters, panels  # noqa: PLC0415 - they import models

        panels.register_panels()
        filters.register()
        computation.register()
