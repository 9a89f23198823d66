"""Fills the home named by CORDIALE_HOME with a small demo; prints as JSON what the addresses of pages need.

`python -m tests.browser.seed`, in a process of its own: the tests' own settings stay as they are.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

HOUSEHOLDS, DAYS = 150, 10


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cordiale.config.settings")
    from cordiale import home
    from cordiale.config import postgres

    postgres.hold(home.current())
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0, interactive=False)
    sys.stdout.write(json.dumps(seed()))
    connections.close_all()
    postgres.release(home.current())


def seed() -> dict[str, Any]:
    """The customer with the most messages, the mail sent last, a consent link and a sign-in link."""
    from cordiale import clock, home
    from cordiale.company import company
    from cordiale.consent import links
    from cordiale.customers.models import Customer
    from cordiale.deliveries import catcher
    from cordiale.demo import actions

    state = actions.prepare(days=DAYS, sample=HOUSEHOLDS, today=clock.local_day(clock.now(), company().zone))
    actions.run(state)
    customer = Customer.objects.filter(messages__isnull=False).order_by("id").first()
    assert customer is not None
    return {
        "customer": customer.id,
        "mail": max(catcher.tokens(home.current().mail)),
        "consent": links.sign(links.Reference(customer.id, "offers", "email")),
        "link": actions.sign_in_link(),
    }


if __name__ == "__main__":
    main()
