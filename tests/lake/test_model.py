"""Whatever the order of appends, folds and merges, the lake reads as a plain list of facts would."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from cordiale.lake import Lake

from .cast import events

_PEOPLE = st.integers(1, 12)
_APPEND = st.tuples(st.just("append"), st.lists(_PEOPLE, max_size=9), st.none() | st.integers(0, 3))
_FOLD = st.tuples(st.just("fold"))
_MERGE = st.tuples(st.just("merge"), st.dictionaries(_PEOPLE, st.integers(13, 15), max_size=3))
_STEPS = st.lists(st.one_of(_APPEND, _APPEND, _FOLD, _MERGE), min_size=2, max_size=8)


class Model:
    """The lake as a list: what each event is, whose, and which versions of one application are written."""

    def __init__(self) -> None:
        self.facts: list[int] = []
        self.aliases: dict[int, int] = {}
        self.version = -1

    def append(self, customers: list[int], version: int | None) -> None:
        if version is not None and version <= self.version:
            return
        self.facts += customers
        if version is not None and customers:
            self.version = version

    def counts(self) -> Counter[int]:
        return Counter(self.aliases.get(customer, customer) for customer in self.facts)


def _play(lake: Lake, model: Model, step: tuple[object, ...], first: int) -> None:
    match step:
        case ("append", list() as customers, version):
            app = None if version is None else ("model", version)
            lake.append("events", events(customers, first=first), app=app)
            model.append(customers, version)
        case ("fold",):
            lake.fold("events")
        case ("merge", dict() as aliases):
            lake.publish_aliases(pa.table({"alias_id": list(aliases), "customer_id": list(aliases.values())}))
            model.aliases = aliases


def _read(lake: Lake) -> list[Counter[int]]:
    sql = "SELECT customer_id, count(*) AS n FROM events GROUP BY customer_id"
    whole = lake.query(sql)
    parts = pa.concat_tables(lake.per_customer(sql))
    some = lake.query(sql, only_customers=list(range(1, 20)))
    return [Counter({row["customer_id"]: row["n"] for row in rows.to_pylist()}) for rows in (whole, parts, some)]


@settings(max_examples=25, deadline=None)
@given(_STEPS)
def test_the_lake_reads_as_a_list_of_facts_would(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake, model = Lake(Path(folder) / "lake", rows_a_bucket=5), Model()
        for number, step in enumerate(steps):
            _play(lake, model, step, first=number * 100)
        assert _read(lake) == [model.counts()] * 3
