"""Catalogues and wishes nobody hopes for: nothing in stock, one product, no price, impossible answers."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client

from cordiale.accounts import keys
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError
from cordiale.facts.actions import record
from cordiale.home import Home
from cordiale.recommendations import catalogue, fits, guidance, queries, rulebooks
from cordiale.recommendations.models import Product
from tests.recommendations.conftest import line, write_guides

DAY = timedelta(days=1)


def codes(customer: Customer, n: int, now: datetime, wanted: queries.Wanted = "all") -> list[str]:
    return [one.product.pk for one in queries.recommend([customer.pk], n, now, wanted)[0]]


def ask(client: Client, path: str, now: datetime, body: Any = None) -> Any:
    key = keys.add_key(f"tests{now:%f}", "administrator", actor="tests", now=now)
    headers = {"Authorization": f"Bearer {key}"}
    if body is None:
        return client.get(f"/api/v1/{path}", headers=headers)
    return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)


def test_where_nothing_is_in_stock_nothing_is_recommended(
    fitted: list[Customer], fresh_home: Home, client: Client, now: datetime
) -> None:
    write_guides(fresh_home.company)
    Product.objects.update(is_in_stock=False)
    assert [codes(one, 10, now) for one in (fitted[0], fitted[-1])] == [[], []]
    assert guidance.answer(rulebooks.get_guide("tea"), {}, now) == []
    assert "Nothing we have fits all of this" in client.post("/g/tea/?language=en", {}).content.decode()
    rulebooks.write("recommendations.yaml", "in_stock_only: false\n", actor="t", now=now)
    assert len(codes(fitted[0], 3, now)) == 3


def test_the_one_product_in_stock_is_found_however_far_down_it_stands(
    anne: Customer, paul: Customer, now: datetime
) -> None:
    Product.objects.exclude(pk="p45").update(is_in_stock=False)
    assert codes(anne, 10, now) == codes(paul, 10, now) == codes(anne, 10, now, "new") == ["p45"]
    assert codes(anne, 10, now, "again") == []


def test_products_that_are_gone_from_the_catalogue_are_left_out(anne: Customer, now: datetime) -> None:
    Product.objects.exclude(pk__in=["p31", "p32"]).delete()
    assert set(codes(anne, 10, now)) == {"p31", "p32"}
    Product.objects.all().delete()
    assert codes(anne, 10, now) == []


def test_a_margin_nobody_told_keeps_a_product_in_and_one_too_small_leaves_it_out(anne: Customer, now: datetime) -> None:
    rulebooks.write("recommendations.yaml", "margin: {least: 0.2, weight: 1}\n", actor="t", now=now)
    first = codes(anne, 5, now)
    Product.objects.filter(pk=first[0]).update(margin=0.1)
    Product.objects.filter(pk=first[1]).update(margin=-5.0)
    Product.objects.filter(pk=first[2]).update(margin=0.2)
    left = codes(anne, 5, now)
    assert not {first[0], first[1]} & set(left)
    assert first[2] in left


def test_a_shop_with_one_product_fits_and_answers(db: None, fresh_home: Home, now: datetime) -> None:
    people = [Customer.objects.create(reference=f"o{n}", created_at=now, updated_at=now) for n in range(7)]
    rows = [line(one, now - (10 + n) * DAY, f"o{n}", 1, 1) for n, one in enumerate(people[:6])]
    record("order_lines", pa.Table.from_pylist(rows))
    catalogue.fill(now)
    assert fits.fit(now, actor="test").method == "popularity"
    assert [codes(one, 50, now) for one in (people[0], people[-1])] == [["p01"], ["p01"]]
    assert codes(people[0], 5, now, "new") == codes(people[-1], 5, now, "again") == []


def test_a_shop_without_any_sale_fits_and_recommends_nothing(db: None, fresh_home: Home, now: datetime) -> None:
    one = Customer.objects.create(reference="one", created_at=now, updated_at=now)
    made = fits.fit(now, actor="test")
    assert (made.method, made.products, codes(one, 5, now)) == ("popularity", 0, [])
    catalogue.tell([{"id": "new", "category": "TEA"}], source="shop", actor="t", now=now)
    assert codes(one, 5, now) == []


@pytest.mark.parametrize("wish", [
    {"budget": ["small"], "taste": ["strong"]}, {"budget": ["small"]}, {"taste": ["strong"]},
])  # fmt: skip
def test_a_wish_nothing_meets_is_said_and_no_error(
    fitted: list[Customer], fresh_home: Home, client: Client, now: datetime, wish: dict[str, list[str]]
) -> None:
    """Nobody told tastes; without a price nothing is cheap."""
    write_guides(fresh_home.company)
    Product.objects.update(price=None)
    answer = ask(client, "guides/tea/answers", now, {"answers": wish, "customer": "anne"})
    assert (answer.status_code, answer.json()["recommendations"]) == (200, [])
    page = client.post("/g/tea/?language=fr", {name: values[0] for name, values in wish.items()})
    assert page.status_code == 200
    assert "p01" not in page.content.decode()


def test_what_the_own_behaviour_speaks_against_lowers_no_answer(
    fitted: list[Customer], fresh_home: Home, now: datetime
) -> None:
    """A model may give every product of a customer a score of nothing or less."""
    write_guides(fresh_home.company)
    guide = rulebooks.get_guide("tea")
    shown = guidance.answer(guide, {"budget": ["small"]}, now, customer_id=fitted[3].pk, n=50)
    assert shown
    assert all(one.score >= 0 for one in shown)


@pytest.mark.parametrize(("path", "status"), [
    ("recommendations/customers/anne?n=0", 422), ("recommendations/customers/anne?n=51", 422),
    ("recommendations/customers/anne?n=many", 422), ("recommendations/customers/anne?wanted=old", 422),
    ("recommendations/customers/nobody", 404), ("recommendations/customers/anne?n=50", 200),
    ("recommendations/products?page=0", 422), ("recommendations/products?page=999999", 200),
    ("recommendations/customers/bob", 200), ("guides/nothing", 404),
])  # fmt: skip
def test_the_api_says_what_is_wrong(
    fitted: list[Customer], client: Client, now: datetime, path: str, status: int
) -> None:
    answer = ask(client, path, now)
    assert answer.status_code == status
    if status == 200 and "customers/" in path:
        assert len(answer.json()["recommendations"]) <= 50
        assert answer.json()["recommendations"] or "bob" in path


@pytest.mark.parametrize("body", [
    {"answers": {"colour": ["red"]}}, {"answers": {"taste": ["sour"]}}, {"answers": {"taste": ["strong", "mild"]}},
    {"answers": {"taste": "strong"}}, {"answers": []}, {}, {"answers": {}, "n": 0}, {"answers": {}, "n": 1000},
    {"answers": {}, "remember": True}, {"answers": {"taste": ["\x00"]}},
])  # fmt: skip
def test_answers_that_are_none_are_refused_in_words(
    fitted: list[Customer], fresh_home: Home, client: Client, now: datetime, body: dict[str, Any]
) -> None:
    write_guides(fresh_home.company)
    answer = ask(client, "guides/tea/answers", now, body)
    assert answer.status_code == 422
    assert answer.json()


def test_a_file_of_products_may_hold_line_breaks_and_is_refused_whole_where_it_is_none(
    db: None, fresh_home: Home, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes('id;title_fr;price\r\n\r\na;"Thé\nvert\u2028 bio";3,50\r\nb;"l\'été";\r\n'.encode())
    rows = catalogue.rows_of(path)
    assert {line: row["id"] for line, row in rows.items()} == {4: "a", 5: "b"}
    assert rows[4]["titles"] == {"fr": "Thé\nvert\u2028 bio"}
    assert catalogue.tell(rows.values(), source="file", actor="t", now=now).new == 2
    for content in (b"id\n" + b"x" * 200_000, "id;titre\n".encode("utf-16"), b"", b"nothing\n1\n"):
        path.write_bytes(content)
        with pytest.raises(CordialeError, match=r"products\.csv"):
            catalogue.rows_of(path)
