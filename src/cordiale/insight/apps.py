from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "cordiale.insight"
    label = "insight"

    def ready(self) -> None:
        from cordiale.insight import panels  # noqa: PLC0415 - panels import models

        panels.register_panels()
