from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "cordiale.orders"
    label = "orders"

    def ready(self) -> None:
        from cordiale.orders import holding, reading, taking  # noqa: PLC0415 - models first

        reading.register()
        holding.register()
        taking.register()
