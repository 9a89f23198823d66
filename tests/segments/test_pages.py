"""The pages of segments, as staff see them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
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
    for words in ("anna", "all-but", "city ilike &#x27;lyon&#x27;", "revision 1", "Offers", "100"):
        assert words in page


def test_a_customer_is_tested_in_the_page(marketer: Client) -> None:
    page = marketer.get("/segments/lyon/?customer=bert").content.decode()
    assert "is not in" in page
    assert "Paris" in page
    assert "No customer has this reference" in marketer.get("/segments/lyon/?customer=nobody").content.decode()


def test_what_is_typed_is_counted_with_reach_and_samples(marketer: Client) -> None:
    found = marketer.post("/segments/build/count/", {"expression": "age > 30"}).json()
    assert '<strong class="number">2</strong>' in found["panel"]
    for words in ("of 5 customers", "who may be contacted", "Customers by rule", "anna"):
        assert words in found["panel"]


def test_a_bad_place_is_marked_with_the_nearest_name(marketer: Client) -> None:
    found = marketer.post("/segments/build/", {"expression": "age > 30 and\n citi = '<b>'"}).json()
    assert "Line 2, column 2" in found["fault_html"]
    assert "<mark>citi</mark>" in found["fault_html"]
    assert "did you mean &#x27;city&#x27;?" in found["fault_html"]
    assert "<b>" not in found["html"]


def test_a_new_segment_is_saved_and_named_twice_is_not(marketer: Client) -> None:
    answer = marketer.post("/segments/new/", {"name": "old", "expression": "age > 60", "title_fr": "Aînés"})
    assert answer["Location"] == "/segments/old/"
    assert Segment.objects.get(name="old").title == {"fr": "Aînés"}
    again = marketer.post("/segments/new/", {"name": "old", "expression": "age > 70"})
    assert again.status_code == 422
    assert "age &gt; 70" in again.content.decode()


def test_a_name_is_made_of_the_title(marketer: Client) -> None:
    answer = marketer.post("/segments/new/", {"expression": "age > 60", "title_en": "Old & faithful"})
    assert answer["Location"] == "/segments/old-faithful/"
    assert marketer.post("/segments/new/", {"expression": "age > 60"}).status_code == 422


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
    for path in ("build/", "build/count/", "build/test/", "new/", "new/list/"):
        assert client.post(f"/segments/{path}", {"expression": "true"}).status_code == 403
    for path in ("overlap/", "build/values/?name=city", "lyon/edit/"):
        assert client.get(f"/segments/{path}").status_code == 403


def test_the_pages_speak_french(marketer: Client) -> None:
    client = signed_in("analyst", "fr")
    page = client.get("/segments/lyon/").content.decode()
    assert "Ville : du modèle « lyon » ET une adresse email est connue" in page.replace("\u202f", " ").replace(
        "\xa0", " "
    )
    faulty = client.post("/segments/build/", {"expression": "citi = 'x'"}).json()["fault_html"]
    assert "aucun champ ne s’appelle « citi »" in faulty.replace("\xa0", " ")


def test_a_sentence_calls_codes_by_their_names(marketer: Client) -> None:
    actions.save_segment(
        "asleep", "lifecycle_stage in ('dormant', 'lost') and consent('offers', 'email') and in_segment('lyon')",
        actor="test", now=NOW,
    )  # fmt: skip
    page = signed_in("analyst", "fr").get("/segments/asleep/").content.decode().replace("\u202f", " ")
    assert (
        "Étape du cycle de vie : « Dormant » ou « Perdu » ET a consenti à « Offres et promotions » par e-mail" in page
    )
    assert "est dans le segment « People of Lyon »" in page, "a name in another language beats a code"
    assert "is in the segment “People of Lyon”" in marketer.get("/segments/asleep/").content.decode()


def test_the_builder_offers_stages_by_their_names(marketer: Client) -> None:
    page = signed_in("analyst", "fr").get("/segments/new/?expression=lifecycle_stage+%3D+%27lost%27").content.decode()
    assert '<option value="lost" selected>Perdu</option>' in page


def test_a_segments_size_opens_the_list_of_its_members(marketer: Client) -> None:
    assert "/customers/?segment=lyon" in marketer.get("/segments/lyon/").content.decode()
    assert [one.reference for one in marketer.get("/customers/?segment=lyon").context["page"]] == ["anna"]


def test_every_change_asks_for_the_token(marketer: Client) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(Staff.objects.get(role="marketer"))
    for path in ("new/", "new/list/", "build/", "build/count/", "build/test/", "lyon/save/", "lyon/delete/"):
        assert client.post(f"/segments/{path}", {"expression": "true"}).status_code == 403


def test_members_and_sizes_are_on_the_page_and_the_file_is_for_who_may_export(marketer: Client) -> None:
    page = marketer.get("/segments/lyon/").content.decode()
    for words in ("Size by day", "Members", "/segments/lyon/members.csv", "made by test"):
        assert words in page
    assert "anna" in "".join(
        part.decode()
        for part in marketer.get("/segments/lyon/members.csv").streaming_content  # type: ignore[attr-defined]
    )


def test_overlaps_are_shown_as_combinations_and_pairs(marketer: Client) -> None:
    actions.save_segment("mailed", "has_email", actor="test", now=NOW)
    page = marketer.get("/segments/overlap/?s=lyon&s=all-but&s=mailed").content.decode()
    assert "Every combination anybody is in" in page
    assert "most often in all-but and mailed (2)" in page
    assert "Choose 2 to 6 segments" in marketer.get("/segments/overlap/?s=lyon").content.decode()
    assert "there is no segment" in marketer.get("/segments/overlap/?s=lyon&s=gone").content.decode()


def test_a_list_is_loaded_and_says_who_was_not_found(marketer: Client) -> None:
    file = SimpleUploadedFile("vip.csv", b"reference,email\nanna,\nzoe,\n,b@example.org\n")
    page = marketer.post("/segments/new/list/", {"name": "vip", "file": file}).content.decode()
    assert "<dd>2</dd>" in page
    assert "zoe" in page
    assert Segment.objects.get(name="vip").is_static
    other = SimpleUploadedFile("vip.exe", b"x")
    refused = marketer.post("/segments/vip/list/", {"how": "add", "file": other})
    assert refused.status_code == 422
    assert "A CSV or Excel file is wanted" in refused.content.decode()
