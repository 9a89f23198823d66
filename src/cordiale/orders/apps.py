from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "cordiale.orders"
    label = "orders"
