from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "cordiale.imports"
    label = "imports"
