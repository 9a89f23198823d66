"""What is recommended to whom, with which reason: customers, prospects, and people whose data is left alone."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from django.utils import translation

from cordiale.customers.models import Customer
from cordiale.errors import CordialeError
from cordiale.facts.actions import record
from cordiale.home import Home
from cordiale.identity import actions as identity
from cordiale.jobs import actions as jobs
from cordiale.jobs import running
from cordiale.jobs.models import Job
from cordiale.lake import open_lake
from cordiale.recommendations import catalogue, fits, queries, rulebooks, words
from cordiale.recommendations.models import Fit, Product
from tests.recommendations.conftest import line

DAY = timedelta(days=1)


def bought(customer: Customer) -> dict[str, datetime]:
    rows = open_lake().query(
        "SELECT product_id, max(ts) AS at FROM order_lines GROUP BY ALL", only_customers=[customer.pk]
    )
    return {row["product_id"]: row["at"] for row in rows.to_pylist()}


def event(customer: Customer, at: datetime, name: str, **about: object) -> dict[str, object]:
    number = f"{customer.pk}-{name}-{at.timestamp()}"
    return {"customer_id": customer.pk, "ts": at, "event_id": number, "name": name, "properties": json.dumps(about)}


def test_a_customer_is_told_products_with_true_reasons(anne: Customer, now: datetime) -> None:
    (chosen,) = queries.recommend([anne.pk], 10, now)
    assert len(chosen) > 0
    own = bought(anne)
    for one in chosen:
        reason = one.reason
        if reason.kind == "again":
            assert reason.at == own[one.product.pk]
            assert reason.since == (now - own[one.product.pk]).days
        elif reason.kind == "with":
            assert reason.at == own[reason.other]
            assert one.product.pk not in own
        assert words.tell(reason, one.others)


def test_what_is_new_was_never_bought_and_goes_with_the_own_taste(anne: Customer, now: datetime) -> None:
    (chosen,) = queries.recommend([anne.pk], 3, now, "new")
    own = bought(anne)
    assert [one.product.category for one in chosen] == ["TEA"] * 3
    assert not {one.product.pk for one in chosen} & set(own)
    with_ = next(one for one in chosen if one.reason.kind == "with")
    said = words.tell(with_.reason, with_.others)
    assert said.startswith("Often bought with Tea, which you bought on ")
    with translation.override("fr"):
        assert words.tell(with_.reason, with_.others).startswith("Souvent acheté avec «\u202fThé\u202f»")


def test_what_comes_again_was_bought_and_waits_its_days(anne: Customer, now: datetime) -> None:
    (chosen,) = queries.recommend([anne.pk], 10, now, "again")
    own = bought(anne)
    assert chosen
    assert all(one.product.pk in own and own[one.product.pk] <= now - 7 * DAY for one in chosen)
    rhythmic = next(one for one in chosen if one.reason.every)
    last = f"last time {rhythmic.reason.since} days ago."
    assert words.tell(rhythmic.reason, {}) == f"You buy it every 15 days; {last}"
    later = queries.recommend([anne.pk], 10, now - 3 * DAY, "again")[0]
    assert {one.product.pk for one in later} != {one.product.pk for one in chosen}


def test_rules_of_the_company_are_kept(anne: Customer, fresh_home: Home, now: datetime) -> None:
    first = queries.recommend([anne.pk], 2, now, "new")[0]
    catalogue.edit(first[0].product.pk, {"is_in_stock": False}, actor="test", now=now)
    catalogue.edit(first[1].product.pk, {"is_excluded": True}, actor="test", now=now)
    rulebooks.write("recommendations.yaml", "diversity: {per_category: 1}\nbought: {again: []}\n", actor="t", now=now)
    chosen = queries.recommend([anne.pk], 10, now)[0]
    assert not {one.product.pk for one in first} & {one.product.pk for one in chosen}
    assert len({one.product.category for one in chosen}) == len(chosen) == 2
    assert not {one.product.pk for one in chosen} & set(bought(anne))
    (fresh_home.company / "categories.yaml").write_text("TEA: {en: Tea, promote: false}\n")
    assert all(one.product.category == "BREAD" for one in queries.recommend([anne.pk], 10, now)[0])


def test_many_are_answered_in_their_order(fitted: list[Customer], now: datetime) -> None:
    ids = [one.pk for one in fitted[:6]]
    together = queries.recommend(ids, 3, now)
    for one, found in zip(ids, together, strict=True):
        alone = queries.recommend([one], 3, now)[0]
        assert [each.product.pk for each in alone] == [each.product.pk for each in found]
    assert together[1] == []  # Bob, whose data is restricted


def test_a_prospect_is_told_what_he_looked_at_then_what_sells(paul: Customer, now: datetime) -> None:
    kinds = [one.reason.kind for one in queries.recommend([paul.pk], 3, now)[0]]
    assert kinds == ["popular"] * 3
    seen = [
        event(paul, now - DAY, "Product Viewed", product_id="p40", category="BREAD"),
        event(paul, now - 2 * DAY, "Content Read", category="BREAD", topic="baking", seconds=300),
    ]
    record("events", pa.Table.from_pylist(seen))
    chosen = queries.recommend([paul.pk], 3, now)[0]
    assert (chosen[0].product.pk, chosen[0].reason.kind) == ("p40", "viewed")
    assert [one.reason.kind for one in chosen[1:]] == ["interest", "interest"]
    assert words.tell(chosen[1].reason, {}) == "You take an interest in Bread."
    cared = queries.affinities([paul.pk], now)[0]
    assert [one.name for one in cared.categories] == ["BREAD"]
    assert [(one.name, one.share) for one in cared.topics] == [("baking", 1.0)]


def test_affinities_fade_and_purchases_count(anne: Customer, now: datetime) -> None:
    old, fresh = now - 150 * DAY, now - DAY
    rows = [event(anne, at, "Content Read", topic=topic, seconds=60) for at, topic in ((old, "a"), (fresh, "b"))]
    record("events", pa.Table.from_pylist(rows))
    cared = queries.affinities([anne.pk], now)[0]
    assert [one.name for one in cared.topics] == ["b", "a"]
    assert cared.topics[0].share > 0.9
    assert (cared.categories[0].name, cared.categories[0].bought) == ("TEA", 14)
    assert sum(one.share for one in cared.categories) == pytest.approx(1)


def test_nobody_is_told_anything_of_who_is_restricted_merged_or_unknown(fitted: list[Customer], now: datetime) -> None:
    anne, bob, other = fitted[0], fitted[1], fitted[2]
    assert queries.recommend([bob.pk, 999_999], 3, now) == [[], []]
    assert queries.affinities([bob.pk], now)[0].categories == []
    identity.merge(anne.pk, other.pk, actor="test", reason="test", now=now)
    ours, theirs = queries.recommend([anne.pk, other.pk], 3, now)
    assert [one.product.pk for one in ours] == [one.product.pk for one in theirs]


def test_nothing_is_learnt_from_who_is_restricted(fitted: list[Customer]) -> None:
    made = fits.get_fit()
    assert made.customers == len(fitted) - 2  # Bob is restricted, Paul bought nothing


def test_before_the_first_fit_nothing_is_recommended(shop: list[Customer], now: datetime) -> None:
    assert queries.recommend([shop[0].pk], 3, now) == [[]]


def test_below_the_gate_own_purchases_and_what_sells_are_used_and_said(
    db: None, fresh_home: Home, now: datetime
) -> None:
    one = Customer.objects.create(reference="one", created_at=now, updated_at=now)
    others = [Customer.objects.create(reference=f"o{n}", created_at=now, updated_at=now) for n in range(5)]
    rows = [line(who, now - (20 + n) * DAY, f"o{n}", 1, 1) for n, who in enumerate([one, *others])]
    rows += [line(who, now - (9 + n) * DAY, f"q{n}", 1, 2) for n, who in enumerate(others)]
    record("order_lines", pa.Table.from_pylist(rows))
    catalogue.fill(now)
    made = fits.fit(now, actor="test")
    assert made.method == "popularity"
    assert {gap["what"] for gap in made.gate} == {"customers", "orders", "products", "days"}
    chosen = queries.recommend([one.pk], 3, now)[0]
    assert [(item.product.pk, item.reason.kind) for item in chosen] == [("p01", "again"), ("p02", "popular")]


def test_a_fit_is_a_job_that_keeps_versions_and_can_be_cancelled(shop: list[Customer], now: datetime) -> None:
    asked = fits.ask("test", now)
    assert fits.ask("test", now).pk == asked.pk
    jobs.cancel(asked, "test", now)
    fits.fit_when_due(now)
    done = running.run(fits.ask("test", now))
    assert (done.state, Fit.objects.count()) == ("done", 1)
    assert done.done == done.total > 5
    fits.fit_when_due(fits.get_fit().fitted_at + 6 * DAY)
    assert not Job.objects.filter(kind=fits.KIND, state="waiting").exists()
    fits.fit_when_due(fits.get_fit().fitted_at + 8 * DAY)
    assert Job.objects.filter(kind=fits.KIND, state="waiting").exists()


def test_a_job_that_is_cancelled_while_it_runs_puts_nothing_in_force(shop: list[Customer], now: datetime) -> None:
    def watch(done: int, total: int | None) -> None:
        Job.objects.filter(kind=fits.KIND).update(is_cancel_asked=True)

    ended = running.run(fits.ask("test", now), watch)
    assert (ended.state, Fit.objects.count()) == ("cancelled", 0)


def test_a_lost_file_of_the_model_is_no_error(anne: Customer, fresh_home: Home, now: datetime) -> None:
    for path in (fresh_home.root / "models").iterdir():
        path.write_bytes(b"cut off")
    assert queries.recommend([anne.pk], 3, now) == [[]]


def test_products_are_filled_from_order_lines_and_never_overwrite_what_was_told(
    shop: list[Customer], now: datetime
) -> None:
    assert Product.objects.count() == 60
    one = Product.objects.get(pk="p01")
    assert (one.category, one.brand, float(one.price or 0), one.source) == ("TEA", "Own", 4.0, "orders")
    told = {"id": "p01", "titles": {"en": "Earl Grey", "fr": "Earl Grey"}, "price": 5.5, "category": "TEAS"}
    catalogue.tell([told], source="shop", actor="t", now=now)
    assert catalogue.fill(now) == 0
    assert Product.objects.get(pk="p01").category == "TEAS"


def test_telling_again_changes_nothing_and_bad_rows_are_said(shop: list[Customer], now: datetime) -> None:
    rows = [
        {"id": "new", "price": "3.20", "margin": 0.4, "is_in_stock": False, "attributes": {"taste": "mild"}},
        {"id": "p02", "margin": 3},
        {"id": "", "price": 1},
        {"id": "p03", "url": "javascript:alert(1)"},
        {"id": "p04", "price": "NaN"},
        {"id": "p05", "attributes": {"a": {"b": 1}}},
        {"id": "p06", "attributes": {"a": float("inf")}},
        {"id": "p07", "attributes": {"a": "\0"}},
        {"id": "p08", "titles": {"f\0": "a"}},
    ]
    first = catalogue.tell(rows, source="shop", actor="t", now=now)
    assert (first.new, first.changed, [one.row for one in first.faults]) == (1, 0, [1, 2, 3, 4, 5, 6, 7, 8])
    again = catalogue.tell(rows, source="shop", actor="t", now=now)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 1)
    assert float(Product.objects.get(pk="new").price or 0) == 3.2


def test_a_document_with_a_mistake_is_not_written(db: None, fresh_home: Home, now: datetime) -> None:
    before = rulebooks.text("recommendations.yaml")
    with pytest.raises(CordialeError, match=r"recommendations\.yaml:1:1"):
        rulebooks.write("recommendations.yaml", "colour: red", actor="t", now=now)
    assert rulebooks.text("recommendations.yaml") == before
