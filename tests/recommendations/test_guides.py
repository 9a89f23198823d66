"""Guided choice: the public page without JavaScript, the JSON for other sites, the API, and what is kept of answers."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from cordiale.accounts import keys
from cordiale.consent import links as consent_links
from cordiale.customers.models import Customer
from cordiale.errors import Refused
from cordiale.home import Home
from cordiale.lake import open_lake
from cordiale.recommendations import catalogue, facts, guidance, links, queries, rulebooks
from tests.recommendations.conftest import write_guides


@pytest.fixture
def teas(fitted: list[Customer], fresh_home: Home, now: datetime) -> list[Customer]:
    """Five strong teas and five mild ones, of which two cost less than 5."""
    write_guides(fresh_home.company)
    tastes = [("strong" if number < 5 else "mild") for number in range(10)]
    rows: list[dict[str, Any]] = [
        {"id": f"p{number:02}", "attributes": {"taste": taste}, "price": 3.0 + number % 5,
         "titles": {"en": f"Tea {number}", "fr": f"Thé {number}"}}
        for number, taste in enumerate(tastes)
    ]  # fmt: skip
    catalogue.tell(rows, source="shop", actor="t", now=now)
    return fitted


def kept(customer: Customer) -> list[dict[str, Any]]:
    rows = open_lake().query(
        "SELECT properties FROM events WHERE name = ?", only_customers=[customer.pk], bind=[facts.GUIDE_ANSWERED]
    )
    return [json.loads(text) for text in rows["properties"].to_pylist()]


def test_answers_lead_to_products_with_the_reason_in_words(teas: list[Customer], client: Client) -> None:
    answer = client.post("/g/tea/?language=en", {"taste": "strong", "budget": "small"})
    page = answer.content.decode()
    assert answer.status_code == 200
    for text in ("Tea 0", "Tea 1", "Tea 2", "Fits what you told us: Strong, Under €5.", "Your answers are not kept."):
        assert text in page, text
    for text in ("Tea 3", "Tea 5", "p30"):
        assert text not in page, text


def test_the_page_works_without_javascript_token_or_sign_in(teas: list[Customer]) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get("/g/tea/", headers={"Accept-Language": "fr"})
    text = page.content.decode()
    for words in ("Quel thé pour vous", 'type="radio" name="taste" value="strong"', "Montrez-moi des produits"):
        assert words in text, words
    assert client.post("/g/tea/", {"taste": "mild"}).status_code == 200
    assert client.get("/g/none/").status_code == 404


def test_opening_or_answering_anonymously_keeps_nothing(teas: list[Customer], client: Client) -> None:
    client.get("/g/tea/?taste=strong")
    client.post("/g/tea/", {"taste": "strong", "remember": "yes"})
    client.get("/g/tea.json?taste=strong")
    rows = open_lake().query("SELECT count(*) AS many FROM events").to_pylist()
    assert rows == [{"many": 0}]


def test_a_known_customer_is_kept_only_with_the_box_ticked_and_once(teas: list[Customer], client: Client) -> None:
    anne = teas[0]
    address = f"/g/tea/?c={links.token(anne.pk)}"
    assert "Remember my answers" in client.get(address).content.decode()
    client.post(address, {"taste": "strong"})
    assert kept(anne) == []
    for _ in range(2):
        page = client.post(address, {"taste": "strong", "remember": "yes"}).content.decode()
        assert "Your answers are kept." in page
    (one,) = kept(anne)
    assert (one["guide"], one["answers"], one["categories"]) == ("tea", {"taste": ["strong"]}, ["TEA"])
    assert one["agreed_to"].startswith("Remember my answers")


def test_what_a_prospect_told_counts_in_what_he_is_recommended(teas: list[Customer], now: datetime) -> None:
    paul = teas[-1]
    guide = rulebooks.get_guide("tea")
    guidance.remember(guide, {"taste": ["strong"]}, paul.pk, now, wording="yes")
    later = now.replace(minute=1)
    cared = queries.affinities([paul.pk], later)[0]
    assert [one.name for one in cared.categories] == ["TEA"]
    assert {one.reason.kind for one in queries.recommend([paul.pk], 3, later)[0]} == {"interest"}


def test_a_link_of_another_kind_or_of_somebody_restricted_knows_nobody(teas: list[Customer], client: Client) -> None:
    anne, bob = teas[0], teas[1]
    other = consent_links.sign(consent_links.Reference(anne.pk, "offers", "email"))
    for token in (other, links.token(bob.pk), "forged", ""):
        page = client.post(f"/g/tea/?c={token}", {"taste": "strong", "remember": "yes"}).content.decode()
        assert "Remember my answers" not in page
    assert kept(anne) == kept(bob) == []
    assert client.get(f"/c/{links.token(anne.pk)}/").status_code == 404  # nor does it open the page of consents


def test_too_many_answers_are_not_kept(teas: list[Customer], now: datetime) -> None:
    anne, guide = teas[0], rulebooks.get_guide("tea")
    for number in range(20):
        answers = {"taste": [("strong", "mild")[number % 2]]} | ({"budget": ["small"]} if number % 4 > 1 else {})
        guidance.remember(guide, answers, anne.pk, now, wording=str(number))
    assert len(kept(anne)) == 4  # each different answer once
    many = [{"guide": "x", "answers": {"n": [str(number)]}} for number in range(20)]
    import pyarrow as pa

    from cordiale.facts.actions import record

    rows = [
        {"customer_id": anne.pk, "ts": now, "event_id": f"g{number}", "name": facts.GUIDE_ANSWERED,
         "properties": json.dumps(one), "source": guidance.SOURCE}
        for number, one in enumerate(many)
    ]  # fmt: skip
    record("events", pa.Table.from_pylist(rows))
    with pytest.raises(Refused):
        guidance.remember(guide, {"budget": ["small"]}, anne.pk, now, wording="yes")


def test_the_own_behaviour_of_a_known_customer_changes_the_order(teas: list[Customer], now: datetime) -> None:
    guide = rulebooks.get_guide("tea")
    anne = teas[0]
    bought = {
        row["product_id"]
        for row in open_lake()
        .query("SELECT DISTINCT product_id FROM order_lines", only_customers=[anne.pk])
        .to_pylist()
    }
    known = guidance.answer(guide, {"taste": ["strong"]}, now, customer_id=anne.pk)
    assert known[0].product.pk in bought
    assert {one.product.pk for one in known} == {
        one.product.pk for one in guidance.answer(guide, {"taste": ["strong"]}, now)
    }


def test_each_of_several_wishes_is_met(teas: list[Customer], fresh_home: Home, now: datetime) -> None:
    file = fresh_home.company / "guides.yaml"
    text = file.read_text().replace("Which taste?}\n", "Which taste?}\n        several: true\n")
    file.write_text(text.replace('{"taste: mild": 2}', '{"taste: mild": 1.5}'))
    shown = guidance.answer(rulebooks.get_guide("tea"), {"taste": ["strong", "mild"]}, now, n=4)
    assert {one.product.attributes["taste"] for one in shown} == {"strong", "mild"}
    assert shown[0].product.attributes["taste"] == "strong"


def test_another_site_reads_the_guide_and_its_products(teas: list[Customer], client: Client) -> None:
    empty = client.get("/g/tea.json")
    assert empty["Access-Control-Allow-Origin"] == "*"
    assert "products" not in empty.json()
    assert empty.json()["guide"]["questions"][0]["choices"][0] == {
        "name": "strong",
        "title": {"fr": "Corsé", "en": "Strong"},
    }
    found = client.get("/g/tea.json?taste=mild&budget=small").json()["products"]
    assert {one["id"] for one in found} == {"p05", "p06", "p07"}
    assert found[0]["reason"]["fr"].startswith("Répond à ce que vous nous avez dit")
    assert client.get("/g/tea.json?taste=sour").status_code == 422


def test_an_answer_that_is_none_is_told_and_a_huge_form_refused(teas: list[Customer], client: Client) -> None:
    answer = client.post("/g/tea/", {"taste": "sour"})
    assert (answer.status_code, "sour" in answer.content.decode()) == (422, True)
    assert client.post("/g/tea/", {"taste": "x" * 20_000}).status_code == 413


def test_the_api_answers_and_keeps_only_what_was_agreed_to(teas: list[Customer], client: Client, now: datetime) -> None:
    key = keys.add_key("tests", "administrator", actor="tests", now=now)
    headers = {"Authorization": f"Bearer {key}"}

    def ask(**body: Any) -> Any:
        return client.post("/api/v1/guides/tea/answers", json.dumps({"answers": {"taste": ["mild"]}, **body}),
                           content_type="application/json", headers=headers)  # fmt: skip

    found = ask(n=2).json()
    assert (len(found["recommendations"]), found["remembered"], found["token"]) == (2, False, "")
    assert ask(customer="anne", remember=True).status_code == 422
    told = ask(customer="anne", remember=True, agreed_to="Keep my answers").json()
    assert told["remembered"]
    assert links.find_customer(told["token"]) == teas[0]
    assert kept(teas[0])[0]["agreed_to"] == "Keep my answers"
    listed = client.get("/api/v1/guides", headers=headers).json()
    assert [one["name"] for one in listed] == ["tea"]
    assert client.get("/api/v1/guides/none", headers=headers).status_code == 404


def test_erasure_takes_the_answers_and_the_link(teas: list[Customer], client: Client, now: datetime) -> None:
    anne = teas[0]
    guidance.remember(rulebooks.get_guide("tea"), {"taste": ["strong"]}, anne.pk, now, wording="yes")
    token = links.token(anne.pk)
    open_lake().erase([anne.pk])
    Customer.everyone.filter(pk=anne.pk).update(erased_at=now, merged_into=anne.pk)
    assert kept(anne) == []
    assert links.find_customer(token) is None
    assert queries.recommend([anne.pk], 3, now) == [[]]
