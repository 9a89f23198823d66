"""The customer page: server time of the whole HTML, in a warm process, over random customers.

    python -m benchmarks.customer_page                                        # 1 000 000 customers, 50 000 000 facts
    python -m benchmarks.customer_page --customers 100000 --facts 5000000 --home /tmp/bench-page   # kept, used again

Two fifths of the facts are order lines, half are events, a tenth are messages; one customer has 5 000 facts more.
There are segments with members, a snapshot of traits, consents with proofs, and cases. The page is asked for through
Django's whole stack (session, middleware, templates). Beside it, as the limit of this machine: the bare reading of the
same customer's rows from the same files by DuckDB. Ends with 1 where the 95th percentile is over the limit.
"""

# ruff: noqa: PLC0415 - Django reads its settings, and with them the home, at the first import of a model
from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.data import AS_OF, make_lake

LIMIT_MS, CUSTOMERS, BUSY = 300.0, 50, 5_000
_CHUNK = 2_000_000
_EVENTS = """
SELECT 1 + (hash(v) % {customers})::BIGINT AS customer_id,
       TIMESTAMPTZ '{as_of}' - to_seconds(60 + (hash(v + 7) % 63072000)::BIGINT - (n % 4) * 90) AS ts,
       'e' || n AS event_id,
       CASE hash(n) % 5 WHEN 0 THEN 'Product Viewed' WHEN 1 THEN 'Cart Updated' ELSE 'Page Viewed' END AS name,
       '{{"title": "Page ' || (hash(n) % 900) || '", "path": "/p/' || (hash(n) % 900) || '"}}' AS properties,
       'web' AS source
FROM (SELECT n, n // 4 AS v FROM range({first}, {last}) t(n))
"""
_MESSAGES = """
SELECT 1 + (hash(n // 2) % {customers})::BIGINT AS customer_id,
       TIMESTAMPTZ '{as_of}' - to_seconds(60 + (hash(n // 2 + 3) % 63072000)::BIGINT - (n % 2) * 600) AS ts,
       'x' || (n // 2) AS message_id, 'programme-' || (hash(n // 2) % 9) AS programme, '0' AS step, 'email' AS channel,
       CASE hash(n // 2) % 3 WHEN 0 THEN 'news' ELSE 'offers' END AS purpose,
       CASE n % 2 WHEN 0 THEN 'handed_over' ELSE 'clicked' END AS kind, 'past' AS source
FROM range({first}, {last}) t(n)
"""
_PEOPLE = """
insert into customers_customer (id, reference, first_name, last_name, email, phone, street, postcode, city, country,
    language, timezone, declared, sources, created_at, updated_at)
select n, 'b' || n, 'First' || n %% 2000, 'Last' || n %% 30000, 'b' || n || '@example.org', '', '', '75011', 'Paris',
    'FR', 'fr', 'Europe/Paris', '{"children": 2}', '{}', %(then)s, %(then)s
from generate_series(1, %(customers)s) n
"""
_PROOFS = """
insert into consent_consentproof (customer_id, purpose_id, channel, state, at, source, wording, wording_version,
    language, form_url, user_agent)
select n, 'offers', 'email', 'granted', %(then)s, 'form', 'I agree', '1', 'fr', '', ''
from generate_series(1, %(customers)s) n
"""
_CONSENTS = """
insert into consent_consent (customer_id, purpose_id, channel, state, since, proof_id)
select customer_id, purpose_id, channel, state, at, id from consent_consentproof
"""
_SEGMENTS = """
insert into segments_segment (name, title, expression, revision, created_at, updated_at, problem, is_static)
select 'segment-' || n, '{"en": "Segment"}', 'spend_365d > ' || 10 * n, 1, %(then)s, %(then)s, '', false
from generate_series(1, 20) n
"""
_MEMBERS = """
insert into segments_membership (segment_id, customer_id, entered_at)
select s.id, n, %(then)s from segments_segment s, generate_series(1, %(customers)s) n where (n * 31 + s.id) %% 7 = 0
"""
_CASES = """
insert into cases_case (customer_id, channel, subject, text, category, state, priority, opened_at, waiting_since,
    satisfaction_comment, source, revision, updated_at)
select n, 'phone', 'Where is my parcel?', '', 'delivery', 'open', 2, %(then)s, %(then)s, '', 'bench', 1, %(then)s
from generate_series(1, %(customers)s, 10) n
"""


def main() -> int:
    """Make the data, measure, print; 1 where the limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--facts", type=int, default=50_000_000)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--profile", action="store_true", help="Print where one page's time goes.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cordiale-page-") as folder:
        root = given.home or Path(folder)
        os.environ |= {"CORDIALE_HOME": str(root), "DJANGO_SETTINGS_MODULE": "cordiale.config.settings"}
        from cordiale import home
        from cordiale.config import postgres

        here = home.Home(root).prepare()
        postgres.hold(here)
        try:
            import django

            django.setup()
            return run(root, given.customers, given.facts, profile=given.profile)
        finally:
            from django.db import connections

            connections.close_all()
            postgres.release(here)


def run(root: Path, customers: int, facts: int, *, profile: bool) -> int:
    """The figures over CUSTOMERS customers, the busiest among them."""
    made = root / "page.json"
    wanted = {"customers": customers, "facts": facts}
    if not made.exists() or json.loads(made.read_text()) != wanted:
        _make_facts(root, customers, facts)
        _make_people(customers)
        made.write_text(json.dumps(wanted))
    draw = random.Random(7)
    chosen = [1, *(draw.randint(1, customers) for _ in range(CUSTOMERS - 1))]
    client, sizes = _client(), []
    for number in chosen[:5]:
        client.get(f"/customers/{number}/")  # warm: templates, translations, the engine
    if profile:
        _profile(client, chosen[1])
    taken, worked = [], []
    for number in chosen:
        began, busy = time.perf_counter(), time.process_time()
        answer = client.get(f"/customers/{number}/")
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - busy) * 1000)
        assert answer.status_code == 200, answer.status_code
        sizes.append(len(answer.content))
    bare = [_bare(number) for number in chosen]
    p50, p95 = statistics.median(taken), sorted(taken)[int(len(taken) * 0.95)]
    limit = statistics.median(bare)
    size = statistics.median(sizes) / 1024
    print(f"{customers:,} customers, {facts + BUSY:,} facts, {len(chosen)} pages of {size:.0f} KiB")
    print(f"customer page: p50 {p50:.0f} ms, p95 {p95:.0f} ms, most {max(taken):.0f} ms; limit {LIMIT_MS:.0f} ms")
    print(f"processor time of this process, DuckDB's threads included: p50 {statistics.median(worked):.0f} ms")
    print(f"of a customer with {BUSY:,} facts more: {taken[0]:.0f} ms")
    print(f"bare reading of the same rows by DuckDB: p50 {limit:.0f} ms; the page takes {p50 / limit:.1f} times that")
    return int(p95 > LIMIT_MS)


def _make_facts(root: Path, customers: int, facts: int) -> None:
    lines, events, messages = facts * 2 // 5, facts // 2, facts // 10
    lake = make_lake(root, customers, lines)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for table, statement, many in (("events", _EVENTS, events), ("messages", _MESSAGES, messages)):
            for first in range(0, many, _CHUNK):
                last, as_of = min(many, first + _CHUNK), f"{AS_OF:%Y-%m-%d %H:%M:%S}+00"
                sql = statement.format(customers=customers, first=first, last=last, as_of=as_of)
                lake.append(table, connection.sql(sql).to_arrow_table(), app=("benchmark", first // _CHUNK))
            lake.fold(table)
    busy: list[dict[str, Any]] = [
        {"customer_id": 1, "ts": AS_OF - timedelta(minutes=7 * number + 1), "event_id": f"busy{number}",
         "name": "Page Viewed", "properties": '{"title": "Home", "path": "/"}', "source": "web"}
        for number in range(BUSY)
    ]  # fmt: skip
    lake.append("events", pa.Table.from_pylist(busy), app=("benchmark-busy", 1))
    lake.fold("events")


def _make_people(customers: int) -> None:
    from django.core.management import call_command
    from django.db import connection, transaction

    from cordiale.consent.models import Purpose
    from cordiale.insight.actions import ensure_snapshot

    call_command("migrate", verbosity=0, interactive=False)
    values = {"customers": customers, "then": AS_OF - timedelta(days=30)}
    with transaction.atomic(), connection.cursor() as cursor:
        Purpose.objects.get_or_create(code="offers", defaults={"title": {"en": "Offers"}})
        for statement in (_PEOPLE, _PROOFS, _CONSENTS, _SEGMENTS, _MEMBERS, _CASES):
            cursor.execute(statement, values)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    ensure_snapshot(AS_OF)


def _client() -> Any:
    from django.conf import settings
    from django.test import Client

    from cordiale.accounts.models import Staff

    settings.ALLOWED_HOSTS = ["*"]
    staff, _made = Staff.objects.get_or_create(
        email="bench@example.org", defaults={"name": "Bench", "role": "administrator", "created_at": AS_OF}
    )
    client = Client()
    client.force_login(staff)
    return client


def _bare(number: int) -> float:
    """Milliseconds DuckDB takes to read one customer's rows of the three tables from the files that may hold them."""
    from cordiale.ids import bucket_of
    from cordiale.lake import open_lake

    lake = open_lake()
    began = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as connection:
        for name in ("order_lines", "events", "messages"):
            snapshot = lake.facts[name].snapshot()
            files = [file.path for file in snapshot.of_buckets({bucket_of(number, snapshot.buckets)})]
            connection.execute(
                "SELECT * FROM read_parquet(?, hive_partitioning=false) WHERE customer_id = ?", [files, number]
            ).fetchall()
    return (time.perf_counter() - began) * 1000


def _profile(client: Any, number: int) -> None:
    import cProfile
    import pstats

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        client.get(f"/customers/{number}/")
    print(f"{len(queries)} statements")
    for query in sorted(queries.captured_queries, key=lambda one: -float(one["time"]))[:6]:
        print(f"  {query['time']} s  {query['sql'][:160]}")
    profiler = cProfile.Profile()
    profiler.runcall(client.get, f"/customers/{number}/")
    pstats.Stats(profiler).sort_stats("cumulative").print_stats("cordiale", 30)


if __name__ == "__main__":
    sys.exit(main())
