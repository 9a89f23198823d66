from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "cordiale.demo"
    label = "demo"
