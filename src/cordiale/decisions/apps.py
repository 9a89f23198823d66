from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "cordiale.decisions"
    label = "decisions"
