from __future__ import annotations

from django.apps import AppConfig


class RelationsConfig(AppConfig):
    name = "cordiale.relations"
    label = "relations"

    def ready(self) -> None:
        from cordiale.relations import keeping, panels  # noqa: PLC0415 - models must be ready

        keeping.register()
        panels.register()
