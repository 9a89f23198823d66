from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "cordiale.content"
    label = "content"
