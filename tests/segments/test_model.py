"""The compiled query says what a slow second reading in plain Python says, for random expressions and customers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordiale.lake import Lake
from cordiale.segments.rules import parse
from cordiale.segments.rules.compilation import to_sql
from cordiale.segments.rules.sentence import sentence
from tests.segments import generation
from tests.segments.generation import NOW, WORDS
from tests.segments.naive import Person, Reader

SAVED = {name: parse(text, WORDS) for name, text in generation.SEGMENTS.items()}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder: Path = tmp_path_factory.mktemp("lake")
    return Lake(folder)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(generation.expressions, min_size=1, max_size=4), company=generation.people())
def test_the_query_holds_for_whom_the_plain_reading_does(lake: Lake, texts: list[str], company: list[Person]) -> None:
    expressions = [parse(text, WORDS) for text in texts]
    plan = to_sql(expressions, NOW, SAVED)
    rows = lake.query(generation.over_relations(plan.sql), **generation.relations(company, plan)).sort_by("customer_id")
    for number, expression in enumerate(expressions):
        held = [bool(one) for one in rows.column(f"o_{number}").to_pylist()]
        assert held == [Reader(one, NOW, SAVED).holds(expression.root) for one in company], expression.text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=generation.scenarios, company=generation.people(), entries=generation.entries)
def test_a_scenarios_condition_holds_for_each_walk_by_its_own_entry(
    lake: Lake, text: str, company: list[Person], entries: list[tuple[int, datetime]]
) -> None:
    expression = parse(text, WORDS, in_scenario=True)
    plan = to_sql([expression], NOW, SAVED, over_candidates=True)
    walks = [(min(who, len(company)), at) for who, at in entries]
    candidates = pa.table({
        "candidate_id": pa.array(range(len(walks)), pa.int64()),
        "customer_id": pa.array([who for who, _ in walks], pa.int64()),
        "entry": pa.array([at for _, at in walks], generation.INSTANT),
    })  # fmt: skip
    given = generation.relations(company, plan)
    rows = lake.query(generation.over_relations(plan.sql), candidates=candidates, **given).sort_by("candidate_id")
    held = [bool(one) for one in rows.column("o_0").to_pylist()]
    assert held == [Reader(company[who - 1], NOW, SAVED, at).holds(expression.root) for who, at in walks], text


@settings(max_examples=200, deadline=None)
@given(text=generation.expressions)
def test_every_expression_can_be_said_in_both_languages(text: str) -> None:
    root = parse(text, WORDS).root
    for language in ("fr", "en"):
        said = sentence(root, language)
        assert said
        assert "{" not in said


@settings(max_examples=200, deadline=None)
@given(text=generation.expressions)
def test_each_part_read_by_itself_is_the_same_part(text: str) -> None:
    expression = parse(text, WORDS)
    again = parse(expression.written(expression.root), WORDS)
    assert to_sql([again], NOW, SAVED).sql == to_sql([expression], NOW, SAVED).sql
