from django.apps import AppConfig


class FactsConfig(AppConfig):
    name = "cordiale.facts"
    label = "facts"
