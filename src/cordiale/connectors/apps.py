from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "cordiale.connectors"
    label = "connectors"
