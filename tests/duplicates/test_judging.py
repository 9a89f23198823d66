"""What follows from what a pair has in common."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale.duplicates import words
from cordiale.duplicates.linking.comparisons import COMPARISONS
from cordiale.duplicates.linking.model import from_json, shipped
from cordiale.duplicates.rules import judging
from cordiale.duplicates.rules.judging import Band, Doubt, Thresholds

LEVELS = st.fixed_dictionaries(
    {}, optional={one.name: st.sampled_from([level.name for level in one.levels]) for one in COMPARISONS}
)
THRESHOLDS = Thresholds(0.5, 0.99)


@given(st.floats(-80, 80), LEVELS)
def test_a_pair_in_doubt_is_never_more_probable_than_its_doubt(weight: float, levels: dict[str, str]) -> None:
    chance = judging.probability(weight, levels, shipped().caps)
    assert 0 <= chance <= 1
    assert all(chance <= shipped().caps[doubt] for doubt in judging.doubts(levels))


@given(st.floats(0.99, 1), LEVELS)
def test_nothing_is_automatic_when_birth_or_first_name_disagree(chance: float, levels: dict[str, str]) -> None:
    contradicts = levels.get("birth_on") not in (None, "same") or levels.get("first_name") in ("different", "close")
    if contradicts:
        assert judging.band(chance, levels, THRESHOLDS) is Band.REVIEW


def test_what_lies_below_review_is_nothing() -> None:
    assert judging.band(0.49, {"first_name": "same"}, THRESHOLDS) is Band.NOTHING


def test_an_address_alone_never_makes_two_automatic() -> None:
    assert not judging.may_be_automatic({"address": "same", "email": "same", "phone": "same"})
    assert judging.doubts({"address": "same"}) == (Doubt.NOBODY,)


@given(LEVELS)
def test_every_level_has_words_in_both_languages(levels: dict[str, str]) -> None:
    told = words.in_languages(levels)
    said = {name: level for name, level in levels.items() if (name, level) != ("last_name", "swapped")}
    assert all(bool(told[language]) is bool(said) for language in ("fr", "en"))
    assert not said or told["fr"] != told["en"]


def test_shipped_weights_speak_for_what_is_shared_and_against_what_differs() -> None:
    for one in COMPARISONS:
        m, u = shipped().weights[one.name]["same"]
        against, apart = shipped().weights[one.name]["different"]
        assert m > 100 * u, one.name
        assert against < apart, one.name
    assert from_json(json.loads(json.dumps(shipped().as_json()))) == shipped()


@pytest.mark.parametrize("doubt", list(Doubt))
def test_every_doubt_was_measured_and_has_words(doubt: Doubt) -> None:
    assert 0 <= shipped().caps[doubt] < 1
    assert words.DOUBTS[doubt]
