"""Orders whose lines are replaced: readers see the old ones or the new ones, whatever else is done meanwhile."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordiale import home
from cordiale.lake import Lake, RowsRefused
from cordiale.lake.spark import SparkEngine

from .cast import lines

_BY_ORDER = "SELECT order_id, customer_id, count(*) AS n, sum(amount) AS total FROM order_lines GROUP BY 1, 2"


def _totals(rows: pa.Table) -> dict[str, tuple[int, int, int]]:
    return {row["order_id"]: (row["customer_id"], row["n"], int(row["total"])) for row in rows.to_pylist()}


def test_a_replaced_order_has_exactly_its_new_lines_before_and_after_a_fold(lake: Lake) -> None:
    lake.append("order_lines", lines(("a", 1, ["5", "6"]), ("b", 2, ["7"])))
    lake.fold("order_lines")
    assert lake.replace_orders(["a"], lines(("a", 3, ["9"])))
    assert _totals(lake.query(_BY_ORDER)) == {"a": (3, 1, 9), "b": (2, 1, 7)}
    assert lake.facts["order_lines"].snapshot().rows == 4
    lake.fold("order_lines")
    assert _totals(lake.query(_BY_ORDER)) == {"a": (3, 1, 9), "b": (2, 1, 7)}
    assert lake.facts["order_lines"].snapshot().rows == 2


def test_an_order_replaced_by_nothing_is_gone_even_when_its_bucket_is(lake: Lake) -> None:
    lake.append("order_lines", lines(("a", 1, ["5"])))
    lake.fold("order_lines")
    lake.replace_orders(["a", "unknown"], lines())
    assert lake.query(_BY_ORDER).num_rows == 0
    assert lake.known_orders(["a"]).to_pylist() == []
    lake.fold("order_lines")
    assert lake.facts["order_lines"].snapshot().files == ()


def test_an_application_replaces_once(lake: Lake) -> None:
    lake.append("order_lines", lines(("a", 1, ["5"])))
    assert lake.replace_orders(["a"], lines(("a", 1, ["6"])), app=("shop", 1))
    assert not lake.replace_orders(["a"], lines(("a", 1, ["7"])), app=("shop", 1))
    assert lake.replace_orders(["a"], lines(), app=("shop", 2))
    assert not lake.replace_orders(["a"], lines(("a", 1, ["7"])), app=("shop", 2))
    assert lake.query(_BY_ORDER).num_rows == 0


def test_new_orders_and_folded_ones_leave_the_views_as_they_were(lake: Lake) -> None:
    lake.append("order_lines", lines(("a", 1, ["5"])))
    lake.replace_orders(["b"], lines(("b", 1, ["5"])))
    assert "ANTI JOIN" not in str(lake.state().views(["order_lines"], None))
    lake.replace_orders(["b"], lines(("b", 1, ["6"])))
    assert "ANTI JOIN" in str(lake.state().views(["order_lines"], None))
    lake.fold("order_lines")
    assert "ANTI JOIN" not in str(lake.state().views(["order_lines"], None))


def test_lines_of_an_order_that_is_not_replaced_are_refused(lake: Lake) -> None:
    with pytest.raises(RowsRefused, match="'b' is not among the replaced orders"):
        lake.replace_orders(["a"], lines(("a", 1, ["5"]), ("b", 1, ["5"])))
    assert lake.query(_BY_ORDER).num_rows == 0


def test_present_lines_and_known_orders_are_found_wherever_the_customer_is(lake: Lake) -> None:
    lake.append("order_lines", lines(*((f"o{n}", n, ["1", "2"]) for n in range(60))))
    lake.fold("order_lines")
    lake.replace_orders(["o3"], lines(("o3", 77, ["9"])))
    found = lake.order_lines_of(["o3", "o4", "none"])
    assert sorted((row["order_id"], row["customer_id"]) for row in found.to_pylist()) == [("o3", 77)] + [("o4", 4)] * 2
    assert sorted(lake.known_orders(pa.array(["o3", "o59", "none"])).to_pylist()) == ["o3", "o59"]


def test_readers_and_a_fold_meanwhile_see_whole_orders_only(lake: Lake) -> None:
    orders = [f"o{n}" for n in range(10)]
    lake.append("order_lines", lines(*((order, 1, ["0"]) for order in orders)))
    failures, done = [], threading.Event()

    def read() -> None:
        while not done.is_set():
            rows = lake.query("SELECT count(*) AS n, count(DISTINCT amount) AS a FROM order_lines").to_pylist()[0]
            if rows != {"n": 10, "a": 1}:
                failures.append(rows)

    def fold() -> None:
        while not done.is_set():
            Lake(lake.root, rows_a_bucket=4).fold("order_lines")

    others = [threading.Thread(target=work) for work in (read, read, fold)]
    for other in others:
        other.start()
    for amount in range(1, 21):
        lake.replace_orders(orders, lines(*((order, amount, [str(amount)]) for order in orders)))
    done.set()
    for other in others:
        other.join()
    assert failures == []
    assert set(_totals(lake.query(_BY_ORDER)).values()) == {(20, 1, 20)}


@pytest.fixture
def spark(lake: Lake, fresh_home: home.Home) -> Iterator[SparkEngine]:
    engine = SparkEngine(lake)
    yield engine
    engine.close()


@pytest.mark.spark
def test_spark_reads_replaced_orders_as_duckdb_does(lake: Lake, spark: SparkEngine) -> None:
    lake.append("order_lines", lines(*((f"o{n}", n, ["1", "2"]) for n in range(8))))
    lake.publish_aliases(pa.table({"alias_id": [5], "customer_id": [6]}))
    lake.replace_orders(["o3", "o5", "o7"], lines(("o3", 5, ["9"]), ("o5", 5, ["4"])))
    assert _totals(spark.query(_BY_ORDER)) == _totals(lake.query(_BY_ORDER))
    assert _totals(spark.query(_BY_ORDER))["o3"] == (6, 1, 9)
    assert spark.query("SELECT * FROM order_lines").column_names == lake.query("FROM order_lines").column_names


_ORDERS = st.lists(st.sampled_from("abcdefgh"), max_size=4, unique=True)
_PEOPLE = st.integers(1, 9)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), _ORDERS, _PEOPLE, st.integers(1, 9)),
        st.tuples(st.just("replace"), _ORDERS, _PEOPLE, st.integers(1, 9)),
        st.tuples(st.just("replace"), _ORDERS, _PEOPLE, st.integers(1, 9)),
        st.tuples(st.just("cancel"), _ORDERS),
        st.tuples(st.just("fold")),
        st.tuples(st.just("merge"), st.dictionaries(_PEOPLE, st.integers(13, 15), max_size=2)),
        st.tuples(st.just("erase"), _PEOPLE),
        st.tuples(st.just("remove"), st.sampled_from("abcdefgh")),
    ),
    min_size=3,
    max_size=9,
)


class Model:
    """The order lines as a list of (order, customer, amount)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, int, int]] = []
        self.aliases: dict[int, int] = {}

    def play(self, lake: Lake, step: tuple[object, ...]) -> None:
        match step:
            case ("append", list() as orders, int() as customer, int() as amount):
                lake.append("order_lines", lines(*((order, customer, [str(amount)]) for order in orders)))
                self.lines += [(order, customer, amount) for order in orders]
            case ("replace", list() as orders, int() as customer, int() as amount):
                lake.replace_orders(orders, lines(*((order, customer, [str(amount)]) for order in orders)))
                self._drop(lambda line: line[0] in orders)
                self.lines += [(order, customer, amount) for order in orders]
            case ("cancel", list() as orders):
                lake.replace_orders(orders, lines())
                self._drop(lambda line: line[0] in orders)
            case ("fold",):
                lake.fold("order_lines")
            case _:
                self._more(lake, step)

    def _more(self, lake: Lake, step: tuple[object, ...]) -> None:
        match step:
            case ("merge", dict() as aliases):
                lake.publish_aliases(pa.table({"alias_id": list(aliases), "customer_id": list(aliases.values())}))
                self.aliases = aliases
            case ("erase", int() as customer):
                lake.erase([customer])
                self._drop(lambda line: line[1] == customer)
                self.aliases = {alias: other for alias, other in self.aliases.items() if alias != customer}
            case ("remove", str() as order):
                lake.remove("order_lines", "order_id", [order])
                self._drop(lambda line: line[0] == order)

    def _drop(self, is_gone: object) -> None:
        self.lines = [line for line in self.lines if not is_gone(line)]  # type: ignore[operator]

    def rows(self) -> list[tuple[str, int, int]]:
        return sorted((order, self.aliases.get(customer, customer), amount) for order, customer, amount in self.lines)


def _read(lake: Lake) -> list[list[tuple[str, int, int]]]:
    sql = "SELECT order_id, customer_id, CAST(amount AS INTEGER) AS amount FROM order_lines"
    parts = [lake.query(sql), pa.concat_tables(lake.per_customer(sql)), lake.query(sql, only_customers=range(20))]
    return [sorted((row["order_id"], row["customer_id"], row["amount"]) for row in p.to_pylist()) for p in parts]


@settings(max_examples=40, deadline=None)
@given(_STEPS)
def test_whatever_is_done_the_lake_reads_as_a_list_of_lines_would(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake, model = Lake(Path(folder) / "lake", rows_a_bucket=3), Model()
        for step in steps:
            model.play(lake, step)
            assert _read(lake) == [model.rows()] * 3
