from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "cordiale.intake"
    label = "intake"

    def ready(self) -> None:
        from cordiale.intake import holding  # noqa: PLC0415 - it imports models

        holding.register_holding()
