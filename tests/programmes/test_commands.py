"""The command line: answers as text or JSON, one line on standard error where it is refused."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from cordiale.config.commands import app
from cordiale.errors import CordialeError
from cordiale.programmes import engine

from .conftest import HOUR, WIN_BACK, Cast


def run(*words: str) -> str:
    answer = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def as_json(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


def test_validate_tells_every_mistake_and_fails_with_the_first(cast: Cast):
    path = cast.write(WIN_BACK.replace("8 %", "x").replace("7 days", "y"))
    with pytest.raises(CordialeError, match=r":3:"):
        CliRunner().invoke(app, ["programmes", "validate", str(path)], catch_exceptions=False)
    assert as_json("programmes", "validate", str(cast.write(WIN_BACK))) == {"valid": ["win-back"]}


def test_plan_apply_start_and_pause(cast: Cast, now: datetime):
    path = str(cast.write(WIN_BACK))
    assert as_json("programmes", "plan", path)["changes"][0]["what"] == "new"
    assert as_json("programmes", "list") == []
    assert as_json("programmes", "apply", path, "--now", now.isoformat())["changes"][0]["number"] == 1
    assert "+objective" in run("programmes", "plan", str(cast.write(WIN_BACK.replace("8 %", "9 %"))))
    assert as_json("programmes", "start", "win-back", "--now", now.isoformat())["status"] == "live"
    assert as_json("programmes", "pause", "win-back", "--now", now.isoformat())["status"] == "paused"


def test_a_tick_answers_with_what_it_did(cast: Cast, now: datetime):
    cast.apply()
    cast.customer()
    report = as_json("tick", "--now", (now + HOUR).isoformat())
    assert report["programmes"]["win-back"]["sent"] == 1
    shown = as_json("programmes", "show", "win-back")
    assert shown["steps"][0] == {"step": "0", "kind": "send", "passed": {"done": 1}, "waiting": 0}
    assert as_json("programmes", "list")[0]["enrolled"] == 1


def test_a_naive_instant_is_refused(cast: Cast):
    with pytest.raises(CordialeError, match="no zone"):
        CliRunner().invoke(app, ["tick", "--now", "2026-11-16T10:00:00"], catch_exceptions=False)


def test_decisions_explain_says_why_and_why_not(cast: Cast, now: datetime):
    cast.apply()
    sent, never, elsewhere = cast.customer(), cast.customer(consents=False), cast.customer(dormant=False)
    engine.tick(now + HOUR)
    at = (now + 2 * HOUR).isoformat()
    first = as_json("decisions", "explain", sent.reference, "--now", at)["proposals"][0]
    assert (first["verdict"], first["rule"]) == ("sent", "allowed")
    second = as_json("decisions", "explain", never.reference, "--now", at)["proposals"][0]
    assert (second["verdict"], second["rule"]) == ("refused", "consent")
    third = as_json("decisions", "explain", elsewhere.reference, "--now", at)
    assert third["proposals"] == []
    assert third["why_not"][0]["rule"] == "not-in-segment"
    assert third["why_not"][0]["values"]["rules"][0]["values"] == {"city": "Lyon"}
    french = as_json("decisions", "explain", sent.reference, "--language", "fr")["proposals"][0]
    assert french["words"].startswith("Le consentement pour cette finalité")
    assert "not in win-back" in run("decisions", "explain", elsewhere.reference, "--now", at)
