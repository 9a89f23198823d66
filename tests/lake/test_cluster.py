"""Every shared definition gives the same rows on a real Spark cluster, which loses a worker now and then."""

from __future__ import annotations

import logging
import math
import shutil
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from cordiale import home
from cordiale.demo.journey import Journey
from cordiale.errors import CordialeError, Unavailable
from cordiale.insight import actions, queries
from cordiale.lake import Lake, Stop, Stopped, choosing, open_lake, spark_session
from cordiale.lake.choosing import EngineName
from cordiale.lake.spark_lake import SparkLake
from cordiale.measure.queries import dashboard, windows
from cordiale.scores import observing
from cordiale.segments.queries import evaluation
from cordiale.segments.rules import parse
from cordiale.segments.rules.compilation import to_sql
from tests.insight import conftest as insight_cast
from tests.insight.conftest import Shop
from tests.insight.test_language import NEW, facts
from tests.insight.test_traits import write
from tests.ports import free_port
from tests.segments import test_parity as language
from tests.segments.generation import WORDS

from .cast import events, lines
from .cluster import Cluster

pytestmark = [pytest.mark.spark, pytest.mark.slow]
HOUSEHOLDS = 300
SEGMENTS = Path(__file__).parents[2] / "programmes" / "segments.yaml"
LONG = "SELECT sum((a.k * b.k) % 7) AS n FROM p a CROSS JOIN p b"
T = TypeVar("T")
shop, lake = insight_cast.shop, language.lake


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    spark_session.stop()
    cluster.stop()


@pytest.fixture
def at_cluster(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The cluster, as what the environment names; whether Spark computes is still to be said."""
    monkeypatch.setenv(choosing.MASTER, cluster.master)
    monkeypatch.delenv(choosing.ENGINE, raising=False)
    return cluster


class OnBoth:
    """Asks the same of both engines; nothing that was asked of Spark may have been left to DuckDB."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        self._monkeypatch, self._caplog = monkeypatch, caplog

    def __call__(self, ask: Callable[[], T]) -> tuple[T, T]:
        here = ask()
        with self._monkeypatch.context() as changed, self._caplog.at_level(logging.INFO, "cordiale.lake"):
            changed.setenv(choosing.ENGINE, EngineName.SPARK)
            assert open_lake().name == "Spark"
            there = ask()
        assert [one.message for one in self._caplog.records if "DuckDB answers" in one.message] == []
        return here, there


@pytest.fixture
def on_both(at_cluster: Cluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> OnBoth:
    return OnBoth(monkeypatch, caplog)


@pytest.fixture(scope="session")
def journey(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """A lake with the real orders, redemptions and mailings of some households, and their numbers."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("CORDIALE_HOME", str(tmp_path_factory.mktemp("journey")))
        told = Journey(today=date(2026, 11, 16), zone="Europe/Paris", sample=HOUSEHOLDS)
        numbers = [household.number for household in told.households()]
        ids = pa.array(numbers, pa.int64())
        known = pa.table({"household_id": ids, "customer_id": ids})
        open_lake().append("order_lines", told.order_lines(known))
        open_lake().append("events", told.redemptions(known))
        open_lake().append("messages", told.mailings(known))
        open_lake().fold("order_lines")
        return home.current().lake, numbers


@pytest.fixture
def households(shop: Shop, journey: tuple[Path, list[int]]) -> Shop:
    """The shop of these households, its traits computed for a day in spring and for today."""
    lake, numbers = journey
    shutil.copytree(lake, home.current().lake, dirs_exist_ok=True)
    shop.customers(*numbers)
    actions.compute_day(date(2026, 4, 1), shop.now)
    actions.ensure_snapshot(shop.now)
    return shop


def require_same(here: pa.Table, there: pa.Table) -> None:
    """Row by row: the same columns, types and values; figures summed up in another order to twelve digits."""
    assert here.schema == there.schema
    assert here.num_rows == there.num_rows > 0
    order = [(name, "ascending") for name in here.column_names]
    ours, theirs = here.sort_by(order), there.sort_by(order)
    for name in here.column_names:
        pairs = zip(ours[name].to_pylist(), theirs[name].to_pylist(), strict=True)
        assert [pair for pair in pairs if not _same(*pair)][:3] == [], name


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-12)
    return bool(ours == theirs)


def everybody(now: datetime) -> pa.Table:
    return pa.concat_tables(list(actions.compute_at(now)))


def test_real_customers_have_the_same_traits_scores_and_stages(households: Shop, on_both: OnBoth) -> None:
    here, there = on_both(lambda: everybody(households.now))
    assert here.num_rows == HOUSEHOLDS
    require_same(here, there)


@pytest.mark.django_db
def test_traits_of_the_company_s_own_are_the_same_at_every_edge(shop: Shop, on_both: OnBoth) -> None:
    shop.customers(*range(1, 101))
    (home.current().company / "traits.yaml").write_text(f"traits:\n{textwrap.indent(''.join(NEW.values()), '  ')}")
    rows = facts(7, customers=80)
    write(shop, rows)
    shop.write("answers", rows["answers"])
    require_same(*on_both(lambda: everybody(shop.now)))


def test_a_day_is_kept_by_the_cluster_as_by_duckdb(
    households: Shop, at_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = open_lake().query("SELECT * FROM traits")
    monkeypatch.setenv(choosing.ENGINE, EngineName.SPARK)
    actions.compute_day(date(2026, 11, 16), households.now, again=True)
    require_same(kept, open_lake().query("SELECT * FROM traits"))


def test_people_moved_between_the_same_stages(households: Shop, on_both: OnBoth) -> None:
    here, there = on_both(lambda: queries.flows(date(2026, 4, 1), date(2026, 11, 16)))
    assert len(here) > 5
    assert {(one.origin, one.target, one.customers) for one in here} == {
        (one.origin, one.target, one.customers) for one in there
    }
    here_of, there_of = on_both(lambda: queries.customers_in_stage("active"))
    assert sorted(here_of) == sorted(there_of) != []


def test_the_demo_s_segments_have_the_same_members(households: Shop, on_both: OnBoth) -> None:
    said = {name: parse_one(one["expression"]) for name, one in YAML(typ="safe").load(SEGMENTS.read_text()).items()}
    day = date(2026, 11, 16)
    here, there = on_both(
        lambda: [ids.tolist() for ids in evaluation.matching(list(said.values()), day, households.now)]
    )
    assert dict(zip(said, here, strict=True)) == dict(zip(said, there, strict=True))
    assert sum(map(bool, here)) >= 6
    counted_here, counted_there = on_both(lambda: evaluation.count_each(list(said.values()), households.now))
    assert [one.matching for one in counted_here] == [one.matching for one in counted_there] == list(map(len, here))


def parse_one(text: str) -> Any:
    from cordiale.segments.queries.language import parse as with_our_words

    return with_our_words(text)


def test_each_construct_of_segments_holds_for_the_same_customers(lake: Lake, on_both: OnBoth) -> None:
    plan = to_sql([parse(text, WORDS) for text in language.TEXTS], language.NOW, language.saved())
    require_same(*on_both(lambda: open_lake().query(plan.sql, language.DAY, **language.relations())))


def test_figures_of_the_dashboard_and_of_programmes_are_the_same(households: Shop, on_both: OnBoth) -> None:
    now = households.now
    here, there = on_both(lambda: dashboard.dashboard_figures(now))
    assert here == there
    assert here.revenue.value > 0
    anchor = int((now - timedelta(days=60)).timestamp() * 1_000_000)
    found = pa.table({
        "customer_id": pa.array(range(1, 200), pa.int64()), "anchor_us": pa.array([anchor] * 199, pa.int64()),
        "treated": [number % 2 == 0 for number in range(1, 200)],
    })  # fmt: skip
    did_here, did_there = on_both(lambda: windows.behaviour_of(open_lake(), found, timedelta(days=28)))
    for name in windows.Windows.__dataclass_fields__:
        assert getattr(did_here, name).tolist() == getattr(did_there, name).tolist(), name


def test_what_scores_learn_from_is_the_same(households: Shop, on_both: OnBoth) -> None:
    now, start = households.now, households.now - timedelta(days=90)
    here, there = on_both(lambda: observing.past(now))
    assert here == there
    require_same(*on_both(lambda: observing.orders_in(start, now)))
    require_same(*on_both(lambda: pa.concat_tables(list(observing.buyers_at(start)))))


def test_parts_hold_each_customer_once_however_many_buckets_there_are(
    at_cluster: Cluster, tmp_path: Path, fresh_home: home.Home
) -> None:
    here = Lake(tmp_path / "lake", rows_a_bucket=40)
    here.append("events", events([number % 150 for number in range(600)]))
    here.fold("events")
    here.append("events", events(range(300, 330), first=600))
    here.publish_aliases(pa.table({"alias_id": [3, 310], "customer_id": [4, 5]}))
    sql = "SELECT customer_id, count(*) AS n, avg(epoch_us(e.ts)) AS mean, max(w.label) AS label FROM customers c JOIN"
    sql += " events e USING (customer_id) CROSS JOIN words w GROUP BY customer_id"
    given = {"customers": pa.table({"customer_id": pa.array(range(320), pa.int64())}),
             "words": pa.table({"label": ["a", "b"]})}  # fmt: skip
    there = list(SparkLake(here.root).per_customer(sql, **given))
    assert len(there) > 4
    require_same(pa.concat_tables(list(here.per_customer(sql, **given))), pa.concat_tables(there))
    assert list((here.root / "_tmp").glob("*/rows")) == []


def test_a_table_too_large_to_send_and_a_replaced_order_are_read_from_files(
    at_cluster: Cluster, tmp_path: Path, fresh_home: home.Home
) -> None:
    here = Lake(tmp_path / "lake")
    here.append("order_lines", lines(("o1", 1, ["5.00", "1.10"]), ("o2", 2, ["7.00"])))
    here.replace_orders(["o1"], lines(("o1", 1, ["3.00"])))
    many = pa.table({"customer_id": pa.array(range(5_000_000), pa.int64())})
    sql = "SELECT c.customer_id, sum(amount) AS paid FROM customers c JOIN order_lines l USING (customer_id)"
    sql += " WHERE ts > ? AND l.order_id <> ? GROUP BY 1"
    bind = [datetime.fromisoformat("2026-01-01T00:00:00+00:00"), "l'été ?"]
    require_same(here.query(sql, bind=bind, customers=many), SparkLake(here.root).query(sql, bind=bind, customers=many))


def test_workers_may_know_the_lake_by_another_name(
    at_cluster: Cluster, tmp_path: Path, fresh_home: home.Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Lake(tmp_path / "lake", rows_a_bucket=40)
    here.append("events", events([number % 50 for number in range(200)]))
    here.fold("events")
    sql = "SELECT customer_id, count(*) AS n FROM events GROUP BY customer_id"
    expected = here.query(sql)
    (tmp_path / "bucket").symlink_to(here.root)
    monkeypatch.setenv(choosing.FILES, f"file://{tmp_path}/bucket/")
    require_same(expected, SparkLake(here.root).query(sql))
    require_same(expected, pa.concat_tables(list(SparkLake(here.root).per_customer(sql))))
    monkeypatch.setenv(choosing.FILES, f"file://{tmp_path}/elsewhere")
    with pytest.raises(Unavailable, match=f"{tmp_path}/elsewhere/events"):
        SparkLake(here.root).query(sql)


def numbers(many: int) -> pa.Table:
    return pa.table({"k": pa.array(range(many), pa.int64())})


MANY = 30_000


def is_working(context: Any) -> bool:
    tracker = context.statusTracker()
    stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
    return any(stage is not None and stage.numActiveTasks for stage in stages)


def while_it_runs(at: SparkLake, act: Callable[[], None], **more: Any) -> list[Any]:
    """Ask something long, act once workers are at it, and give what came of it."""
    came: list[Any] = []

    def ask() -> None:
        try:
            came.append(at.query(LONG, p=numbers(MANY), **more)["n"][0].as_py())
        except CordialeError as error:
            came.append(error)

    context = spark_session.session(home.current().run, choosing.master()).sparkContext
    thread = threading.Thread(target=ask)
    thread.start()
    asked = 1
    while not is_working(context):
        if not thread.is_alive():  # over before anybody looked
            assert asked < 10, came
            came.clear()
            thread, asked = threading.Thread(target=ask), asked + 1
            thread.start()
        time.sleep(0.05)
    act()
    assert came == []
    thread.join()
    return came


def test_a_query_that_loses_a_worker_is_still_right(at_cluster: Cluster, fresh_home: home.Home) -> None:
    (came,) = while_it_runs(SparkLake(home.current().lake), at_cluster.kill_a_worker)
    remainders = [sum(1 for number in range(MANY) if number % 7 == rest) for rest in range(7)]
    assert came == sum(a * b % 7 * remainders[a] * remainders[b] for a in range(7) for b in range(7))
    at_cluster.add_a_worker()


def test_a_query_can_be_stopped(at_cluster: Cluster, fresh_home: home.Home) -> None:
    stop = Stop()
    threads: list[threading.Thread] = [threading.Thread(target=stop.request)]
    (came,) = while_it_runs(SparkLake(home.current().lake), threads[0].start, stop=stop)
    threads[0].join()
    assert isinstance(came, Stopped)
    with pytest.raises(Stopped):
        SparkLake(home.current().lake).query("SELECT 1 AS x", stop=stop)


def test_where_no_master_answers_the_error_names_its_address(
    fresh_home: home.Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv(choosing.MASTER, f"spark://127.0.0.1:{port}")
    with pytest.raises(Unavailable, match=f"no Spark master answers at spark://127.0.0.1:{port} .*start-master.sh"):
        SparkLake(home.current().lake).query("SELECT 1 AS x")
