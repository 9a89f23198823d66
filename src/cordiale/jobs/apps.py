from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "cordiale.jobs"
    label = "jobs"

    def ready(self) -> None:
        from cordiale.jobs import daily, told  # noqa: PLC0415 - they import models

        daily.register_kind()
        told.register()
