from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "cordiale.insight"
    label = "insight"
