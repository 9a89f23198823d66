"""Pages, the customer's panel, the API and the command line, in both languages."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from typer.testing import CliRunner

from cordiale.accounts import keys
from cordiale.accounts.models import AuditEntry, Staff
from cordiale.customers.models import Customer
from cordiale.home import Home
from cordiale.jobs.models import Job
from cordiale.recommendations import catalogue, commands, rulebooks
from cordiale.recommendations.models import Product


def call(client: Client, method: str, path: str, key: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    send = getattr(client, method)
    if body is None:
        return send(f"/api/v1{path}", headers=headers)
    return send(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def key(db: None, now: datetime) -> str:
    return keys.add_key("tests", "administrator", actor="tests", now=now)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("The model in force", "own frequency", "Never bought before", "Only products in stock")),
     ("fr", ("Le modèle en vigueur", "fréquence propre", "Jamais achetés auparavant", "Seulement les produits")),
    ],
)  # fmt: skip
def test_the_page_shows_the_models_card_rules_and_products(
    anne: Customer, pages: Client, staff: Staff, language: str, words: tuple[str, ...]
) -> None:
    Staff.objects.filter(pk=staff.pk).update(language=language)
    page = pages.get("/recommendations/").content.decode()
    for text in (*words, "p00", "519"):
        assert text in page, text
    assert "p59" not in page  # 50 a page
    assert "p59" in pages.get("/recommendations/?page=2").content.decode()
    assert "p59" in pages.get("/recommendations/?q=p59").content.decode()


def test_before_the_first_fit_the_page_says_so_and_fits_on_demand(shop: list[Customer], pages: Client) -> None:
    assert "No model was fitted yet" in pages.get("/recommendations/").content.decode()
    pages.post("/recommendations/fit/")
    assert Job.objects.filter(kind="recommendations", state="waiting").count() == 1
    assert "The model is being fitted" in pages.get("/recommendations/").content.decode()
    customer = pages.get(f"/customers/{shop[0].pk}/").content.decode()
    assert "Nothing is recommended before the first model is fitted" in customer


def test_a_product_is_edited_with_its_margin_in_percent(anne: Customer, pages: Client) -> None:
    form = {
        "title_fr": "Thé noir",
        "title_en": "Black tea",
        "price": "4.50",
        "margin": "35",
        "url": "",
        "is_in_stock": "on",
    }
    assert pages.post("/recommendations/products/p01/", form).status_code == 302
    one = Product.objects.get(pk="p01")
    assert (one.titles, one.margin, one.is_in_stock, one.is_excluded) == (
        {"fr": "Thé noir", "en": "Black tea"}, 0.35, True, False,
    )  # fmt: skip
    assert AuditEntry.objects.filter(noun="product", name="p01", verb="edit").count() == 1
    answer = pages.post("/recommendations/products/p01/", form | {"url": "javascript:alert(1)"})
    assert answer.status_code == 422
    assert "https://" in answer.content.decode()
    assert pages.get("/recommendations/products/none/").status_code == 404


def test_what_shops_call_products_is_escaped(anne: Customer, pages: Client, now: datetime) -> None:
    rows = [{"id": f"p{n:02}", "titles": {"en": "<script>alert(1)</script>"}} for n in range(60)]
    catalogue.tell(rows, source="shop", actor="t", now=now)
    for path in ("/recommendations/", f"/customers/{anne.pk}/", "/recommendations/products/p01/"):
        page = pages.get(path).content.decode()
        assert "<script>alert(1)" not in page, path
        assert "&lt;script&gt;alert(1)" in page, path


def test_rules_are_edited_on_the_page_and_mistakes_keep_the_text(anne: Customer, pages: Client) -> None:
    answer = pages.post("/recommendations/rules/", {"text": "diversity: {per_category: 0}"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 1, column 13:" in page
    assert "diversity: {per_category: 0}" in page
    assert pages.post("/recommendations/rules/", {"text": "diversity: {per_category: 1}"}).status_code == 302
    assert rulebooks.rules().per_category == 1
    assert "At most 1 product of one category" in pages.get("/recommendations/").content.decode()


def test_an_agent_sees_what_to_propose_and_may_not_see_the_model(anne: Customer, client: Client, now: datetime) -> None:
    agent = Staff.objects.create(email="p@example.org", name="Paul", role="agent", language="en", created_at=now)
    client.force_login(agent)
    page = client.get(f"/customers/{anne.pk}/").content.decode()
    for text in ("Next best products", "To buy again", "New to the customer", "You buy it every"):
        assert text in page, text
    assert client.get("/recommendations/").status_code == 403
    assert client.post("/recommendations/rules/", {"text": ""}).status_code == 403


def test_the_panel_says_why_a_restricted_customer_is_told_nothing(fitted: list[Customer], pages: Client) -> None:
    page = pages.get(f"/customers/{fitted[1].pk}/").content.decode()
    assert "while the processing of this customer’s data is restricted" in page
    assert "You buy it every" not in page


def test_the_api_recommends_with_reasons_in_both_languages(anne: Customer, client: Client, key: str) -> None:
    found = call(client, "get", "/recommendations/customers/anne?n=3", key).json()
    assert (found["customer"], len(found["recommendations"])) == ("anne", 3)
    first = found["recommendations"][0]
    assert first["reason"]["en"].startswith("You buy it every")
    assert first["reason"]["fr"].startswith("Vous l’achetez tous les")
    assert found["categories"][0]["name"] == "TEA"
    new = call(client, "get", f"/recommendations/customers/{anne.pk}?wanted=new", key).json()
    assert all(one["kind"] != "again" for one in new["recommendations"])
    assert call(client, "get", "/recommendations/customers/nobody", key).status_code == 404
    assert call(client, "get", "/recommendations/customers/anne?n=0", key).status_code == 422
    assert client.get("/api/v1/recommendations/customers/anne").status_code == 401


def test_the_api_takes_products_each_on_its_own(anne: Customer, client: Client, key: str) -> None:
    body = {"products": [{"id": "new/1", "price": 3.5, "titles": {"fr": "Neuf"}}, {"id": "p01", "margin": 2}]}
    first = call(client, "put", "/recommendations/products", key, body).json()
    assert (first["new"], first["changed"], first["problems"][0]["row"], first["problems"][0]["id"]) == (1, 0, 1, "p01")
    assert call(client, "put", "/recommendations/products", key, body).json()["unchanged"] == 1
    found = call(client, "get", "/recommendations/products?text=new", key).json()
    assert (found["total"], found["products"][0]["price"]) == (1, 3.5)
    too_many = {"products": [{"id": str(n)} for n in range(1_001)]}
    assert call(client, "put", "/recommendations/products", key, too_many).status_code == 422


def test_a_key_that_only_reads_tells_nothing(anne: Customer, client: Client, now: datetime) -> None:
    reader = keys.add_key("reader", "marketer", actor="tests", now=now)
    assert call(client, "get", "/recommendations/model", reader).json()["gate"] == []
    for path in ("/recommendations/products", "/recommendations/model/fit"):
        method = "put" if path.endswith("products") else "post"
        assert call(client, method, path, reader, {"products": []}).status_code == 403


def test_commands_recommend_fit_show_and_load(anne: Customer, fresh_home: Home, tmp_path: Path) -> None:
    import typer

    alone = typer.Typer()
    alone.command("recommend")(commands.recommend)
    run = CliRunner().invoke
    found = json.loads(run(alone, ["anne", "--n", "2", "--json"]).stdout)
    assert len(found["recommendations"]) == 2
    assert "You buy it every" in run(alone, ["anne"]).stdout
    assert "choose all, new or again" in str(run(alone, ["anne", "--wanted", "old"]).exception)
    assert "own frequency" in run(commands.app, ["show"]).stdout
    file = tmp_path / "products.csv"
    file.write_text("id;title_fr;price;margin;is_in_stock\np01;Thé noir;4,50;0,3;non\np02;;;3;\n")
    answer = run(commands.app, ["products", str(file)])
    assert "0 new, 1 changed" in answer.stdout
    assert "line 3 (p02)" in answer.stdout
    assert "1 of 2 products were not taken" in str(answer.exception)
    one = Product.objects.get(pk="p01")
    assert (one.titles, float(one.price or 0), one.margin, one.is_in_stock) == ({"fr": "Thé noir"}, 4.5, 0.3, False)


@pytest.mark.parametrize("head", ["code;price", "id;colour"])
def test_a_file_with_other_columns_is_refused_by_name(anne: Customer, tmp_path: Path, head: str) -> None:
    file = tmp_path / "products.csv"
    file.write_text(f"{head}\n1;2\n")
    assert "it takes" in str(CliRunner().invoke(commands.app, ["products", str(file)]).exception)


def test_a_mistake_is_told_in_the_readers_language(anne: Customer, pages: Client, staff: Staff) -> None:
    Staff.objects.filter(pk=staff.pk).update(language="fr")
    page = pages.post("/recommendations/guides/", {"text": "tea:\n  title: x\n"}).content.decode()
    assert "Ligne 1, colonne 1\u202f: «\u202ftea\u202f» n’est pas connu (sont connus\u202f: guides)" in page


def test_whoever_saves_second_sees_both_texts_and_loses_none(anne: Customer, pages: Client, now: datetime) -> None:
    opened = pages.get("/recommendations/rules/")
    rulebooks.write("recommendations.yaml", "in_stock_only: false\n", actor="another", now=now)
    mine = {"text": "in_stock_only: true\n", "seen": opened.context["seen"]}
    refused = pages.post("/recommendations/rules/", mine)
    assert refused.status_code == 422
    for text in ("Somebody saved another text meanwhile", "in_stock_only: false", "in_stock_only: true"):
        assert text in refused.content.decode()
    assert pages.post("/recommendations/rules/", mine | {"seen": refused.context["seen"]}).status_code == 302
    assert rulebooks.text("recommendations.yaml") == "in_stock_only: true\n"


def test_a_mistake_in_the_guides_costs_the_panel_and_not_the_customers_page(
    anne: Customer, pages: Client, fresh_home: Home
) -> None:
    (fresh_home.company / "guides.yaml").write_text("tea: {}\n")
    page = pages.get(f"/customers/{anne.pk}/")
    assert page.status_code == 200
    assert "This part cannot be shown until a file of the company is mended" in page.content.decode()
