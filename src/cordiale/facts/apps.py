from django.apps import AppConfig


class FactsConfig(AppConfig):
    name = "cordiale.facts"
    label = "facts"

    def ready(self) -> None:
        from cordiale.facts import folding  # noqa: PLC0415 - jobs' models first

        folding.register()
