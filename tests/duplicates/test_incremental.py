"""However customers arrive, the same pairs are open at the end; a part of a base says the same as the whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import duplicates
from cordiale.customers.models import Customer
from cordiale.duplicates import finding
from cordiale.duplicates.linking import engine, training
from cordiale.duplicates.linking.model import shipped
from cordiale.duplicates.models import Compared, Run, Suggestion
from cordiale.duplicates.rules.records import SOURCES
from cordiale.home import Home
from tests.duplicates import generation

pytestmark = pytest.mark.django_db
PEOPLE = generation.base(160, seed=5).to_pylist()


def _arrive(rows: list[dict[str, Any]], now: datetime) -> None:
    Customer.objects.bulk_create(
        Customer(pk=row["unique_id"], reference=str(row["unique_id"]), created_at=now, updated_at=now,
                 **{name: row[name] for name in SOURCES})
        for row in rows
    )  # fmt: skip


def _open() -> list[tuple[int, int, float]]:
    return list(Suggestion.objects.order_by("first", "second").values_list("first_id", "second_id", "probability"))


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_split_of_arrivals_leaves_the_same_pairs_open(data: Any, now: datetime, fresh_home: Home) -> None:
    order = data.draw(st.permutations(PEOPLE))
    cuts = sorted(data.draw(st.lists(st.integers(1, len(PEOPLE)), min_size=1, max_size=3)))
    for one in (Suggestion.objects, Compared.objects, Customer.everyone, Run.objects):
        one.all().delete()
    Run.objects.create(
        at=now, is_full=True, customers=160, compared=160, pairs=0, suggested=0, seconds=0, is_trained=False,
        model=shipped().for_base(160).as_json(),
    )  # fmt: skip
    for start, end in zip([0, *cuts], [*cuts, len(PEOPLE)], strict=True):
        _arrive(order[start:end], now)
        assert not finding.find(now).is_full
    in_parts = _open()
    Suggestion.objects.all().delete()
    Compared.objects.all().delete()
    finding.find(now)
    assert in_parts == _open()
    assert len(in_parts) > 15


def _shares(records: int) -> tuple[float, float, bool]:
    """Precision and recall of pairs from 0.5, and whether the weights were learned from the base itself."""
    table = generation.base(records, seed=9)
    truth = generation.truth(table)
    with engine.opened(table) as base:
        model = training.learn(base, shipped())
        base.pairs(only_new=False)
        found = duplicates.found(list(duplicates.judged(base, model)), 0.5)
    return len(found & truth) / len(found), len(found & truth) / len(truth), model.is_trained


def test_shipped_weights_find_most_and_are_rarely_wrong(fresh_home: Home) -> None:
    precision, recall, is_trained = _shares(4_000)
    assert not is_trained
    assert precision > 0.94
    assert recall > 0.82


@pytest.mark.slow
def test_a_large_base_teaches_its_own_weights(fresh_home: Home) -> None:
    precision, recall, is_trained = _shares(training.ENOUGH)
    assert is_trained
    assert precision > 0.94
    assert recall > 0.85
