"""The commands, as other tools call them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from cordiale.errors import NotFound
from cordiale.segments.commands import app
from tests.segments.conftest import NOW

AT = ["--now", NOW.isoformat(), "--json"]


def run(*words: str) -> Any:
    outcome = CliRunner().invoke(app, [*words], catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return json.loads(outcome.stdout)


def test_a_segment_is_saved_counted_listed_explained_and_removed_before_any_tick(company: dict[str, int]) -> None:
    assert run("add", "lyon", "city ilike 'lyon'", "--title-en", "Lyon", *AT)["revision"] == 1
    assert run("add", "lyon", "city ilike 'LYON'", *AT)["title"] == {"en": "Lyon"}
    assert run("count", "lyon", *AT)["matching"] == 2
    assert run("count", "--expr", "has_email", *AT)["matching"] == 3
    members = run("members", "lyon", "--limit", "1", "--page", "2", *AT)
    assert (members["total"], [one["reference"] for one in members["members"]]) == (2, ["emil"])
    explained = run("explain", "lyon", "bert", *AT)
    assert (explained["held"], explained["rules"][0]["values"]) == (False, {"city": "Paris"})
    assert [one["name"] for one in run("list", "--json")] == ["lyon"]
    assert run("remove", "lyon", *AT) == {"removed": "lyon"}


def test_a_name_and_an_expression_together_are_wrong_usage(company: dict[str, int]) -> None:
    assert CliRunner().invoke(app, ["count", "lyon", "--expr", "true"]).exit_code == 2
    assert CliRunner().invoke(app, ["count"]).exit_code == 2
    with pytest.raises(NotFound, match="segments list"):
        run("count", "nothing", *AT)
