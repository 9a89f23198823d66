from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConnectorsConfig(AppConfig):
    name = "cordiale.connectors"
    label = "connectors"

    def ready(self) -> None:
        from cordiale.connectors import holding, inbox, pulling  # noqa: PLC0415 - models first
        from cordiale.customers import holdings  # noqa: PLC0415
        from cordiale.jobs import daily, kinds  # noqa: PLC0415

        holdings.register(holding.HOLDING)
        kinds.register(kinds.Kind(pulling.KIND, pulling.run, _("Pull from a source")))
        daily.register(daily.Daily("connectors", 60, inbox.forget))
