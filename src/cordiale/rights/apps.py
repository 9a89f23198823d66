from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "cordiale.rights"
    label = "rights"
