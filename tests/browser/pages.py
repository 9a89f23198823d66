"""Every page a person can open: its name and its address in the seeded home. A package adds its pages here.

What stands in braces comes from `seed.py`: a customer with messages, a caught mail, a consent link.
"""

from __future__ import annotations

PUBLIC = {
    "sign-in": "/sign-in/",
    "link-used": "/sign-in/no-such-token/",
    "consent": "/c/{consent}/",
    "consent-lost": "/c/no-such-token/",
}
SIGNED_IN = {
    "dashboard": "/",
    "profile": "/profile/",
    "customers": "/customers/",
    "customers-page-2": "/customers/?page=2",
    "customers-nobody": "/customers/?q=zzzz",
    "customers-found": "/customers/?q=ma",
    "customer-new": "/customers/new/",
    "customer-edit": "/customers/{customer}/edit/",
    "customer-values": "/customers/{customer}/values/",
    "customer": "/customers/{customer}/",
    "customer-orders": "/customers/{customer}/?kind=order",
    "customer-filtered": "/customers/{customer}/?since=2020-01-01&channel=email",
    "customer-bad-day": "/customers/{customer}/?since=yesterday",
    "duplicates": "/duplicates/",
    "duplicates-refused": "/duplicates/?state=refused",
    "duplicates-filtered": "/duplicates/?shared=phone",
    "cases": "/cases/",
    "cases-resolved": "/cases/?tab=resolved",
    "cases-nothing": "/cases/?q=zzzz",
    "case": "/cases/{case}/",
    "case-new": "/cases/new/?customer={customer}",
    "case-choose": "/cases/new/?q=a",
    "merges": "/merges/",
    "merge-choose": "/merges/into/{customer}/?q=a",
    "merge-preview": "/merges/into/{customer}/{merge_other}/",
    "conflicts": "/merges/conflicts/",
    "relation-add": "/relations/of/{customer}/add/?q=a",
    "not-found": "/customers/999999999/",
    "lifecycle": "/lifecycle/",
    "traits": "/lifecycle/traits/",
    "segments": "/segments/",
    "segment-new": "/segments/new/",
    "segment": "/segments/dormant/",
    "programmes": "/programmes/",
    "programme": "/programmes/win-back/",
    "programme-people": "/programmes/win-back/people/",
    "programme-version": "/programmes/win-back/versions/1/",
    "decisions": "/decisions/",
    "imports": "/imports/",
    "imports-nothing": "/imports/?kind=answers",
    "import-new": "/imports/new/",
    "import-columns": "/imports/{columns}/columns/",
    "import-check": "/imports/{checked}/check/",
    "import": "/imports/{imported}/",
    "jobs": "/jobs/",
    "jobs-nothing": "/jobs/?state=cancelled",
    "job": "/jobs/{job}/",
    "sources": "/sources/",
    "source-new": "/sources/new/",
    "source": "/sources/site/",
    "sources-rejected": "/sources/rejected/",
    "mail": "/mail/",
    "mail-one": "/mail/{mail}/",
}
EXPECTED_STATUS = {"link-used": 404, "consent-lost": 404, "not-found": 404}
FIXED_LANGUAGE = {"consent": "fr"}
"""Pages written in the customer's language, whatever the reader's browser asks for."""
