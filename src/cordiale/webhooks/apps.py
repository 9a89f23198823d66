from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "cordiale.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from cordiale.customers import holdings  # noqa: PLC0415 - models first
        from cordiale.jobs import daily  # noqa: PLC0415
        from cordiale.webhooks import actions, holding, receivers  # noqa: PLC0415

        receivers.connect()
        holdings.register(holding.HOLDING)
        daily.register(daily.Daily("webhooks", 61, actions.forget_old))
