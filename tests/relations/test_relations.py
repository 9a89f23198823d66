"""How customers belong together."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.test import Client

from cordiale.accounts.keys import add_key
from cordiale.accounts.models import Staff
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.home import Home
from cordiale.identity.actions import Told, merge, tell, unmerge
from cordiale.relations import keeping, queries
from cordiale.relations.actions import end, relate
from cordiale.relations.models import Relation

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(now: datetime, fresh_home: Home) -> list[int]:
    home = {"last_name": "Roy", "street": "3 rue des Lilas", "postcode": "75011", "city": "Paris"}
    rows = [
        Told(identifiers={"reference": name}, values={"first_name": name, **home}, source="shop", at=now)
        for name in ("Ana", "Luc", "Eve")
    ]
    return tell(rows, now)


def say(kind: str, one: int, other: int, now: datetime) -> Relation:
    return relate(kind, one, other, source="staff", actor="test", now=now)


def read(customer: int) -> list[tuple[str, int, bool]]:
    return [(str(one.label), one.customer.pk, one.until is None) for one in queries.relations(customer)]


def test_a_relation_reads_from_both_sides(three: list[int], now: datetime) -> None:
    ana, luc, _ = three
    say("gave_to", ana, luc, now)
    say("gave_to", ana, luc, now)
    assert Relation.objects.count() == 1
    assert [(one.kind, one.is_forward) for one in queries.relations(luc)] == [("gave_to", False)]
    assert [one.customer.pk for one in queries.relations(ana)] == [luc]


def test_a_relation_that_ended_stays_in_the_history_and_can_begin_again(three: list[int], now: datetime) -> None:
    ana, luc, _ = three
    later = now + timedelta(days=1)
    end(say("works_for", ana, luc, now).pk, actor="test", now=later)
    say("works_for", ana, luc, later)
    assert [one.until for one in queries.relations(ana)] == [None, later]


def test_a_household_is_everybody_who_lives_with_somebody_of_it(three: list[int], now: datetime) -> None:
    ana, luc, eve = three
    assert [one.pk for one in queries.suggested(queries.Customer.objects.get(id=ana))] == [luc, eve]
    say("household", luc, ana, now)
    say("household", eve, luc, now)
    say("household", luc, eve, now)
    assert queries.household(eve) == [eve, *sorted({ana, luc})]
    assert queries.suggested(queries.Customer.objects.get(id=ana)) == []


def test_what_cannot_be_is_refused(three: list[int], now: datetime) -> None:
    with pytest.raises(CordialeError, match="'friend' is no kind"):
        say("friend", three[0], three[1], now)
    with pytest.raises(Refused, match="themselves"):
        say("referred", three[0], three[0], now)
    with pytest.raises(NotFound):
        say("referred", three[0], 10**9, now)
    with pytest.raises(NotFound):
        end(10**9, actor="test", now=now)


def test_a_merge_takes_relations_over_and_gives_them_back(three: list[int], now: datetime) -> None:
    ana, luc, eve = three
    say("referred", luc, eve, now)
    say("referred", ana, eve, now)
    say("household", ana, luc, now)
    say("gave_to", eve, luc, now)
    before = list(Relation.objects.order_by("id").values())
    merge(ana, luc, actor="test", reason="", now=now)
    standing = [(one.kind, one.customer.pk) for one in queries.relations(ana) if one.until is None]
    assert sorted(standing) == [("gave_to", eve), ("referred", eve)]
    unmerge(luc, actor="test", now=now)
    assert list(Relation.objects.order_by("id").values()) == before


def test_relations_are_given_out_and_erased(three: list[int], now: datetime) -> None:
    ana, luc, _ = three
    say("referred", ana, luc, now)
    assert keeping.export([luc]) == [
        {"kind": "referred", "from": ana, "to": luc, "since": now.isoformat(), "until": None, "source": "staff"}
    ]
    assert (keeping.erase([luc], now), keeping.erase([luc], now), keeping.export([ana])) == (1, 0, None)


def test_staff_add_and_end_a_relation_on_the_page(client: Client, three: list[int], now: datetime) -> None:
    ana, luc, _ = three
    client.force_login(Staff.objects.create(email="m@b.fr", name="M", role="agent", language="en", created_at=now))
    assert "Lives here too" in client.get(f"/customers/{ana}/").content.decode()
    assert "Luc Roy" in client.get(f"/relations/of/{ana}/add/?q=Luc").content.decode()
    client.post(f"/relations/of/{ana}/relate/", {"kind": "-referred", "other": str(luc)})
    relation = Relation.objects.get()
    assert (relation.one_id, relation.other_id) == (luc, ana)
    assert "Was referred by" in client.get(f"/customers/{ana}/").content.decode()
    client.post(f"/relations/of/{ana}/{relation.pk}/end/")
    assert queries.relations(ana)[0].until is not None
    assert client.post(f"/relations/of/{ana}/relate/", {"kind": "friend"}).status_code == 422


def test_the_api_says_reads_and_ends(client: Client, three: list[int], now: datetime) -> None:
    headers = {"Authorization": f"Bearer {add_key('shop', 'marketer', actor='test', now=now)}"}
    body = json.dumps({"kind": "household", "one": "Luc", "other": "Ana"})
    made = client.post("/api/v1/relations", body, "application/json", headers=headers).json()
    listed = client.get("/api/v1/relations?customer=Luc", headers=headers).json()
    assert listed["household"] == [three[1], three[0]]
    assert listed["relations"] == [made]
    assert client.post(f"/api/v1/relations/{made['id']}/end", headers=headers).json()["until"]
    bad = json.dumps({"kind": "household", "one": "Luc", "other": "nobody"})
    assert client.post("/api/v1/relations", bad, "application/json", headers=headers).status_code == 404
