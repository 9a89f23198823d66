from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "cordiale.consent"
    label = "consent"
