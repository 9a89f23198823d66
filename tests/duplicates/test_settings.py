"""`company/duplicates.yaml`, and the command."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from cordiale.duplicates.models import Suggestion
from cordiale.duplicates.policy import policy
from cordiale.errors import Located
from cordiale.home import Home


def test_the_file_that_comes_with_us_merges_nothing_by_itself(fresh_home: Home) -> None:
    assert not policy().is_automatic
    assert policy().thresholds.review == 0.5


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("review: 2\nautomatic: {is_on: false, from: 1}", "duplicates.yaml:1:1", "write a probability"),
        ("review: 0.5\nautomatic: {is_on: maybe, from: 1}", "duplicates.yaml:2:13", "true or false"),
        ("review: 0.5\nautomatic: {is_on: true, from: 0.3}", "duplicates.yaml:2:26", "from 0.9 to 1"),
        ("review: 0.5\nautomatic: yes\n", "duplicates.yaml:2:1", "is_on and from"),
        ("review: 0.5\n", "duplicates.yaml:1:1", "'automatic' is missing"),
        ("reveiw: 0.5\nautomatic: {is_on: true, from: 1}", "duplicates.yaml:1:1", "'reveiw' is not known"),
        ("", "duplicates.yaml:1:1", "no list of settings"),
    ],
)
def test_a_mistake_is_told_with_its_place(fresh_home: Home, text: str, place: str, said: str) -> None:
    (fresh_home.company / "duplicates.yaml").write_text(text)
    with pytest.raises(Located) as caught:
        policy()
    assert str(caught.value).startswith(place)
    assert said in str(caught.value)


def test_the_command_lists_pairs_with_words_in_both_languages(pair: Suggestion) -> None:
    from cordiale.config.commands import app

    outcome = CliRunner().invoke(app, ["customers", "duplicates", "--json"])
    listed = json.loads(outcome.stdout)
    assert listed["open"] == 1
    assert listed["pairs"][0]["levels"]["last_name"] == "close"
    assert "same birth date" in listed["pairs"][0]["words"]["en"]
    assert "même date de naissance" in listed["pairs"][0]["words"]["fr"]
    found = json.loads(CliRunner().invoke(app, ["customers", "duplicates", "--find", "--full", "--json"]).stdout)
    assert found["found"]["is_full"] is True
    assert "Delaunay-Roy" in CliRunner().invoke(app, ["customers", "duplicates"]).stdout
