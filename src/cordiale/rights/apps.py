from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "cordiale.rights"
    label = "rights"

    def ready(self) -> None:
        from cordiale.rights import daily, holdings, panels  # noqa: PLC0415 - models must be ready

        daily.register()
        holdings.register()
        panels.register()
