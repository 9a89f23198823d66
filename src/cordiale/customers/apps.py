from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "cordiale.customers"
    label = "customers"
