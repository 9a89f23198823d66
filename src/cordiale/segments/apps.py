from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "cordiale.segments"
    label = "segments"
