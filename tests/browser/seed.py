"""Fills the home named by CORDIALE_HOME for the browser tests; prints one JSON object: the customer to visit, the link.

`python -m tests.browser.seed`, in a process of its own: the tests' own settings stay as they are.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

CUSTOMERS = 120


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
    from cordiale import clock
    from cordiale.accounts import actions as accounts
    from cordiale.customers import actions as customers

    now = clock.now().replace(microsecond=0)
    ids = customers.upsert(_people(now), now)
    first = next(iter(ids.values()))
    _record_facts(list(ids.values()), first, now)
    link = accounts.invite("camille@example.org", "Camille Démo", "administrator", now)
    return {"customer": first, "link": link}


def _record_facts(ids: list[int], first: int, now: datetime) -> None:
    import pyarrow as pa

    from cordiale.facts import actions as facts
    from cordiale.lake import open_lake

    facts.record("order_lines", pa.Table.from_pylist(_order_lines(ids, now)))
    events = [
        {"customer_id": first, "ts": now - timedelta(days=day), "event_id": f"e{day}", "name": "Coupon Redeemed",
         "properties": '{"coupon": "10000085364", "campaign": 18}', "source": "journey"} for day in range(1, 9)
    ]  # fmt: skip
    facts.record("events", pa.Table.from_pylist(events))
    messages = [
        {"customer_id": first, "ts": now - timedelta(days=day), "message_id": f"m{day}", "programme": "win-back",
         "step": "0", "channel": "email", "purpose": "offers", "kind": kind, "source": "test"}
        for day, kind in enumerate(["handed_over", "clicked", "unknown"], start=2)
    ]  # fmt: skip
    facts.record("messages", pa.Table.from_pylist(messages))
    open_lake().fold("order_lines")


def _people(now: datetime) -> list[dict[str, Any]]:
    draw = Random(7)
    first, last = ["Zoé", "Anne-Charlotte", "Léo", "Inès", "Œdipe"], ["Lefèvre", "Roux", "de La Rochefoucauld", "Li"]
    people = []
    for number in range(CUSTOMERS):
        given, family = draw.choice(first), draw.choice(last)
        made_up = {
            "first_name": given, "last_name": family, "email": f"client.{number}@example.org",
            "phone": f"+336399800{number:02}", "city": "Saint-Rémy-en-Bouzemont", "postcode": "51290",
        }  # fmt: skip
        people.append({
            "reference": f"C{number:04}", **made_up, "declared": {"age_band": "35-44", "household_size": "3"},
            "sources": {name: {"source": "synthetic", "at": now.isoformat()} for name in made_up},
            "created_at": now - timedelta(days=400 - number),
        })  # fmt: skip
    return people


def _order_lines(ids: list[int], now: datetime) -> list[dict[str, Any]]:
    draw = Random(11)
    lines = []
    for place, customer in enumerate(ids):
        for order in range(70 if place == 0 else draw.randint(0, 6)):
            moment = now - timedelta(days=draw.randint(1, 360), hours=draw.randint(0, 9))
            lines += [
                {"customer_id": customer, "ts": moment, "order_id": f"{customer}-{order}", "line_no": number,
                 "product_id": f"P{draw.randint(1, 50)}", "category": draw.choice(["WINE", "COFFEE", "BREAD", "FRUIT"]),
                 "department": "GROCERY", "brand": "National", "store": "367", "channel": "store", "quantity": 1,
                 "amount": Decimal(draw.randint(100, 4000)) / 100, "discount": Decimal(draw.randint(0, 90)) / 100}
                for number in range(1, draw.randint(2, 5))
            ]  # fmt: skip
    return lines


if __name__ == "__main__":
    main()
