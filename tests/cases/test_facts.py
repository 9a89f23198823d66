"""Steps of cases as facts: exactly once in the lake, found by segments, following their customer."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from cordiale.cases import actions, flushing, holding
from cordiale.cases.models import Batch, Case, CaseFact, CaseNote
from cordiale.cases.rules import Opening
from cordiale.customers import timeline
from cordiale.customers.models import Customer
from cordiale.insight.actions import ensure_snapshot
from cordiale.lake import open_lake
from cordiale.segments import queries as segments
from tests.cases.conftest import OpenCase

HOUR = timedelta(hours=1)


def in_lake() -> list[dict[str, Any]]:
    return open_lake().query("SELECT * FROM events ORDER BY ts, event_id").to_pylist()


def test_each_step_reaches_the_lake_once(opened: OpenCase, now: datetime) -> None:
    case = opened()
    actions.resolve(case.pk, "Done.", actor="test", now=now + HOUR)
    assert (flushing.flush(now), flushing.flush(now)) == (3, 0)
    assert [one["name"] for one in in_lake()] == ["Case Opened", "Case Answered", "Case Resolved"]
    assert json.loads(in_lake()[2]["properties"])["hours_to_resolution"] == 1.0


def test_a_flush_cut_off_after_the_lake_has_the_facts_writes_none_twice(opened: OpenCase, now: datetime) -> None:
    opened()
    flushing.flush(now)
    Batch.objects.update(is_written=False)  # the crash came before our commit
    opened()
    assert flushing.flush(now) == 2
    assert len(in_lake()) == 2


def test_a_flush_cut_off_before_the_lake_has_them_writes_them_later(opened: OpenCase, now: datetime) -> None:
    opened()
    batch = Batch.objects.create()
    CaseFact.objects.update(batch=batch)
    assert flushing.flush(now) == 1
    assert len(in_lake()) == 1


def test_a_refused_step_leaves_no_fact(opened: OpenCase, now: datetime) -> None:
    case = opened()
    with pytest.raises(Exception, match="empty"):
        actions.answer(case.pk, "  ", actor="test", now=now)
    assert CaseFact.objects.count() == 1


def test_a_segment_finds_who_opened_a_case(opened: OpenCase, anne: Customer, now: datetime) -> None:
    Customer.objects.create(reference="bert", created_at=anne.created_at, updated_at=now)
    opened(at=now - HOUR)
    flushing.flush(now)
    ensure_snapshot(now)
    text = "events('Case Opened', last => '30 days') >= 1"
    assert list(segments.members_of(text, now, limit=10).customer_ids) == [anne.pk]


def test_a_case_is_one_entry_of_the_timeline_and_its_facts_no_visit(
    opened: OpenCase, anne: Customer, now: datetime
) -> None:
    case = opened()
    flushing.flush(now)
    found = timeline.read(timeline.Asked(customer_id=anne.pk))
    assert [(one.kind, one.title) for one in found.entries] == [("case", case.subject)]
    assert found.counts["case"] == {"phone": 1}


def test_cases_follow_the_survivor_of_a_merge_and_come_back(opened: OpenCase, anne: Customer, now: datetime) -> None:
    twin = Customer.objects.create(reference="anne-2", created_at=now, updated_at=now)
    case = opened()
    undo = holding.merge(twin.pk, anne.pk, now)
    assert Case.objects.get().customer_id == twin.pk
    later = actions.open_case(Opening(customer_id=twin.pk, channel="web", subject="Another"), actor="test", now=now)
    holding.unmerge(twin.pk, anne.pk, json.loads(json.dumps(undo)), now)
    assert dict(Case.objects.values_list("id", "customer_id")) == {case.pk: anne.pk, later.pk: twin.pk}


def test_erasure_keeps_the_figures_and_no_word(opened: OpenCase, anne: Customer, now: datetime) -> None:
    case = opened(text="I am Anne Roux")
    actions.resolve(case.pk, "Dear Anne", actor="test", now=now + HOUR)
    actions.rate(case.pk, 5, "Anne is happy", actor="test", now=now + HOUR)
    assert holding.erase([anne.pk], now + HOUR) == 1
    kept = Case.objects.get()
    assert (kept.customer, kept.subject, kept.text, kept.satisfaction_comment) == (None, "", "", "")
    assert (kept.satisfaction, kept.resolved_at) == (5, now + HOUR)
    assert not CaseNote.objects.exists()
    assert flushing.flush(now + HOUR) == 0


def test_an_export_holds_everything_said(opened: OpenCase, anne: Customer, now: datetime) -> None:
    case = opened(text="Please")
    actions.note(case.pk, "Be kind", actor="paul", now=now)
    exported = holding.export([anne.pk])
    assert exported is not None
    assert json.loads(json.dumps(exported))[0]["notes"][0]["text"] == "Be kind"
    assert holding.export([0]) is None
