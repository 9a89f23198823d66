"""Files of orders, events, consents and answers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cordiale.consent.models import Consent, ConsentProof
from cordiale.imports import actions
from cordiale.imports.models import Import
from cordiale.jobs import running
from cordiale.lake import open_lake
from tests.imports.conftest import NOW, PEOPLE, Give, refused

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = (
    "Client;Commande;Date;Article;Qté;Montant;Magasin\n"
    "u1;o1;16/11/2026 08:30;P1;2;12,50;Lyon\n"
    "u2;o2;15/11/2026;P2;1;3,00;Paris\n"
    "u1;o1;16/11/2026 08:30;P3;1;1 000,00;Lyon\n"
    "u9;o3;16/11/2026;P1;1;1,00;Lyon\n"
    "u2;o4;16/11/2026;P1;1;abc;Lyon\n"
    "u2;o4;16/11/2026;P2;1;1,00;Lyon\n"
)
EVENTS = "reference;event;date;properties.page\nu1;Visited;2026-11-15 10:00;home\nu1;Left;2026-11-15 10:05;\n"
EVENTS_MAPPING = {"columns": {"reference": "reference", "event": "name", "date": "at",
                              "properties.page": "properties.page"}}  # fmt: skip


@pytest.fixture
def base(give: Give) -> Give:
    give(PEOPLE)
    return give


def undo(imported: Import) -> dict[str, int]:
    running.run(actions.undo(imported, "test", NOW + timedelta(days=1)))
    imported.refresh_from_db()
    return dict(imported.report)


def rows(sql: str) -> list[dict[str, Any]]:
    return list(open_lake().query(sql).to_pylist())


def lines() -> list[tuple[Any, ...]]:
    sql = "select order_id, line_no, product_id, quantity, amount from order_lines order by order_id, line_no"
    found = rows(sql)
    return [tuple(row.values()) for row in found]


def test_orders_are_whole_wherever_their_lines_stand(base: Give) -> None:
    imported = base(ORDERS, "orders")
    assert lines() == [
        ("o1", 1, "P1", 2, Decimal("12.50")), ("o1", 2, "P3", 1, Decimal("1000.00")),
        ("o2", 1, "P2", 1, Decimal("3.00")),
    ]  # fmt: skip
    assert imported.counts == {"lines": 3, "new": 2, "refused": 3}
    assert "nobody has this reference" in refused(imported)
    assert "another line of this order is refused" in refused(imported)


def test_the_same_orders_again_change_nothing_and_others_are_replaced_whole(base: Give) -> None:
    base(ORDERS, "orders")
    before = lines()
    assert base(ORDERS, "orders").counts["same"] == 2
    assert lines() == before
    changed = base("Client;Commande;Date;Article;Montant\nu1;o1;16/11/2026;P7;5,00\n", "orders")
    assert changed.counts == {"lines": 1, "changed": 1}
    assert lines()[0] == ("o1", 1, "P7", 1, Decimal("5.00"))
    undo(changed)
    assert lines() == before


def test_undoing_orders_leaves_none(base: Give) -> None:
    assert undo(base(ORDERS, "orders"))["lines_removed"] == 3
    assert lines() == []


def test_events_come_once_with_their_properties(base: Give) -> None:
    imported = base(EVENTS, "events", mapping=EVENTS_MAPPING)
    assert imported.counts == {"new": 2}
    assert base(EVENTS, "events", mapping=EVENTS_MAPPING).counts == {"same": 2}
    found = rows("select name, properties from events order by ts")
    assert found == [{"name": "Visited", "properties": '{"page": "home"}'}, {"name": "Left", "properties": "{}"}]
    assert undo(imported) == {"events_removed": 2}
    assert rows("select name from events") == []


def test_answers_keep_to_their_scale(base: Give) -> None:
    content = (
        "email;enquete;question;type;note;date\n"
        "anais@example.org;2026;recommend;nps;9;2026-11-01\n"
        "bob@example.org;2026;recommend;nps;11;2026-11-01\n"
        "bob@example.org;2026;recommend;stars;4;2026-11-01\n"
    )
    columns = ("email", "survey", "question", "kind", "value", "at")
    names = content.splitlines()[0].split(";")
    imported = base(content, "answers", mapping={"columns": dict(zip(names, columns, strict=True))})
    assert imported.counts == {"new": 1, "refused": 2}
    assert rows("select kind, value from answers") == [{"kind": "nps", "value": 9.0}]


def test_consents_come_with_their_date_and_never_twice(base: Give) -> None:
    content = (
        "email;finalité;canal;consentement;date\nanais@example.org;offers;email;oui;2026-01-05\n"
        "bob@example.org;offers;email;non;2026-02-05\nbob@example.org;offers;fax;oui;2026-02-05\n"
    )
    imported = base(content, "consents")
    assert imported.counts == {"new": 2, "refused": 1}
    assert dict(Consent.objects.values_list("customer__reference", "state")) == {"u1": "granted", "u2": "withdrawn"}
    assert base(content, "consents").counts == {"same": 2, "refused": 1}
    assert ConsentProof.objects.count() == 2
    assert undo(imported) == {"consents_withdrawn": 1}
    assert set(Consent.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_a_grant_from_a_file_never_overrides_a_withdrawal(base: Give) -> None:
    base("email;finalité;canal;consentement;date\nbob@example.org;offers;email;non;2026-02-05\n", "consents")
    base("email;finalité;canal;consentement;date\nbob@example.org;offers;email;oui;2026-03-05\n", "consents")
    assert Consent.objects.get(customer__reference="u2").state == "withdrawn"
