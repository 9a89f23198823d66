"""What a company may write in traits.yaml and lifecycle.yaml, and where a mistake is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from cordiale import home
from cordiale.errors import Located
from cordiale.insight import definitions, queries

from .conftest import BOTTLES

TRAITS = (definitions.DATA / "traits.yaml").read_text()
LIFECYCLE = (definitions.DATA / "lifecycle.yaml").read_text()


def place(text: str, part: str) -> tuple[int, int]:
    """Line and column of the first letter of `part`."""
    before = text[: text.index(part)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def refused(traits: str = TRAITS, lifecycle: str = LIFECYCLE) -> Located:
    with pytest.raises(Located) as caught:
        definitions.parse(traits, lifecycle)
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ("value: count(DISTINCT category)", "value: count(DISTINCT categroy)", "count(DISTINCT categroy)"),
        ("value: sum(quantity)", "value: sum(quantities)", "quantities"),
        ("value: sum(quantity)", "value: sum(random())", "random"),
        ("value: sum(quantity)", "value: sum((SELECT 1))", "1))"),
        ("value: sum(quantity)", "value: median(quantity)", "median"),
        ("value: sum(quantity)", "value: sum(quantity", "quantity\n    title"),
        ("value: sum(discount)", "value: max(brand)", "max(brand)"),
        ("name = 'Coupon Redeemed'", "name = 3", "3\n    value: count()\n    title: {fr: Coupons"),
        ("where: kind = 'handed_over'", "where: kind", "kind\n    value"),
        ("value: days_since(last_order_at)", "value: days_since(orders_total)", "orders_total)"),
        ("value: days_since(last_order_at)", "value: recency_days + 1", "recency_days:"),
        ("value: days_since(last_order_at)", "value: date_trunc('day', last_order_at)", "date_trunc"),
        ("  units_90d:\n    type: integer", "  units_90d:\n    type: int", "int\n"),
        ("  units_90d:\n    type: integer", "  units_90d:\n    type: text", "text\n    unit: {fr: articles"),
        ("  units_90d:\n", "  Units:\n", "Units:"),
        ("  units_90d:\n", "  select:\n", "select:"),
        ("  units_90d:\n", "  orders_90d:\n", "orders_90d:\n    type: integer\n    unit: {fr: articles"),
        ("    ago: 90\n", "    ago: -1\n", "-1\n"),
        ("    ago: 90\n", "    agoo: 90\n", "agoo"),
        ("title: {fr: Récence, en: Recency}", "title: {fr: Récence}", "{fr: Récence}"),
    ],
)
def test_a_mistake_in_the_traits_is_shown_at_its_place(old: str, new: str, at: str) -> None:
    assert TRAITS.count(old) >= 1
    text = TRAITS.replace(old, new)

    error = refused(traits=text)

    assert (error.line, error.column) == place(text, at), str(error)
    assert error.source == "traits.yaml"


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ("recency_days >= dormant_days", "recency_days >= dorment_days", "dorment_days"),
        ("recency_days >= dormant_days", "recency_days + dormant_days", "recency_days + d"),
        ("recency_days >= dormant_days", "favourite_store >= dormant_days", "dormant_days\n    title"),
        ("orders_total = 0", "orders_total = ", "orders_total = "),
        ("stage: dormant", "stage: sleepy", "sleepy"),
        ("stage: dormant", "stage: lost", "stage: lost\n    when: recency_days >= dormant"),
        ("  lost_days: 120", "  lost_days: soon", "soon"),
        ("  lost_days: 120", "  recency_days: 120", "recency_days: 120"),
        ("{dormant_days} jours", "{days} jours", "fr: \"Aucune commande depuis {days}"),
        ("stages:\n", "stages: []\nrest:\n", "rest"),
        ("parameters:\n", "parameters: [\n", "parameters: ["),
    ],
)  # fmt: skip
def test_a_mistake_in_the_life_cycle_is_shown_at_its_line(old: str, new: str, at: str) -> None:
    text = LIFECYCLE.replace(old, new, 1)

    error = refused(lifecycle=text)

    assert error.source == "lifecycle.yaml"
    if "[" not in new:  # where a bracket was left open is the parser's guess
        assert error.line == place(text, at)[0], str(error)


def test_only_the_last_stage_goes_without_a_condition() -> None:
    text = LIFECYCLE.replace("    when: orders_total = 0\n", "")
    assert "'prospect' has no `when`" in str(refused(lifecycle=text))

    text = LIFECYCLE.replace("- stage: occasional\n", "- stage: occasional\n    when: orders_90d > 0\n")
    assert "the last stage" in str(refused(lifecycle=text))


def test_a_stage_left_out_is_missed() -> None:
    start, end = LIFECYCLE.index("  - stage: lost"), LIFECYCLE.index("  - stage: dormant")

    assert "'lost' has no rule" in str(refused(lifecycle=LIFECYCLE[:start] + LIFECYCLE[end:]))


@pytest.mark.django_db
def test_the_description_of_a_stage_shows_the_companys_parameters(fresh_home: home.Home) -> None:
    (fresh_home.company / "lifecycle.yaml").write_text(LIFECYCLE.replace("dormant_days: 45", "dormant_days: 60"))

    assert queries.lifecycle().rule("dormant").description["en"] == "No order for 60 days or more."


@pytest.mark.django_db
def test_the_companys_copy_is_read_again_when_it_changes(fresh_home: home.Home) -> None:
    assert "bottles_30d" not in definitions.current().by_name
    path: Path = fresh_home.company / "traits.yaml"
    path.write_text(f"traits:\n{BOTTLES}")

    assert (definitions.current().traits[-1].name, definitions.current().traits[-1].window) == ("bottles_30d", 30)
