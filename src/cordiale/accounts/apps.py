from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "cordiale.accounts"
    label = "accounts"
