"""The commands, as other tools call them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cordiale.errors import CordialeError, NotFound
from cordiale.segments import actions
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


def test_lists_overlaps_histories_and_files(snapshot: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "vip.csv").write_text("Carte;Qui\nx;anna\ny;zoe\n")
    loaded = run("load", "vip", str(tmp_path / "vip.csv"), "--as", "Qui=reference", "--title-fr", "VIP", *AT)
    assert (loaded["added"], loaded["not_found"], loaded["missing"][0]["row"]) == (1, 1, 3)
    run("add", "lyon", "city ilike 'lyon'", *AT)
    actions.refresh(NOW)
    found = run("overlap", "vip", "lyon", *AT)
    assert found["sizes"] == {"vip": 1, "lyon": 2}
    assert {"names": ["vip", "lyon"], "customers": 1} in found["intersections"]
    assert [one["size"] for one in run("history", "lyon", *AT)["days"]] == [2]
    assert run("members", "lyon", "--on", "2026-11-16", *AT)["total"] == 2
    assert run("export", "lyon", str(tmp_path / "out.csv"), *AT)["members"] == 2
    assert (tmp_path / "out.csv").stat().st_mode & 0o077 == 0
    with pytest.raises(CordialeError, match="YYYY-MM-DD"):
        run("history", "lyon", "--start", "yesterday", *AT)
