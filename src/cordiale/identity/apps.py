from __future__ import annotations

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "cordiale.identity"
    label = "identity"

    def ready(self) -> None:
        from cordiale.customers import indexes  # noqa: PLC0415 - models must be ready
        from cordiale.identity import finding, holdings, panels, receivers  # noqa: PLC0415

        indexes.set_aside("identity_identity_customer_id_3870dcd1", "identity_identity (customer_id)")
        finding.register()
        holdings.register()
        panels.register()
        receivers.register()
