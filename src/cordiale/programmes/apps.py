from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    name = "cordiale.programmes"
    label = "programmes"

    def ready(self) -> None:
        from cordiale.programmes import holdings, merging, panels, traits  # noqa: PLC0415 - panels import models

        panels.register()
        holdings.register()
        merging.register()
        traits.register()
