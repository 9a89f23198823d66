"""Scores are learnt from the past alone, judged on what followed, and refused where the past is too short."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cordiale.customers.models import Customer
from cordiale.errors import NotFound, Refused
from cordiale.insight import actions as insight
from cordiale.insight import queries as traits
from cordiale.lake import open_lake
from cordiale.scores import actions, artifacts, definitions, observing, probability, queries, schemas
from cordiale.scores.learnt import told
from cordiale.scores.models import ScoreRun, ScoreVersion, Term

from . import base

pytestmark = pytest.mark.django_db


def fitted(now: datetime) -> ScoreVersion:
    return actions.fit("lapse_risk", actor="test", now=now)


def test_a_score_is_learnt_judged_and_in_force(filled: datetime) -> None:
    version = fitted(filled)

    assert queries.find_in_force("lapse_risk") == version
    assert version.card["evaluation"]["measures"]["auc"]["value"] > 0.6
    assert version.card["judged_at"] < version.card["until"]
    assert all(moment <= version.card["judged_at"] for moment in version.card["moments"])


def test_its_values_are_a_column_of_the_snapshot_for_those_it_is_about(filled: datetime) -> None:
    version = fitted(filled)
    day = insight.ensure_snapshot(filled)

    rows = open_lake().query("SELECT lifecycle_stage, lapse_risk FROM traits", day)
    about = pc.is_in(rows["lifecycle_stage"], pa.array(definitions.get_score("lapse_risk").among))
    assert pc.is_valid(rows["lapse_risk"]).to_pylist() == about.to_pylist()
    assert 0 <= pc.min(rows["lapse_risk"]).as_py() <= pc.max(rows["lapse_risk"]).as_py() <= 1
    assert ScoreRun.objects.get().version == version


def test_a_gate_that_refuses_says_what_there_is_and_what_is_needed(filled: datetime) -> None:
    base.declare(base.LAPSE.replace("buyers: 60", "buyers: 5000"))

    version = fitted(filled)

    assert version.refusals == [{"measure": "buyers", "have": 240, "need": 5000, "is_passed": False}]
    assert queries.find_in_force("lapse_risk") is None
    insight.ensure_snapshot(filled)
    assert open_lake().query("SELECT count(lapse_risk) AS n FROM traits")["n"].to_pylist() == [0]


def test_a_gate_that_no_longer_opens_ends_the_score_and_is_told_once(filled: datetime) -> None:
    fitted(filled)
    base.declare(base.LAPSE.replace("history: 90", "history: 900"))

    for hours in (1, 2):
        fitted(filled + timedelta(hours=hours))

    assert queries.find_in_force("lapse_risk") is None
    assert [one.is_usable for one in queries.list_versions("lapse_risk")] == [False, True]


def test_what_happens_after_the_moment_has_no_influence_on_what_is_known_at_it(filled: datetime) -> None:
    score, until = definitions.get_score("lapse_risk"), filled - timedelta(days=28)
    before = observing.observe(score, until, 28, 240)

    spy = [(pk, until + timedelta(hours=pk), 9999.0) for pk in range(1, 101)]
    open_lake().append("order_lines", base.order_table(spy))
    after = observing.observe(score, until, 28, 240)

    assert after.features.equals(before.features)
    assert after.outcome.sum() < before.outcome.sum()


def test_the_judge_s_window_has_no_part_in_what_is_learnt_for_it(filled: datetime) -> None:
    score, past = definitions.get_score("lapse_risk"), observing.past(filled)
    judged, _ = probability._judged(score, past)

    ends = [one.as_of + timedelta(days=one.horizon) for one in probability._earlier(score, past, judged)]

    assert max(ends) <= judged.as_of
    assert judged.as_of + timedelta(days=judged.horizon) == past.until


def test_a_day_before_the_first_version_is_worked_out_with_the_present_one_and_says_so(filled: datetime) -> None:
    version = fitted(filled)

    insight.snapshot_at(filled - timedelta(days=40))

    run = ScoreRun.objects.get()
    assert (run.version, run.is_retroactive) == (version, True)


def test_going_back_to_a_version_gives_its_values_again(filled: datetime) -> None:
    first = fitted(filled)
    second = fitted(filled + timedelta(hours=1))

    actions.roll_back("lapse_risk", 1, actor="test", reason="odd values", now=filled + timedelta(hours=2))

    assert queries.find_in_force("lapse_risk") == first
    assert queries.find_in_force("lapse_risk", filled + timedelta(minutes=90)) == second
    assert [schemas.state(one) for one in queries.list_versions("lapse_risk")] == ["superseded", "in force"]
    with pytest.raises(Refused, match="in force already"):
        actions.roll_back("lapse_risk", 1, actor="test", reason="again", now=filled)


def test_restricted_customers_have_no_score_and_teach_nothing(filled: datetime) -> None:
    Customer.objects.filter(pk__lte=40).update(restricted_at=filled)
    version = fitted(filled)
    day = insight.ensure_snapshot(filled)

    rows = traits.traits_of(range(1, 241), day)
    assert rows.filter(pc.less_equal(rows["customer_id"], 40))["lapse_risk"].null_count == 40
    assert version.card["customers"] <= 200


def test_the_model_s_file_names_nobody(filled: datetime) -> None:
    version = fitted(filled)
    path = artifacts.folder() / version.artifact

    content = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert not [word for word in (b"example.org", b"C17", b"customer_id") if word in content]


def test_a_changed_file_is_not_believed(filled: datetime) -> None:
    version = fitted(filled)
    (artifacts.folder() / version.artifact).write_bytes(b"something else")
    probability._model.cache_clear()

    insight.ensure_snapshot(filled)

    assert open_lake().query("SELECT count(lapse_risk) AS n FROM traits")["n"].to_pylist() == [0]
    assert not ScoreRun.objects.exists()


def test_a_fit_that_is_cut_off_leaves_nothing(filled: datetime) -> None:
    def cut() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.fit("lapse_risk", actor="test", now=filled, step=cut)

    assert not ScoreVersion.objects.exists()
    assert not Term.objects.exists()
    assert list(artifacts.folder().iterdir()) == []


def test_an_unknown_score_is_refused_with_those_there_are(filled: datetime) -> None:
    with pytest.raises(NotFound, match="there are lapse_risk"):
        actions.fit("lapse", actor="test", now=filled)


def test_a_ratio_to_nothing_is_kept_as_unknown() -> None:
    assert told({"ratio": float("nan"), "bins": (1.5, float("inf"))}) == {"ratio": None, "bins": [1.5, None]}
