from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "cordiale.duplicates"
    label = "duplicates"
