from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cordiale.cases"
    label = "cases"

    def ready(self) -> None:
        from cordiale.cases import holding, panels  # noqa: PLC0415 - they import models

        panels.register()
        holding.register()
