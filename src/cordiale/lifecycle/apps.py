from __future__ import annotations

from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "cordiale.lifecycle"
    label = "lifecycle"

    def ready(self) -> None:
        from cordiale.lifecycle import computing, counting  # noqa: PLC0415 - models are ready only now

        computing.register()
        counting.register()
