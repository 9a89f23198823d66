from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "cordiale.identity"
    label = "identity"
