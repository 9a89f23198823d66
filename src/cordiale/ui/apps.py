from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "cordiale.ui"
    label = "ui"
