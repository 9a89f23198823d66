"""The pages of segments, as staff see them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from cordiale.accounts.models import Staff
from cordiale.home import Home
from cordiale.segments import actions
from cordiale.segments.models import Segment
from tests.segments.conftest import NOW


def signed_in(role: str, language: str = "en") -> Client:
    staff = Staff.objects.create(email=f"{role}@example.org", role=role, language=language, created_at=NOW)
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def marketer(snapshot: dict[str, int], fresh_home: Home) -> Any:
    (fresh_home.run / "demo.json").write_text(json.dumps({"ends_at": NOW.isoformat(), "data": {"en": "test"}}))
    actions.save_segment(
        "lyon", "city ilike 'lyon' and has_email", actor="test", now=NOW, title={"en": "People of Lyon"}
    )
    actions.save_segment("all-but", "not in_segment('lyon')", actor="test", now=NOW)
    actions.refresh(NOW)
    return signed_in("marketer")


def test_the_list_says_who_and_how_many(marketer: Client) -> None:
    page = marketer.get("/segments/").content.decode()
    assert "People of Lyon" in page
    assert "City looks like “lyon” AND an email address is known" in page
    assert "20.0" in page


def test_a_segments_page_shows_what_is_known_of_it(marketer: Client) -> None:
    page = marketer.get("/segments/lyon/").content.decode()
    for words in ("anna", "all-but", "city ilike &#x27;lyon&#x27;", "revision 1", "offers", "100"):
        assert words in page


def test_a_customer_is_tested_in_the_page(marketer: Client) -> None:
    page = marketer.get("/segments/lyon/?customer=bert").content.decode()
    assert "is not in" in page
    assert "Paris" in page
    assert "no customer has the reference" in marketer.get("/segments/lyon/?customer=nobody").content.decode()


def test_the_preview_counts_what_is_typed(marketer: Client) -> None:
    page = marketer.post("/segments/preview/", {"expression": "age > 30"}).content.decode()
    assert '<strong class="number">2</strong>' in page
    assert "of 5 customers" in page


def test_the_preview_marks_the_bad_place(marketer: Client) -> None:
    page = marketer.post("/segments/preview/", {"expression": "age > 30 and\n citi = '<b>'"}).content.decode()
    assert "Line 2, column 2" in page
    assert "<mark>citi</mark>" in page
    assert "did you mean &#x27;city&#x27;?" in page
    assert "<b>" not in page


def test_a_new_segment_is_saved_and_named_twice_is_not(marketer: Client) -> None:
    answer = marketer.post("/segments/new/", {"name": "old", "expression": "age > 60", "title_fr": "Aînés"})
    assert answer["Location"] == "/segments/old/"
    assert Segment.objects.get(name="old").title == {"fr": "Aînés"}
    again = marketer.post("/segments/new/", {"name": "old", "expression": "age > 70"})
    assert again.status_code == 422
    assert "age &gt; 70" in again.content.decode()


def test_a_refused_edit_keeps_the_text(marketer: Client) -> None:
    answer = marketer.post("/segments/lyon/save/", {"expression": "in_segment('all-but')", "revision": 1})
    assert answer.status_code == 422
    assert "lyon → all-but → lyon" in answer.content.decode()
    assert Segment.objects.get(name="lyon").revision == 1


def test_the_second_of_two_editors_sees_both_versions(marketer: Client) -> None:
    marketer.post("/segments/lyon/save/", {"expression": "city = 'Lyon'", "revision": 1})
    late = marketer.post("/segments/lyon/save/", {"expression": "city = 'Paris'", "revision": 1})
    assert late.status_code == 422
    page = late.content.decode()
    assert "city = &#x27;Lyon&#x27;" in page
    assert "city = &#x27;Paris&#x27;" in page
    assert Segment.objects.get(name="lyon").expression == "city = 'Lyon'"


def test_deleting_asks_for_the_name_and_refuses_what_is_used(marketer: Client) -> None:
    assert marketer.post("/segments/all-but/delete/", {"typed": "all"}).status_code == 422
    assert "all-but" in marketer.post("/segments/lyon/delete/", {"typed": "lyon"}).content.decode()
    assert marketer.post("/segments/all-but/delete/", {"typed": "all-but"}).status_code == 302
    assert list(Segment.objects.values_list("name", flat=True)) == ["lyon"]


def test_an_agent_may_not_see_segments(db: None) -> None:
    client = signed_in("agent")
    assert client.get("/segments/").status_code == 403
    assert client.post("/segments/preview/", {"expression": "true"}).status_code == 403


def test_the_pages_speak_french(marketer: Client) -> None:
    client = signed_in("analyst", "fr")
    page = client.get("/segments/lyon/").content.decode()
    assert "Ville : du modèle « lyon » ET une adresse email est connue" in page.replace("\u202f", " ").replace(
        "\xa0", " "
    )
    faulty = client.post("/segments/preview/", {"expression": "citi = 'x'"}).content.decode()
    assert "aucun champ ne s’appelle « citi »" in faulty.replace("\xa0", " ")


def test_a_segments_size_opens_the_list_of_its_members(marketer: Client) -> None:
    assert "/customers/?segment=lyon" in marketer.get("/segments/lyon/").content.decode()
    assert [one.reference for one in marketer.get("/customers/?segment=lyon").context["page"]] == ["anna"]
