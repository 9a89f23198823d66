from __future__ import annotations

from django.apps import AppConfig


class ScoresConfig(AppConfig):
    name = "cordiale.scores"
    label = "scores"

    def ready(self) -> None:
        from cordiale.insight import columns  # noqa: PLC0415 - models are ready only now
        from cordiale.scores import jobs, panels, sections, told, traits, values  # noqa: PLC0415

        columns.register(values.SOURCE, values.Scores())
        jobs.register()
        panels.register_panels()
        sections.register_section()
        told.register()
        traits.register()
