from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "cordiale.segments"
    label = "segments"

    def ready(self) -> None:
        from cordiale.segments import filters, holdings, merging, panels, traits  # noqa: PLC0415 - they import models

        filters.register()
        holdings.register()
        merging.register()
        panels.register()
        traits.register()
