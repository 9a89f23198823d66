"""Deciding about a pair, taking it back, and what that leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from cordiale.accounts.models import AuditEntry, Staff
from cordiale.customers import holdings
from cordiale.customers.models import Customer
from cordiale.duplicates import finding, merging, parts, queries
from cordiale.duplicates.models import Compared, State, Suggestion
from cordiale.errors import NotFound, Refused
from cordiale.identity import actions as identity
from tests.duplicates.conftest import CAMILLE, Look, Make

pytestmark = pytest.mark.django_db


def _client(role: str, now: datetime) -> Client:
    client = Client()
    client.force_login(Staff.objects.create(email="s@example.org", name="S", role=role, language="en", created_at=now))
    return client


def test_who_is_known_longer_stays_then_who_is_known_better(make: Make, now: datetime) -> None:
    late, early = make(), make(created_at=now - timedelta(days=9), phone="")
    bare = make(created_at=early.created_at, phone="", email="")
    assert merging.survivor_of(late, early) == early
    assert merging.survivor_of(bare, early) == early
    assert merging.survivor_of(early, bare) == early


def test_merging_hides_one_and_taking_it_back_keeps_them_apart(pair: Suggestion, now: datetime) -> None:
    merging.merge_pair(pair.pk, actor="ana", now=now)
    assert Customer.objects.count() == 1
    assert queries.open_count() == 0
    assert AuditEntry.objects.filter(noun="duplicate", verb="merge").exists()
    merging.take_back(pair.pk, actor="ana", now=now)
    assert Customer.objects.count() == 2
    assert Customer.objects.get(pk=pair.second_id).last_name == "Delaunay-Roy"
    finding.find(now, full=True)
    assert Suggestion.objects.get().state == State.REFUSED


def test_a_merge_undone_elsewhere_is_not_suggested_the_next_night(make: Make, look: Look, now: datetime) -> None:
    one, other = make(), make(birth_on=None)
    identity.merge(one.pk, other.pk, actor="cli", reason="", now=now)
    assert look() == set()
    identity.unmerge(other.pk, actor="cli", now=now)
    assert look() == set()
    assert Suggestion.objects.get().weight is not None


def test_who_was_told_apart_stays_apart_from_the_survivor(make: Make, look: Look, now: datetime) -> None:
    one, other, third = make(), make(email=""), make(phone="")
    look()
    apart = Suggestion.objects.get(first=one, second=other)
    merging.refuse(apart.pk, actor="cli", now=now)
    identity.merge(third.pk, other.pk, actor="cli", reason="", now=now)
    assert look() == set()


def test_what_came_while_somebody_was_hidden_is_compared_when_he_is_back(make: Make, look: Look, now: datetime) -> None:
    one = make(first_name="Ondine", last_name="Kervella", birth_on=None, email="", phone="")
    other = make()
    look()
    identity.merge(one.pk, other.pk, actor="cli", reason="", now=now)
    look()
    twin = make()
    look()
    identity.unmerge(other.pk, actor="cli", now=now)
    assert (other.pk, twin.pk) in look()


def test_a_decision_is_made_once(pair: Suggestion, now: datetime) -> None:
    merging.refuse(pair.pk, actor="ana", now=now)
    for decide in (merging.refuse, merging.merge_pair):
        with pytest.raises(Refused, match="reload the list"):
            decide(pair.pk, actor="bob", now=now)
    with pytest.raises(NotFound, match="no longer suggested"):
        merging.refuse(pair.pk + 1, actor="bob", now=now)


def test_a_suggestion_holds_no_value_and_is_erased_with_the_person(pair: Suggestion, now: datetime) -> None:
    holding = next(one for one in holdings.registered() if one.name == "duplicates")
    told = str(holding.export([pair.first_id]))
    stored = str(Suggestion.objects.values()[0])
    values = [str(value) for value in CAMILLE.values()]
    assert not any(value in told + stored for value in values)
    assert "'last_name': 'close'" in told
    assert holding.erase([pair.first_id], now) == 2
    assert holding.export([pair.first_id]) is None
    assert not Suggestion.objects.exists()
    assert not Compared.objects.filter(pk=pair.first_id).exists()


def test_the_page_shows_both_sides_and_what_differs(pair: Suggestion, now: datetime) -> None:
    page = _client("marketer", now).get("/duplicates/").content.decode()
    for text in ("Camille Delaunay-Rey", "Camille Delaunay-Roy", "same birth date",
                 "last names differ by a letter or so", "&gt; 99.9%", "Same person",
                 "Different people", "made-up base"):  # fmt: skip
        assert text in page
    assert f"/duplicates/{pair.pk}/merge/" in page


def test_same_person_merges_and_offers_to_undo(pair: Suggestion, now: datetime) -> None:
    client = _client("marketer", now)
    page = client.post(f"/duplicates/{pair.pk}/merge/", follow=True).content.decode()
    assert "are one customer now" in page
    assert f"/duplicates/{pair.pk}/take-back/" in page
    client.post(f"/duplicates/{pair.pk}/take-back/")
    assert Customer.objects.count() == 2


def test_a_filter_narrows_the_list(pair: Suggestion, now: datetime) -> None:
    client = _client("marketer", now)
    assert "Delaunay-Roy" in client.get("/duplicates/?shared=email").content.decode()
    assert "No pair has this in common" in client.get("/duplicates/?shared=phone").content.decode()
    assert client.get("/duplicates/?shared=';--&state=x&page=z&done=9x").status_code == 200


def test_an_analyst_sees_but_does_not_merge(pair: Suggestion, now: datetime) -> None:
    client = _client("analyst", now)
    assert "Same person" not in client.get("/duplicates/").content.decode()
    assert client.post(f"/duplicates/{pair.pk}/merge/").status_code == 403
    assert Client().get("/duplicates/").status_code == 302


def test_an_empty_page_has_one_action_that_starts_the_search(make: Make, fresh_home: object, now: datetime) -> None:
    from cordiale.jobs import running

    client = _client("marketer", now)
    make()
    make(birth_on=None)
    assert "Nobody has looked" in client.get("/duplicates/").content.decode()
    for _ in range(2):
        assert client.post("/duplicates/find/").status_code == 302
    assert running.run_pending() == 1
    assert queries.open_count() == 1


def test_the_search_is_daily_work() -> None:
    from cordiale.jobs import daily, kinds

    assert "duplicates" in [one.name for one in daily.registered()]
    assert kinds.get_kind(parts.KIND).run is parts.run
