"""A small company with something of everything that the API tells of, and a key that may do everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from cordiale.accounts import keys
from cordiale.cases import actions as cases
from cordiale.cases.rules import Opening
from cordiale.content.actions import apply_templates
from cordiale.customers import actions as customers
from cordiale.imports import actions as imports
from cordiale.imports.mapping import load
from cordiale.orders import actions as orders
from cordiale.orders.rules.told import LineTold, OrderTold
from cordiale.programmes import actions as programmes
from cordiale.relations import actions as relations
from cordiale.segments import actions as segments
from cordiale.webhooks import actions as webhooks

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
MAPPING = "kind: customers\ncolumns: {Ref: reference, Name: last_name, Email: email}\n"
PROGRAMMES = Path(__file__).parents[2] / "programmes"


@dataclass(frozen=True)
class Company:
    """The key of an administrator, and what there is: for each name of a part of an address, values that exist."""

    key: str
    known: dict[str, list[str]]

    def of(self, name: str, path: str) -> list[str]:
        """Values for the part `name` of an address."""
        if name == "name":
            nouns = {"segments": "lyon", "programmes": "win-back", "webhooks": "shop", "scores": "lapse_risk"}
            return [nouns.get(path.split("/")[3], "none")]
        return self.known.get(name, ["1"])


def seed() -> Company:
    people = [("ada", "Lyon"), ("blaise", "Lyon"), ("claire", "Nantes")]
    ids = customers.upsert(
        [{"reference": name, "first_name": name.title(), "email": f"{name}@example.org", "city": city,
          "created_at": NOW} for name, city in people],
        now=NOW,
    )  # fmt: skip
    orders.take([_order("o/1", ids["ada"]), _order("o-2", ids["blaise"])], NOW)
    segments.save_segment("lyon", "city = 'Lyon'", title={"fr": "Lyon", "en": "Lyon"}, actor="tests", now=NOW)
    apply_templates(PROGRAMMES / "templates", NOW)
    for name, expression in {"dormant": "city = 'Nantes'", "staff": "declared('staff') = 'yes'"}.items():
        segments.save_segment(name, expression, actor="tests", now=NOW)
    programmes.apply([PROGRAMMES / "win-back.yaml"], actor="tests", now=NOW)
    opened = cases.open_case(
        Opening(customer_id=ids["ada"], channel="email", subject="Delivery", text="Where is it?", source="tests"),
        actor="tests", now=NOW,
    )  # fmt: skip
    imports.save_mapping("crm", load(MAPPING), "tests", NOW)
    names = [*ids, str(ids["claire"])]
    relation = relations.relate("household", ids["ada"], ids["claire"], source="tests", actor="tests", now=NOW)
    webhooks.add("shop", "https://shop.invalid/hook", ["customers.changed"], actor="tests", now=NOW)
    known = {
        "reference": names, "customer": names, "one": names, "other": names[::-1], "merged": names[::-1],
        "number": [str(opened.pk)], "relation_id": [str(relation.pk)], "order_id": ["o/1", "o-2"], "mapping": ["crm"],
        "category": ["other"], "expression": ["city = 'Lyon'"], "email": ["d@example.org"], "name": ["till"],
        "url": ["https://till.invalid/hook"], "address": ["ada@example.org"],
    }  # fmt: skip
    return Company(key=keys.add_key("tests", "administrator", actor="tests", now=NOW), known=known)


def _order(order_id: str, customer_id: int) -> OrderTold:
    at = NOW - timedelta(days=3)
    line = LineTold(product_id="p1", quantity=2, amount=Decimal("19.90"), category="WINE")
    return OrderTold(order_id=order_id, customer_id=customer_id, source="tests", at=at, kind="completed", lines=[line])
