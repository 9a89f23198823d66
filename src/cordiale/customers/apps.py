from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "cordiale.customers"
    label = "customers"

    def ready(self) -> None:
        from cordiale.customers import happenings, holding, indexes, panels  # noqa: PLC0415 - panels import models

        panels.register()
        holding.register_holding()
        happenings.register()
        indexes.register()
