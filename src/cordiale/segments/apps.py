from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "cordiale.segments"
    label = "segments"

    def ready(self) -> None:
        from cordiale.segments import filters, holdings  # noqa: PLC0415 - filters import models

        filters.register()
        holdings.register()
