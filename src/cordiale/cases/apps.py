from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cordiale.cases"
    label = "cases"
