from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "cordiale.duplicates"
    label = "duplicates"

    def ready(self) -> None:
        from cordiale.duplicates import parts  # noqa: PLC0415 - models are ready only now

        parts.register()
