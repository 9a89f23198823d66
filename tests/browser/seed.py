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
        "case": open_cases(customer.id),
        "merge_other": merge_and_relate(customer.id),
        "duplicates": look_for_duplicates(),
        **import_files(),
        **add_sources(),
        "connector": add_connectors(),
        "webhook": add_webhooks(customer.id),
        "request": measure_and_ask(customer.id),
        **declare_a_trait(),
        **build_segments(),
        **recommend_products(customer.id),
        **learn_scores(),
        **compute_month_ends(),
    }


def declare_a_trait() -> dict[str, Any]:
    """A trait of the company's own, in its second version, with values of the day."""
    from datetime import timedelta

    from cordiale.insight import actions
    from cordiale.insight.views.editing import EXAMPLE
    from cordiale.ui.context import present

    now = present()
    actions.declare(EXAMPLE.replace("window: 90", "window: 60"), actor="seed", now=now)
    actions.declare(EXAMPLE, actor="seed", now=now)
    actions.ensure_snapshot(now + timedelta(minutes=1))
    return {}


def compute_month_ends() -> dict[str, str]:
    """Every month end since the first order, so that there are flows and a forecast; a move somebody made."""
    from urllib.parse import urlencode

    from cordiale.insight import actions
    from cordiale.lifecycle import queries
    from cordiale.ui.context import present

    now = present()
    for day in queries.missing_month_ends(now):
        actions.compute_day(day, now)
    first, last = queries.month_ends()[-2:]
    found = queries.flows(first.day, last.day)
    origin, target = next(pair for pair in found.customers if None not in pair)
    return {"moved": urlencode({"from": first.day, "to": last.day, "origin": origin, "target": target})}


def learn_scores() -> dict[str, str]:
    """A lapse risk and an expected value in force, a propensity that its gate refuses, one never learnt."""
    import re

    from cordiale import home
    from cordiale.insight import actions as insight
    from cordiale.scores import actions, definitions, watching
    from cordiale.ui.context import present

    definitions.scores()
    path, now = home.current().company / definitions.FILE, present()
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"gate: {.*}", "gate: {buyers: 20, history: 90, positives: 5}", text), encoding="utf-8")
    for name in ("customer_value", "lapse_risk"):
        actions.fit(name, actor="seed", now=now)
    path.write_text(text, encoding="utf-8")
    actions.fit("coupon_propensity", actor="seed", now=now)
    insight.ensure_snapshot(now)
    watching.watch(now)
    return {"score": "lapse_risk"}


def build_segments() -> dict[str, Any]:
    """A segment with a rule of every sort, and a list of three people."""
    from cordiale.customers.models import Customer
    from cordiale.segments import actions
    from cordiale.segments.models import Listing
    from cordiale.ui.context import present

    now = present()
    rich = (
        "orders(category => 'bakery', amount > 2, last => '90 days') >= 1 and not (age > 60 or language in ('fr', 'en')"
        " and sample(0.5, 'draw')) and (sequence(events('Product Added'), not orders(), within => '3 days',"
        " last => '30 days') >= 1 or created_at > now - '400 days') and reachable('offers', 'email')"
    )
    actions.save_segment("rich", rich, title={"fr": "De tout", "en": "Of everything"}, actor="seed", now=now)
    vip = actions.create_static("vip", {"fr": "Invités", "en": "Guests"}, actor="seed", now=now)
    Listing.objects.bulk_create(
        Listing(segment=vip, customer=one, at=now, actor="seed", source="seed")
        for one in Customer.objects.order_by("id")[:3]
    )
    actions.refresh(now)
    return {}


def measure_and_ask(customer_id: int) -> int:
    """The base measured twice, a cost, somebody whose time is over, somebody erased, and a request that waits."""
    from datetime import timedelta
    from decimal import Decimal

    from cordiale.customers.actions import upsert
    from cordiale.customers.models import Customer
    from cordiale.quality import actions as quality
    from cordiale.rights import actions, erasure, expiry
    from cordiale.ui.context import present

    now = present()
    old = now - timedelta(days=1500)
    rows = [{"reference": name, "last_name": "Autrefois", "created_at": old} for name in ("old", "gone")]
    ids = upsert(rows, old)
    erasure.erase(Customer.objects.get(pk=ids["gone"]), actor="seed", reason="request", now=now)
    expiry.propose(now)
    quality.measure(now - timedelta(days=40))
    quality.measure(now)
    quality.add_cost(
        "host", "Server", Decimal("49.90"), is_monthly=True, since=old.date(), until=None, actor="seed", now=now
    )
    quality.mark_invalid([{"channel": "letter", "customer": str(customer_id)}], actor="seed", now=now)
    asked = actions.open_request(
        Customer.objects.get(pk=customer_id), "access", channel="email", note="What do you know of me?",
        received_at=now - timedelta(days=26), actor="seed", now=now,
    )  # fmt: skip
    return int(asked.pk)


def recommend_products(customer_id: int) -> dict[str, str]:
    """A model, a product with everything told of it, and a guide; what the addresses need of them."""
    from cordiale.recommendations import catalogue, fits, links, rulebooks
    from cordiale.recommendations.models import Product
    from cordiale.ui.context import present

    now = present()
    catalogue.fill(now)
    fits.fit(now, actor="seed")
    one = Product.objects.filter(category="bakery").order_by("id").first() or Product.objects.order_by("id")[0]
    told = {"id": one.pk, "titles": {"fr": "Pain aux céréales", "en": "Seeded loaf"}, "margin": 0.3,
            "attributes": {"kind": "bread"}, "url": "https://shop.example.org/loaf"}  # fmt: skip
    catalogue.tell([told], source="seed", actor="seed", now=now)
    guide = (
        "guides:\n  breakfast:\n    title: {fr: Quel petit déjeuner ?, en: Which breakfast?}\n"
        "    intro: {fr: Une question., en: One question.}\n    questions:\n      kind:\n"
        "        title: {fr: Plutôt…, en: Rather…}\n        several: true\n        choices:\n"
        '          bread: {title: {fr: Du pain, en: Bread}, attributes: {"kind: bread": 1}}\n'
        "          sweet: {title: {fr: Du sucré, en: Something sweet}, categories: {bakery: 1}}\n"
    )
    rulebooks.write("guides.yaml", guide, actor="seed", now=now)
    return {"product": one.pk, "guide_token": links.token(customer_id)}


def add_sources() -> dict[str, str]:
    """A site and a server that send events, and an event that was rejected."""
    from uuid import UUID

    from cordiale.intake.actions import add_source
    from cordiale.intake.models import Hour, Rejected
    from cordiale.ui.context import present

    now = present()
    site = add_source("site", kind="browser", origins=["https://www.example.org"], actor="seed", now=now)
    add_source("till", actor="seed", now=now)
    Hour.objects.create(source=site, at=now.replace(minute=0, second=0, microsecond=0), taken=1_234, refused=5)
    Rejected.objects.create(
        source_id=site.pk, key=UUID(int=1), kind=0, at=now, received_at=now, payload=b"{}", reason="it is not JSON",
        rejected_at=now,
    )  # fmt: skip
    return {"source": site.name}


def add_connectors() -> str:
    """A shop with a delivery that was taken, one that waits and one that could not be, and a table that is pulled."""
    from cordiale.connectors import actions
    from cordiale.connectors.models import Inbound
    from cordiale.ui.context import present

    now = present()
    shop = actions.add("woocommerce", "shop", {}, secret="seeded", actor="seed", now=now).connector
    told = {"query": "select * from people", "cursor": "changed", "mapping": "kind: customer\nfields: {email: mail}"}
    actions.add("postgresql", "till", told, secret="host=127.0.0.1", actor="seed", now=now)
    for state, reason in (("done", ""), ("waiting", ""), ("dead", "order.line_items[0].total should be a number")):
        Inbound.objects.create(
            connector=shop, key=state, topic="order.updated", body=b"{}", received_at=now, due_at=now, state=state,
            attempts=1, reason=reason,
        )  # fmt: skip
    return shop.name


def add_webhooks(customer_id: int) -> str:
    """A webhook that took a message, is to take one again and gave one up, and one that is switched off."""
    from datetime import timedelta

    from cordiale.customers.models import Customer
    from cordiale.customers.signals import customers_changed
    from cordiale.ui.context import present
    from cordiale.webhooks import actions, outbox, rules
    from cordiale.webhooks.models import Attempt, Delivery, Endpoint

    now = present()
    for name in ("crm", "gone"):
        actions.add(name, f"https://{name}.example.org/hooks", rules.EVENTS, actor="seed", now=now)
    off = {"is_active": False, "disabled_at": now, "disabled_reason": "answered 410: gone"}
    Endpoint.objects.filter(name="gone").update(**off)
    for state, status, reason in (("delivered", 204, ""), ("waiting", 503, "answered 503"), ("dead", 0, "no answer")):
        customers_changed.send(Customer, customer_ids=[customer_id], fields=["city"], is_new=False, now=now)
        outbox.make_messages(now)
        one = Delivery.objects.latest("pk")
        Attempt.objects.create(delivery=one, at=now, status=status, reason=reason, milliseconds=40)
        ended = None if state == "waiting" else now
        Delivery.objects.filter(pk=one.pk).update(state=state, attempts=1, finished_at=ended)
    Endpoint.objects.filter(name="crm").update(failures=2, resume_at=now + timedelta(minutes=5))
    return "crm"


def import_files() -> dict[str, int]:
    """A file that was imported, one that was checked, one whose columns are being named, and a job that failed."""
    from dataclasses import replace

    from cordiale.imports import actions
    from cordiale.imports.mapping import of_json
    from cordiale.jobs import running
    from cordiale.jobs.models import Job
    from cordiale.ui.context import present

    now = present()
    rows = "Réf;Prénom;Nom;Email;Né le\n" + "".join(
        f"import-{number};Ana;Exemple {number};ana{number}@example{'.org' if number % 5 else ''};31/12/1980\n"
        for number in range(20)
    )
    prepared = []
    for name in ("customers.csv", "checked.csv", "columns.csv"):
        one = actions.receive("customers", name, [rows.encode("cp1252")], "seed", now)
        actions.prepare(one, replace(of_json(one.mapping), basis="none"), {})
        prepared.append(one)
    imported, checked, columns = prepared
    actions.save_mapping("from-the-crm", of_json(imported.mapping), "seed", now)
    running.run(actions.begin(imported, "seed", now))
    running.run(actions.begin_check(checked, "seed", now))
    failed = actions.begin_check(columns, "seed", now)
    Job.objects.filter(pk=failed.pk).update(state="failed", error="The disk is full; make room, then try again.")
    return {"imported": imported.pk, "checked": checked.pk, "columns": columns.pk, "job": failed.pk}


def look_for_duplicates() -> int:
    """Three customers stand a second time, misspelt or moved; one of these pairs was told apart. How many wait."""
    from cordiale.customers.models import Customer
    from cordiale.duplicates import finding, merging, queries
    from cordiale.ui.context import present

    now = present()
    changes: tuple[dict[str, Any], ...] = ({"phone": ""}, {"street": "3 quai de la Pêcherie"}, {"email": ""})
    known = Customer.objects.exclude(email="").order_by("id")[:3]
    for number, (one, change) in enumerate(zip(known, changes, strict=True)):
        one.pk, one.reference = None, f"twice-{number}"
        for name, value in change.items():
            setattr(one, name, value)
        one.save()
    finding.find(now)
    first = queries.queue().first()
    if first is not None:
        merging.refuse(first.pk, actor="seed", now=now)
    return queries.open_count()


def merge_and_relate(customer_id: int) -> int:
    """One merge that stands, one undone, a conflict and a relation of the customer; somebody to merge next."""
    from cordiale.customers.models import Customer
    from cordiale.identity import actions
    from cordiale.relations.actions import relate
    from cordiale.ui.context import present

    now = present()
    first, second, third = Customer.objects.exclude(id=customer_id).order_by("id")[:3]
    row = {"values": {"first_name": "Zoé", "last_name": "Conflit"}, "source": "seed", "at": now}
    twins = [actions.Told(identifiers={"reference": f"twin-{number}"}, **row) for number in range(2)]
    one, other = actions.tell(twins, now)
    actions.merge(customer_id, one, actor="seed", reason="seed", now=now)
    actions.merge(customer_id, other, actor="seed", reason="seed", now=now)
    actions.unmerge(other, actor="seed", now=now)
    actions.tell([actions.Told(identifiers={"email": first.email}, **row)], now)
    relate("household", customer_id, second.id, source="seed", actor="seed", now=now)
    return int(third.id)


def open_cases(customer_id: int) -> int:
    """Three cases of the customer: one that waits, one answered, one resolved and rated; the answered one's number.

    Answers to a survey and a visit of several pages beside them.
    """
    from datetime import timedelta

    import pyarrow as pa

    from cordiale.cases import actions
    from cordiale.cases.rules import Opening
    from cordiale.facts.actions import record
    from cordiale.ui.context import present

    now = present()
    hour = timedelta(hours=1)
    subjects = ("Delivery is late", "Which size do I need?", "A bottle was broken")
    late, asked, broken = (
        actions.open_case(
            Opening(customer_id=customer_id, channel=channel, subject=subject, text=f"{subject} Please help.",
                    category=category, priority=priority),
            actor="seed", now=now - hours * hour,
        ).pk
        for subject, channel, category, priority, hours in zip(
            subjects, ("phone", "email", "store"), ("delivery", "advice", "product"), (1, 2, 2), (5, 30, 60),
            strict=True,
        )
    )  # fmt: skip
    actions.note(late, "The carrier looks for it.", actor="seed", now=now - 4 * hour)
    actions.answer(asked, "Take the larger one.", actor="seed", now=now - 28 * hour)
    actions.resolve(broken, "A new one is on its way.", actor="seed", now=now - 50 * hour)
    actions.rate(broken, 4, "Quick and friendly.", actor="seed", now=now - 20 * hour)
    pages = [
        {"customer_id": customer_id, "ts": now - 3 * hour + minutes * hour / 60, "event_id": f"seed-{minutes}",
         "name": name, "properties": json.dumps({"title": title, "path": "/"}), "source": "web"}
        for minutes, name, title in ((0, "Page Viewed", "Home"), (4, "Product Viewed", "Chablis"),
                                     (9, "Product Added", "Chablis"))
    ]  # fmt: skip
    record("events", pa.Table.from_pylist(pages))
    given = [
        {"customer_id": customer_id, "ts": now - 26 * hour, "answer_id": f"seed-{question}", "survey": "after-delivery",
         "question": question, "kind": kind, "value": value, "text": text, "channel": "email", "source": "seed"}
        for question, kind, value, text in (("Would you recommend us?", "nps", 9.0, "Always kind on the phone"),
                                            ("How easy was it?", "ces", 6.0, None))
    ]  # fmt: skip
    record("answers", pa.Table.from_pylist(given))
    return asked


if __name__ == "__main__":
    main()
