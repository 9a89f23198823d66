from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "cordiale.content"
    label = "content"

    def ready(self) -> None:
        from cordiale.content import traits  # noqa: PLC0415 - it imports models

        traits.register()
