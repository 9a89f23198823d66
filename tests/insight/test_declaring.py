"""Traits the company declares without a restart: checked, versioned, refused where they clash, retired when unused."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.translation import override

from cordiale import home
from cordiale.accounts.models import AuditEntry
from cordiale.errors import Located, NotFound, Refused
from cordiale.insight import actions, definitions, queries, uses
from cordiale.insight.models import TraitVersion

from .conftest import BOTTLES, Shop, written

pytestmark = pytest.mark.django_db


def declare(shop: Shop, text: str) -> list[str]:
    return [str(version) for version in actions.declare(text, actor="cli", now=shop.now)]


def refused(shop: Shop, text: str) -> Located:
    with pytest.raises(Located) as caught:
        declare(shop, text)
    return caught.value


def test_a_declared_trait_is_in_the_next_snapshot(shop: Shop) -> None:
    shop.customers(1)
    shop.order(1, days_ago=3, quantity=4)
    actions.ensure_snapshot(shop.now)

    assert declare(shop, written()) == ["bottles_30d 1"]
    actions.ensure_snapshot(shop.now + timedelta(hours=1))

    assert queries.traits_of([1])["bottles_30d"].to_pylist() == [4]
    assert AuditEntry.objects.filter(noun="trait", name="bottles_30d", verb="declare").count() == 1


def test_another_wording_is_a_new_version_and_the_same_one_is_none(shop: Shop) -> None:
    declare(shop, written())

    assert declare(shop, written()) == []
    assert declare(shop, written(window=60)) == ["bottles_30d 2"]
    assert [one.version for one in queries.history_of("bottles_30d")] == [2, 1]
    assert definitions.current().by_name["bottles_30d"].window == 60
    changes = queries.editions(queries.history_of("bottles_30d"))[0].changes
    assert {line.strip() for line in changes if line[0] in "+-"} == {"-  window: 30", "+  window: 60"}


def test_several_traits_of_one_file_are_kept_one_by_one(shop: Shop) -> None:
    text = f"traits:\n{BOTTLES}" + BOTTLES.replace("bottles_30d", "bottles_7d").replace("window: 30", "window: 7")

    assert declare(shop, text) == ["bottles_30d 1", "bottles_7d 1"]
    assert declare(shop, text) == []
    assert definitions.current().by_name["bottles_7d"].window == 7


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        (written(name="orders_90d"), (1, 1), "comes with the product already"),
        (written(name="city"), (1, 1), "a field of the customer's profile"),
        (written(name="shoe_size_"), None, ""),
        (written(owner=""), (1, 1), "has no owner"),
        (written(value="sum(quantty)"), (7, 14), "'quantty' is not known"),
        (written(value="latest(channel)"), (2, 9), "of kind text, not integer"),
        ("- a\n- b", (1, 1), "must be a list of `name: value` entries"),
        ("", (1, 1), "must be a list of `name: value` entries"),
        ("bottles_30d: [", (1, 14), "YAML"),
    ],
)
def test_a_declaration_is_refused_at_its_place(shop: Shop, text: str, at: tuple[int, int] | None, says: str) -> None:
    if at is None:
        assert declare(shop, text)
        return
    error = refused(shop, text)

    assert says in str(error) or says == "YAML"
    assert (error.line, error.column) == at or says == "YAML", str(error)
    assert not TraitVersion.objects.exists()


def test_a_name_of_the_companys_file_is_changed_there(shop: Shop, fresh_home: home.Home) -> None:
    (fresh_home.company / "traits.yaml").write_text(f"traits:\n{BOTTLES}")

    assert "declared in the company's traits.yaml already (change it there" in str(refused(shop, written()))


def test_a_file_that_repeats_the_page_is_refused_at_its_place(shop: Shop, fresh_home: home.Home) -> None:
    declare(shop, written())
    (fresh_home.company / "traits.yaml").write_text(f"traits:\n{BOTTLES}")

    with pytest.raises(Located, match=r"bottles_30d:1:1: the trait 'bottles_30d' is declared in the company's"):
        queries.traits()


def test_an_old_copy_of_our_traits_is_no_clash_but_a_changed_one_is(shop: Shop, fresh_home: home.Home) -> None:
    ours = (definitions.DATA / "traits.yaml").read_text()
    (fresh_home.company / "traits.yaml").write_text(ours)
    assert {trait.origin for trait in definitions.current().traits} == {"product"}

    (fresh_home.company / "traits.yaml").write_text(ours.replace("    window: 30\n", "    window: 31\n", 1))

    with pytest.raises(Located, match="the trait 'orders_30d' comes with the product already"):
        definitions.current()


def test_a_copy_that_an_earlier_release_made_declares_nothing(shop: Shop, fresh_home: home.Home) -> None:
    copied = (Path(__file__).parent / "traits-0.2.yaml").read_text()
    (fresh_home.company / "traits.yaml").write_text(copied)

    assert {trait.origin for trait in definitions.current().traits} == {"product"}


def test_a_changed_type_is_refused_because_past_days_keep_theirs(shop: Shop) -> None:
    declare(shop, written())

    error = refused(shop, written(type="number"))

    assert (error.line, error.column) == (2, 9)
    assert "was integer before" in str(error)
    assert "another name" in error.hint


def test_traits_derived_in_a_circle_are_refused(shop: Shop) -> None:
    first = written(name="a", source="derived", value="orders_total + 1")
    declare(shop, first)
    declare(shop, written(name="b", source="derived", value="a + 1"))

    error = refused(shop, written(name="a", source="derived", value="b + 1"))

    assert "derived from itself" in str(error)
    assert error.hint == "the circle goes through a, b"
    assert definitions.current().by_name["a"].definition == "orders_total + 1"


def test_a_trait_in_use_is_not_retired_and_one_that_is_not_leaves_the_list(shop: Shop) -> None:
    declare(shop, written())
    declare(shop, written(name="cases_30d", source="derived", value="bottles_30d * 6"))
    with override("en"), pytest.raises(Refused, match="bottles_30d is used by the trait Bottles"):
        actions.retire("bottles_30d", actor="cli", now=shop.now)

    actions.retire("cases_30d", actor="cli", now=shop.now)
    actions.retire("bottles_30d", actor="cli", now=shop.now)

    assert "bottles_30d" not in definitions.current().by_name
    with pytest.raises(NotFound):
        actions.retire("bottles_30d", actor="cli", now=shop.now)
    with pytest.raises(NotFound, match=r"those of traits\.yaml"):
        actions.retire("orders_90d", actor="cli", now=shop.now)


def test_a_retired_trait_comes_back_as_its_next_version(shop: Shop) -> None:
    declare(shop, written())
    actions.retire("bottles_30d", actor="cli", now=shop.now)

    assert declare(shop, written()) == ["bottles_30d 2"]
    assert "bottles_30d" in definitions.current().by_name


def test_a_higher_package_says_where_it_uses_a_trait(shop: Shop) -> None:
    declare(shop, written())
    uses.register("test", lambda name: [uses.Use(title=f"the segment of {name}")] if name == "bottles_30d" else [])
    try:
        with override("en"), pytest.raises(Refused, match="the segment of bottles_30d; take it out there first"):
            actions.retire("bottles_30d", actor="cli", now=shop.now)
    finally:
        uses.register("test", lambda name: [])


def test_a_use_that_goes_on_without_it_keeps_no_trait(shop: Shop) -> None:
    declare(shop, written())
    uses.register("test", lambda name: [uses.Use(title="a score", without="it would be learnt anew")])
    try:
        assert actions.retire("bottles_30d", actor="cli", now=shop.now).retired_at == shop.now
    finally:
        uses.register("test", lambda name: [])


def test_a_stage_uses_the_traits_of_its_rule() -> None:
    with override("en"):
        assert "the stage Customer" in [use.title for use in uses.of("tenure_days")]


READER = """
import django; django.setup()
from django.db import connections
connections["default"].settings_dict.update({settings!r})
from cordiale.insight import queries
input()
print("bottles_30d" in {{trait.name for trait in queries.traits()}}, flush=True)
input()
print("bottles_30d" in {{trait.name for trait in queries.traits()}}, flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_another_process_sees_a_new_trait_without_a_restart(shop: Shop, tmp_path: Path) -> None:
    from django.db import connection

    script = READER.format(settings={name: connection.settings_dict[name] for name in ("NAME", "HOST", "PORT", "USER")})
    other = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdin is not None
    assert other.stdout is not None
    other.stdin.write("\n")
    other.stdin.flush()
    assert other.stdout.readline() == "False\n"

    declare(shop, written())
    answer, _ = other.communicate("\n", timeout=60)

    assert answer == "True\n"
