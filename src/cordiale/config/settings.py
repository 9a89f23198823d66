"""Django settings: assembly only. What a company edits is in `CORDIALE_HOME/company`, never here."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import psycopg.conninfo
from csp.constants import NONE, SELF

from cordiale import home as _home
from cordiale.config import postgres

PACKAGE = Path(__file__).resolve().parent.parent
HOME = _home.current()
TESTING = "pytest" in sys.modules
SECRET_KEY = os.environ.get("CORDIALE_SECRET_KEY") or HOME.secret("secret_key")
DEBUG = os.environ.get("CORDIALE_DEBUG") == "1"


def _running_address() -> str:
    """Where `up` serves this home, so that a link printed by another command leads there."""
    try:
        running = json.loads((HOME.run / "up.json").read_text())
        return f"http://{running['host']}:{running['port']}"
    except (OSError, ValueError, KeyError):
        return "http://127.0.0.1:8000"


BASE_URL = os.environ.get("CORDIALE_BASE_URL") or _running_address()
WEBHOOKS_ALLOW = frozenset({"loopback", "private"} if os.environ.get("CORDIALE_WEBHOOKS_ALLOW_PRIVATE") == "1" else ())
SMTP_URL = os.environ.get("CORDIALE_SMTP_URL", "")
ALLOWED_HOSTS = [*os.environ.get("CORDIALE_HOSTS", "").split(), "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("CORDIALE_ORIGINS", "").split() if origin]

ROOT_URLCONF = "cordiale.config.urls"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_vite",
    "django_htmx",
    "csp",
    *(
        f"cordiale.{name}"
        for name in (
            "ui",
            "accounts",
            "jobs",
            "facts",
            "customers",
            "identity",
            "duplicates",
            "consent",
            "relations",
            "cases",
            "intake",
            "orders",
            "imports",
            "insight",
            "scores",
            "lifecycle",
            "segments",
            "recommendations",
            "content",
            "deliveries",
            "decisions",
            "programmes",
            "measure",
            "connectors",
            "webhooks",
            "quality",
            "rights",
            "demo",
        )
    ),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "cordiale.config.middleware.PlainAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cordiale.accounts.middleware.StaffLanguageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cordiale.config.middleware.SignInRequiredMiddleware",
    "cordiale.config.middleware.DomainErrorMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["cordiale.ui.templatetags.ui", "django.templatetags.i18n"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "cordiale.ui.context.shell",
            ],
        },
    }
]
AUTH_USER_MODEL = "accounts.Staff"
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "ui:dashboard"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]


def _database(conninfo: str) -> dict[str, object]:
    parts = psycopg.conninfo.conninfo_to_dict(conninfo)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "postgres"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database(postgres.dsn(HOME))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
USE_I18N = USE_TZ = True
TIME_ZONE = "Europe/Paris"

STATIC_URL = "/static/"
STATIC_ROOT = PACKAGE / "static"
STATICFILES_DIRS = [("dist", PACKAGE / "static" / "dist")]
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


def WHITENOISE_IMMUTABLE_FILE_TEST(path: str, url: str) -> bool:  # noqa: N802 - WhiteNoise's name
    """Vite writes name-[hash].ext: such files can be cached for ever."""
    return re.match(r"^.+[.-][0-9a-zA-Z_-]{8,12}\..+$", url) is not None


DJANGO_VITE = {
    "default": {
        "dev_mode": os.environ.get("CORDIALE_VITE_DEV") == "1",
        "static_url_prefix": "dist",
        "manifest_path": PACKAGE / "static" / "dist" / ".vite" / "manifest.json",
    }
}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
    }
}
X_FRAME_OPTIONS = "SAMEORIGIN"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
SECURE_HSTS_SECONDS = 31_536_000 if BASE_URL.startswith("https://") else 0
SECURE_REFERRER_POLICY = "same-origin"
SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
