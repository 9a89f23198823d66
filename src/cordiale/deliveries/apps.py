from django.apps import AppConfig


class DeliveriesConfig(AppConfig):
    name = "cordiale.deliveries"
    label = "deliveries"
