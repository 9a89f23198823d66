"""What a builder asks for: counts of a tree, stopping them, and the words it can offer."""

from __future__ import annotations

import threading
import time
from typing import Any

import pyarrow as pa
import pytest

from cordiale.errors import NotFound
from cordiale.lake import Lake, Stop, Stopped
from cordiale.segments import queries
from cordiale.segments.queries import counting
from cordiale.segments.rules import tree_json
from tests.segments.conftest import NOW, event

TREE: Any = {"type": "all", "parts": [
    {"type": "flag", "field": "has_email"},
    {"type": "not", "part": {"type": "compare", "sign": "=", "left": {"type": "field", "name": "city"},
                             "right": {"type": "text", "value": "Paris"}}},
]}  # fmt: skip
SLOW = "SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE (a.range * b.range) % 7 = 3"


def test_a_tree_is_counted_with_each_of_its_rules(snapshot: dict[str, int]) -> None:
    expression = tree_json.load(TREE, queries.vocabulary())
    found = queries.counts(expression, NOW)
    assert (found.matching, found.of, found.share, found.samples) == (2, 5, 0.4, [1, 4])
    assert [(one.path, one.matching) for one in found.rules] == [
        ("", 2), ("parts/0", 3), ("parts/1", 4), ("parts/1/part", 1),
    ]  # fmt: skip


def test_reach_is_consent_and_an_address_that_nobody_opposed(snapshot: dict[str, int]) -> None:
    found = {(one.purpose, one.channel): one.customers for one in queries.counts("true", NOW).reach}
    assert (found["offers", "email"], found["offers", "sms"], found["offers", "letter"]) == (2, 0, 0)


def test_words_of_the_catalogue_are_in_the_language(snapshot: dict[str, int]) -> None:
    found = queries.catalogue("fr")
    words = {one.name: one for one in found.fields}
    assert words["city"].title == "ville"
    assert words["income"].group == "declared"
    assert {one.name for one in found.functions} >= {"orders", "answers", "entries"}
    assert [one.value for one in queries.top_values("orders.category", NOW)][:2] == ["wine", "bread"]
    assert ("fr", 3) in [(one.value, one.many) for one in queries.top_values("language", NOW)]
    with pytest.raises(NotFound):
        queries.top_values("orders.customer_id", NOW)


def test_a_running_query_is_stopped_within_bounded_time(tmp_path: Any) -> None:
    stop, ended = Stop(), threading.Event()

    def run() -> None:
        with pytest.raises(Stopped):
            Lake(tmp_path).query(SLOW, stop=stop)
        ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.3)
    stop.request()
    assert ended.wait(10)
    thread.join()


def test_a_pass_over_many_buckets_is_stopped_in_all_of_them(tmp_path: Any) -> None:
    lake, stop, came = Lake(tmp_path, rows_a_bucket=20), Stop(), []
    lake.append("events", pa.Table.from_pylist([event(number, number / 10, "Seen") for number in range(1, 200)]))
    lake.fold("events")
    slow = (
        "SELECT e.customer_id, count(*) AS n FROM events e, range(30000000) a WHERE (a.range * e.customer_id) % 7 = 3"
    )

    def run() -> None:
        try:
            came.extend(lake.per_customer(f"{slow} GROUP BY e.customer_id", stop=stop))
        except Stopped as error:
            came.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.3)
    stop.request()
    thread.join(10)
    assert not thread.is_alive()
    assert isinstance(came[-1], Stopped)


def test_a_count_that_was_stopped_before_it_began_never_runs(snapshot: dict[str, int]) -> None:
    stop = Stop()
    stop.request()
    with pytest.raises(Stopped):
        queries.counts("true", NOW, cancel=stop)


def test_an_editors_next_count_stops_the_one_before() -> None:
    with counting.only_the_latest("editor") as first, counting.only_the_latest("editor") as second:
        assert first.is_requested
        assert not second.is_requested
        assert counting.cancel("editor")
        assert second.is_requested
    assert not counting.cancel("editor")
