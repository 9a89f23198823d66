"""Every page a person can open: its name and its address in the seeded home. A package adds its pages here.

`{customer}` stands for the number of a customer that has orders, events and messages.
"""

from __future__ import annotations

PUBLIC = {
    "sign-in": "/sign-in/",
    "link-used": "/sign-in/no-such-token/",
}
SIGNED_IN = {
    "dashboard": "/",
    "profile": "/profile/",
    "customers": "/customers/",
    "customers-page-2": "/customers/?page=2",
    "customers-nobody": "/customers/?q=zzzz",
    "customer": "/customers/{customer}/",
    "customer-orders": "/customers/{customer}/?kind=order&page=2",
    "not-found": "/customers/999999999/",
}
EXPECTED_STATUS = {"link-used": 404, "not-found": 404}
