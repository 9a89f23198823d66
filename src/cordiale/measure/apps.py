from django.apps import AppConfig


class MeasureConfig(AppConfig):
    name = "cordiale.measure"
    label = "measure"
