"""Reading the company's own databases and files: nothing missed, nothing twice, nothing said of passwords."""

from __future__ import annotations

import json
import shutil
import socket as sockets
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pymysql
import pytest
from django.db import connection

from cordiale.connectors import actions, inbox, pulling
from cordiale.connectors.models import Connector, Inbound, State
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, Unavailable
from cordiale.jobs.models import Job
from cordiale.lake import open_lake

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
PEOPLE = "kind: customer\nfields: {reference: id, email: mail, first_name: name, at: changed}"
ORDERS = """
kind: order
fields: {order_id: number, at: placed, updated_at: changed, reference: customer, status: state}
lines: {each: lines, product_id: sku, quantity: units, amount: paid}
"""
SERVERS = ("/usr/sbin/mariadbd", "/usr/sbin/mysqld")


def add(kind: str, address: str, **settings: Any) -> Connector:
    told = {"mapping": PEOPLE, "cursor": "changed", **settings}
    return actions.add(kind, "source", told, secret=address, actor="cli", now=NOW).connector


def pull(connector: Connector, now: datetime = NOW) -> int:
    return pulling.pull(Connector.objects.get(pk=connector.pk), now)


def emails() -> list[str]:
    return sorted(Customer.objects.values_list("email", flat=True))


@pytest.fixture
def address() -> str:
    told = connection.settings_dict
    return f"host={told['HOST']} port={told['PORT'] or 5432} user={told['USER']} dbname={told['NAME']}"


@pytest.fixture
def people(address: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(address, autocommit=True) as shop:
        shop.execute("create table shop_people (id int, mail text, name text, changed timestamptz)")
        yield shop
        shop.execute("drop table shop_people")


def put(shop: psycopg.Connection[Any], number: int, mail: str, changed: datetime) -> None:
    shop.execute("insert into shop_people values (%s, %s, 'A', %s)", [number, mail, changed])


def test_a_pull_reads_what_is_new_and_only_that(people: psycopg.Connection[Any], address: str) -> None:
    source = add("postgresql", address, query="select * from shop_people where name like '%A%'")
    put(people, 1, "a@b.fr", NOW - timedelta(hours=2))
    assert pull(source) == 1
    put(people, 2, "c@d.fr", NOW - timedelta(hours=1))
    assert (pull(source), pull(source)) == (1, 0)
    assert emails() == ["a@b.fr", "c@d.fr"]
    assert not Inbound.objects.filter(body__isnull=False).exists()


def test_a_row_dated_before_others_and_committed_after_them_is_not_missed(
    people: psycopg.Connection[Any], address: str
) -> None:
    source = add("postgresql", address, query="select * from shop_people", overlap=15)
    with psycopg.connect(address) as slow:
        put(slow, 1, "late@b.fr", NOW - timedelta(minutes=10))
        put(people, 2, "c@d.fr", NOW - timedelta(minutes=1))
        assert pull(source) == 1
        slow.commit()
    assert pull(source) == 1
    assert emails() == ["c@d.fr", "late@b.fr"]


def test_more_rows_than_a_batch_with_one_cursor_value_all_come(people: psycopg.Connection[Any], address: str) -> None:
    source = add("postgresql", address, query="select * from shop_people")
    people.execute("insert into shop_people select n, n || '@b.fr', 'A', %s from generate_series(1, 2100) n", [NOW])
    assert pull(source) == 2_100
    assert pull(source) == 0
    assert Customer.objects.count() == 2_100


def test_a_row_that_cannot_be_taken_keeps_no_other_waiting(people: psycopg.Connection[Any], address: str) -> None:
    source = add("postgresql", address, query="select * from shop_people")
    people.execute("insert into shop_people values (1, 'a@b.fr', 'A', now()), (null, null, 'Nobody', now())")
    assert pull(source) == 2
    dead = Inbound.objects.get(state=State.DEAD)
    assert "nobody is named" in dead.reason
    assert json.loads(bytes(dead.body or b""))[0]["name"] == "Nobody"
    assert emails() == ["a@b.fr"]
    assert pull(source) == 0


def test_a_bad_email_is_left_out_and_noted_not_the_person(people: psycopg.Connection[Any], address: str) -> None:
    source = add("postgresql", address, query="select * from shop_people")
    people.execute("insert into shop_people values (1, 'not an email', 'Zoé', now())")
    pull(source)
    assert (Customer.objects.get().first_name, Customer.objects.get().email) == ("Zoé", "")
    assert "email" in Inbound.objects.get().reason


@pytest.mark.parametrize("query", [
    "select * from shop_nobody", "delete from shop_people returning *", "select id from shop_people",
    "select 1; select 2",
])  # fmt: skip
def test_a_query_that_is_wrong_or_writes_is_refused(people: psycopg.Connection[Any], address: str, query: str) -> None:
    put(people, 1, "a@b.fr", NOW)
    source = add("postgresql", address, query=query)
    with pytest.raises(CordialeError, match=r"the query fails|no column"):
        pull(source)
    assert people.execute("select count(*) from shop_people").fetchone() == (1,)


@pytest.mark.parametrize(("kind", "address"), [
    ("postgresql", "postgresql://me:s3cr3t@:x/y"), ("postgresql", "me:s3cr3t"),
    ("postgresql", "password=s3cr3t nonsense"),
    ("postgresql", "postgresql://me:s3cr3t@127.0.0.1:1/y"), ("postgresql", "host=127.0.0.1 port=1 password=s3cr3t"),
    ("mysql", "mysql://me:s3cr3t@127.0.0.1:port/y"), ("mysql", "mysql://me:s3cr3t@[::1/y"), ("mysql", "s3cr3t"),
    ("mysql", "mysql://me:s3cr3t@127.0.0.1:1/y"), ("duckdb", "/s3cr3t.db"), ("parquet", "/nowhere"),
])  # fmt: skip
def test_no_error_says_a_password(kind: str, address: str) -> None:
    query = {} if kind == "parquet" else {"query": "select 1 as changed"}
    source = add(kind, address, **query)
    with pytest.raises(CordialeError) as refusal:
        pull(source)
    shown = repr(refusal.value) + repr(refusal.value.__cause__)
    assert "s3cr3t" not in shown.replace("/s3cr3t.db", "")


def test_a_duckdb_file_gives_orders_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "till.duckdb"
    with duckdb.connect(str(path)) as till:
        till.execute(
            "create table sales"
            " (number text, customer text, state text, placed timestamp, changed timestamp, lines text)"
        )
        told = json.dumps([{"sku": "TEA", "units": 2, "paid": "9.90"}, {"sku": "MUG", "units": 1, "paid": 5}])
        till.execute("insert into sales values ('T1', 'c1', 'paid', '2026-11-10 08:00', '2026-11-10 08:00', ?)", [told])
    source = add("duckdb", str(path), query="select * from sales", mapping=ORDERS)
    assert (pull(source), pull(source)) == (1, 0)
    lines = (
        open_lake().query("select order_id, product_id, quantity, amount from order_lines order by line_no").to_pylist()
    )
    assert [tuple(row.values()) for row in lines] == [
        ("source:T1", "TEA", 2, Decimal("9.90")), ("source:T1", "MUG", 1, Decimal("5.00")),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.timestamp("us", tz="UTC")])
def test_a_folder_of_parquet_files_is_read_from_where_it_was_left(tmp_path: Path, kind: pa.DataType) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "_SUCCESS").touch()
    source = add("parquet", str(folder))
    for number, mail in enumerate(("a@b.fr", "c@d.fr")):
        changed = pa.array([NOW.replace(tzinfo=None) + timedelta(hours=number)], pa.timestamp("us")).cast(kind)
        rows = {"id": pa.array([number + 5]), "mail": pa.array([mail]), "name": pa.array(["A"]), "changed": changed}
        pq.write_table(pa.table(rows), folder / f"{number}.parquet")
        assert pull(source) == 1
    assert emails() == ["a@b.fr", "c@d.fr"]


@pytest.fixture
def mariadb(tmp_path: Path) -> Iterator[str]:
    server = next((one for one in SERVERS if Path(one).exists()), None)
    setup = shutil.which("mariadb-install-db")
    if server is None or setup is None:
        pytest.skip("no MariaDB server is installed here (package mariadb-server)")
    data, socket = tmp_path / "data", tmp_path / "s"
    subprocess.run([setup, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"],
                   check=True, capture_output=True)  # fmt: skip
    port = _free_port()
    process = subprocess.Popen(
        [server, "--no-defaults", f"--datadir={data}", f"--socket={socket}", f"--port={port}",
         "--bind-address=127.0.0.1", "--skip-name-resolve", f"--pid-file={tmp_path / 'pid'}",
         "--innodb-buffer-pool-size=16M", "--user=root"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(socket)
        with pymysql.connect(unix_socket=str(socket), user="root", autocommit=True) as root, root.cursor() as cursor:
            cursor.execute("create database shop character set utf8mb4")
            cursor.execute("create user 'reader'@'%' identified by 'p@ss/word'")
            cursor.execute("grant select on shop.* to 'reader'@'%'")
            cursor.execute("create table shop.people (id int, mail varchar(99), name varchar(99), changed datetime)")
            cursor.execute("insert into shop.people values (1, 'a@b.fr', 'Zoé', '2026-11-16 08:00:00')")
        yield f"mysql://reader:p%40ss%2Fword@127.0.0.1:{port}/shop"
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with sockets.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(socket: Path) -> None:
    for _ in range(300):
        if socket.exists():
            return
        time.sleep(0.1)
    pytest.fail("MariaDB does not start")


@pytest.mark.slow
def test_mariadb_is_read_in_utc_by_a_user_who_may_only_read(mariadb: str) -> None:
    source = add("mysql", mariadb, query="select * from people where name like '%Z%'")
    assert (pull(source), pull(source)) == (1, 0)
    assert Customer.objects.get().first_name == "Zoé"
    assert Connector.objects.get().checkpoint["highest"] == "2026-11-16T08:00:00+00:00"
    wrong = Connector.objects.get()
    wrong.settings["query"] = "select * from nobody"
    with pytest.raises(CordialeError, match="the query fails"):
        pulling.pull(wrong, NOW)


def test_pulls_are_asked_for_when_due_once_each_time(people: psycopg.Connection[Any], address: str) -> None:
    source = add("postgresql", address, query="select * from shop_people", every=60)
    put(people, 1, "a@b.fr", NOW)
    assert (pulling.ask_due(NOW), pulling.ask_due(NOW)) == (1, 1)
    assert Job.objects.filter(kind=pulling.KIND).count() == 1
    pull(source)
    assert pulling.ask_due(NOW + timedelta(minutes=59)) == 0
    assert pulling.ask_due(NOW + timedelta(minutes=61)) == 1


def test_a_source_that_does_not_answer_is_unavailable_and_nothing_moves(address: str) -> None:
    source = add("postgresql", "host=127.0.0.1 port=1 dbname=x", query="select 1 as changed")
    with pytest.raises(Unavailable, match="does not answer"):
        pull(source)
    assert Connector.objects.get().checkpoint == {}
    assert inbox.process(NOW).total == 0
