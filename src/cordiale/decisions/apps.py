from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "cordiale.decisions"
    label = "decisions"

    def ready(self) -> None:
        from cordiale.decisions import holdings, merging, panels  # noqa: PLC0415 - panels import models

        panels.register()
        holdings.register()
        merging.register()
