from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "cordiale.imports"
    label = "imports"

    def ready(self) -> None:
        from cordiale.imports import holding, working  # noqa: PLC0415 - they import models

        working.register()
        holding.register()
