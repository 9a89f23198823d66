"""Every page of the product, one line a package."""

from __future__ import annotations

from django.urls import include, path, re_path

from cordiale.config.api import api, unknown
from cordiale.config.health import health

urlpatterns = [
    path("health", health, name="health"),
    path("api/v1/", api.urls),
    re_path(r"^api/(?P<rest>[\s\S]*)$", unknown, name="unknown-api"),
    path("", include("cordiale.ui.urls")),
    path("", include("cordiale.accounts.urls")),
    path("customers/", include("cordiale.customers.urls")),
    path("cases/", include("cordiale.cases.urls")),
    path("imports/", include("cordiale.imports.urls")),
    path("duplicates/", include("cordiale.duplicates.urls")),
    path("relations/", include("cordiale.relations.urls")),
    path("merges/", include("cordiale.identity.urls")),
    path("jobs/", include("cordiale.jobs.urls")),
    path("sources/", include("cordiale.intake.urls")),
    path("connectors/", include("cordiale.connectors.urls")),
    path("webhooks/", include("cordiale.webhooks.urls")),
    path("quality/", include("cordiale.quality.urls")),
    path("rights/", include("cordiale.rights.urls")),
    path("traits/", include("cordiale.insight.urls")),
    path("scores/", include("cordiale.scores.urls")),
    path("lifecycle/", include("cordiale.lifecycle.urls")),
    path("recommendations/", include("cordiale.recommendations.urls")),
    path("segments/", include("cordiale.segments.urls")),
    path("programmes/", include("cordiale.programmes.urls")),
    path("decisions/", include("cordiale.decisions.urls")),
    path("mail/", include("cordiale.deliveries.urls")),
    path("c/", include("cordiale.consent.urls")),
    path("g/", include("cordiale.recommendations.public_urls")),
]
