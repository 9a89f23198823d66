from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "cordiale.jobs"
    label = "jobs"
