from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    name = "cordiale.programmes"
    label = "programmes"
