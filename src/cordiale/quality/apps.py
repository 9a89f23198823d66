from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "cordiale.quality"
    label = "quality"
