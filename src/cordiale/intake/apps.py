from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "cordiale.intake"
    label = "intake"
