from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "cordiale.ui"
    label = "ui"

    def ready(self) -> None:
        from cordiale.ui import first_day, panels  # noqa: PLC0415 - after the registry is ready, as Django asks

        panels.register("dashboard", panels.Panel("first-day", 10, "side", first_day.panel))
