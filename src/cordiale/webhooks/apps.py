from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "cordiale.webhooks"
    label = "webhooks"
