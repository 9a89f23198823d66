from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "cordiale.quality"
    label = "quality"

    def ready(self) -> None:
        from cordiale.quality import panels  # noqa: PLC0415 - models must be ready

        panels.register()
