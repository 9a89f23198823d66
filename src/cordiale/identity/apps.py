from __future__ import annotations

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "cordiale.identity"
    label = "identity"

    def ready(self) -> None:
        from cordiale.identity import finding, holdings, panels, receivers  # noqa: PLC0415 - models must be ready

        finding.register()
        holdings.register()
        panels.register()
        receivers.register()
