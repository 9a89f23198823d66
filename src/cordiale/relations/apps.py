from django.apps import AppConfig


class RelationsConfig(AppConfig):
    name = "cordiale.relations"
    label = "relations"
