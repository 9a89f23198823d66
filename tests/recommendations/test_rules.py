"""The rules over a model's list, the documents they come from, guides, and rhythms."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale import documents
from cordiale.errors import CordialeError, Located
from cordiale.recommendations.rules import guides, rulebook
from cordiale.recommendations.rules.guides import Offered
from cordiale.recommendations.rules.picking import Candidate, pick, worth
from cordiale.recommendations.rules.reasons import rhythm
from cordiale.recommendations.rules.rulebook import Rulebook

DATA = Path(rulebook.__file__).parents[1] / "data"
CATEGORIES = ["", "TEA", "WINE", "BREAD"]
GUIDE = """
guides:
  tea:
    title: {fr: Quel thé ?, en: Which tea?}
    categories: [TEA]
    questions:
      moment:
        title: {fr: Quand ?, en: When?}
        choices:
          morning: {title: {fr: Matin, en: Morning}, attributes: {"strength: strong": 2}}
          evening: {title: {fr: Soir, en: Evening}, attributes: {"strength: strong": -3, "caffeine: none": 1}}
      budget:
        title: {fr: Budget ?, en: Budget?}
        choices: {small: {title: {fr: "< 10 €", en: Under €10}, price: {at_most: 10}}}
"""


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    many = draw(st.integers(0, 25))
    return [
        Candidate(
            product=f"p{number}", category=draw(st.sampled_from(CATEGORIES)),
            brand=draw(st.sampled_from(["", "A", "B"])),
            score=draw(st.floats(0, 10)), is_in_stock=draw(st.booleans()), is_excluded=draw(st.booleans()),
            margin=draw(st.none() | st.floats(-0.5, 0.9)), days_ago=draw(st.none() | st.floats(0, 400)),
        )
        for number in range(many)
    ]  # fmt: skip


@st.composite
def rulebooks(draw: st.DrawFn) -> Rulebook:
    return Rulebook(
        least_margin=draw(st.none() | st.floats(0, 0.5)), margin_weight=draw(st.floats(0, 1)),
        wait_days=draw(st.floats(0, 60)), again=draw(st.none() | st.frozensets(st.sampled_from(CATEGORIES))),
        per_category=draw(st.integers(1, 4)), fade=draw(st.floats(0.1, 1)),
        excluded={"categories": draw(st.frozensets(st.sampled_from(CATEGORIES[1:]))),
                  "brands": draw(st.frozensets(st.sampled_from(["A", "B"]))), "products": frozenset({"p3"})},
    )  # fmt: skip


@given(candidates(), st.integers(0, 12), rulebooks())
def test_a_list_keeps_every_rule(given_: list[Candidate], many: int, rules: Rulebook) -> None:
    chosen = pick(given_, many, rules)
    assert len(chosen) <= many
    assert len({one.product for one in chosen}) == len(chosen)
    assert all(one.is_in_stock and not one.is_excluded and one.product != "p3" for one in chosen)
    assert all(count <= rules.per_category for name, count in Counter(c.category for c in chosen).items() if name)
    for one in chosen:
        assert one.category not in rules.excluded["categories"]
        assert one.brand not in rules.excluded["brands"]
        assert rules.least_margin is None or one.margin is None or one.margin >= rules.least_margin
        assert one.days_ago is None or one.days_ago >= rules.wait_days
        assert one.days_ago is None or rules.may_come_again(one.category)


@given(candidates(), st.integers(1, 12), rulebooks())
def test_a_list_is_short_only_where_nothing_else_is_allowed(
    given_: list[Candidate], many: int, rules: Rulebook
) -> None:
    chosen = pick(given_, many, rules)
    if len(chosen) == many:
        return
    counts = Counter(one.category for one in chosen)
    for one in pick(given_, len(given_), replace(rules, per_category=100)):
        full = bool(one.category) and counts[one.category] >= rules.per_category
        assert one in chosen or full


def test_products_out_of_stock_come_where_the_company_wants_them() -> None:
    gone = Candidate(product="p", category="", brand="", score=1, is_in_stock=False)
    assert not pick([gone], 1, Rulebook())
    assert pick([gone], 1, Rulebook(in_stock_only=False)) == [gone]


def test_boosts_and_margin_change_the_order() -> None:
    tea, wine = (
        Candidate(product=code, category=code, brand="", score=score, margin=margin)
        for code, score, margin in (("TEA", 1.0, 0.1), ("WINE", 0.9, 0.5))
    )  # fmt: skip
    assert pick([tea, wine], 2, Rulebook())[0] == tea
    assert pick([tea, wine], 2, Rulebook(margin_weight=1))[0] == wine
    boosts = {"categories": {"WINE": 2.0}, "brands": {}, "products": {"WINE": 3.0}}
    assert worth(wine, Rulebook(boosts=boosts)) == pytest.approx(0.9 * 6)


def test_each_further_product_of_a_category_counts_less() -> None:
    given_ = [Candidate(product=f"t{n}", category="TEA", brand="", score=1.0) for n in range(3)]
    given_.append(Candidate(product="w", category="WINE", brand="", score=0.9))
    assert [one.product for one in pick(given_, 3, Rulebook(fade=0.8))] == ["t0", "w", "t1"]


def test_the_default_documents_are_read() -> None:
    assert rulebook.parse(documents.load_file(DATA / rulebook.SOURCE)) == Rulebook()
    assert guides.parse(documents.load_file(DATA / guides.SOURCE)) == {}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("margin: {least: lots}", ":1:10", "from -1 to 1"),
        ("in_stock_only: true\nstock: 3", ":2:1", "'stock' is not known"),
        ("diversity: {per_category: 0}", ":1:13", "from 1 to 100"),
        ("exclude: {categories: TEA}", ":1:11", "list of names"),
        ("boost: [TEA]", ":1:1", "names and values"),
        ("- a", ":1:1", "names and values"),
    ],
)
def test_a_mistake_in_the_rules_is_told_with_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(Located) as error:
        rulebook.parse(documents.load(text, rulebook.SOURCE))
    assert f"{rulebook.SOURCE}{place}" in str(error.value)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  tea:", "  Tea Time:", "lower-case"),
        ("at_most: 10", "at_most: -1", "from 0"),
        ("title: {fr: Quand ?, en: When?}", "title: {}", "text by language"),
        ("categories: [TEA]", "colour: red", "'colour' is not known"),
        ('"caffeine: none": 1', '"caffeine: none": 1000', "from -100 to 100"),
    ],
)
def test_a_mistake_in_a_guide_is_told_with_its_place(old: str, new: str, words: str) -> None:
    with pytest.raises(Located, match=words):
        guides.parse(documents.load(GUIDE.replace(old, new), guides.SOURCE))


def test_answers_lead_to_products_they_speak_for_within_the_price() -> None:
    tea = guides.parse(documents.load(GUIDE, guides.SOURCE))["tea"]
    strong, mild = Offered("TEA", "", 8.0, {"strength": "Strong"}), Offered("TEA", "", 12.0, {"caffeine": ["none"]})
    morning, cheap = tea.chosen({"moment": ["morning"]}), tea.chosen({"moment": ["evening"], "budget": ["small"]})
    assert guides.match(tea, morning, strong) == (2, morning)
    assert guides.match(tea, morning, mild) is None
    assert guides.match(tea, cheap, mild) is None
    assert guides.match(tea, cheap, strong) is None
    found = guides.match(tea, cheap, replace(mild, price=9.0))
    assert found == (1, cheap)
    assert guides.match(tea, [], Offered("WINE", "", 8.0, {})) is None
    assert guides.match(tea, cheap, replace(mild, price=None)) is None


@pytest.mark.parametrize("answers", [{"colour": ["red"]}, {"moment": ["noon"]}, {"moment": ["morning", "evening"]}])
def test_answers_that_a_guide_does_not_have_are_refused(answers: dict[str, list[str]]) -> None:
    tea = guides.parse(documents.load(GUIDE, guides.SOURCE))["tea"]
    with pytest.raises(CordialeError):
        tea.chosen(answers)


def test_a_rhythm_takes_three_days_of_purchase() -> None:
    assert rhythm([10, 31]) is None
    assert rhythm([10, 31, 31, 52]) == 21
    assert rhythm([1, 2, 3]) == 1
