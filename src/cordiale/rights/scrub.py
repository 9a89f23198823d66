"""Making PostgreSQL forget what it deleted: a deleted row stays in the server's files until something overwrites it.

Tables that hold dead rows are written anew, statistics (they quote frequent values) too, and the write-ahead log is
cut at a checkpoint. A server of the company's own that does not let us do so (managed databases) forgets at its own
pace: its files, log and backups are the company's to look after, and the proof says which of the two it was.
"""

from __future__ import annotations

import time

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cordiale.errors import CordialeError

PATIENCE = 60.0  # seconds
_LOOK_EVERY = 0.05

# Dead rows that were vacuumed meanwhile, or that a reader cleared away, are counted no more, but the bytes stay where
# they lay: so a table changed or vacuumed since it was last written anew is written anew again. One nothing is known
# of since the server's statistics were lost (they are, in a crash) as well.
_MAY_HOLD_LEFTOVERS = """
with counted as (
    select relid, format('%I.%I', schemaname, relname) as name,
        n_dead_tup > 0 or n_mod_since_analyze > 0 or n_tup_ins + n_tup_upd + n_tup_del = 0 as is_due,
        n_tup_upd + n_tup_del + vacuum_count + autovacuum_count as changes
    from pg_stat_user_tables
)
select name, changes from counted left join rights_scrubbed using (name)
where is_due or changes <> coalesce(rights_scrubbed.changes_seen, 0)
order by pg_total_relation_size(relid)
"""
_SEEN = """
insert into rights_scrubbed (name, changes_seen) values (%s, %s)
on conflict (name) do update set changes_seen = excluded.changes_seen
"""
_STATISTICS = ("pg_catalog.pg_statistic", "pg_catalog.pg_statistic_ext_data")
# ANALYZE leaves the statistics of a table that became empty as they were.
_FORGET_VALUES = "delete from pg_catalog.pg_statistic where starelid = %s::regclass"
# Rows deleted under the eyes of an older transaction are carried over when their table is written anew.
_MARK = "select pg_current_xact_id()::xid::text"
_OLDER = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
    and greatest(age(backend_xmin), age(backend_xid)) >= age(%s::xid)
"""
# A session tells the server's statistics what it changed when it ends, or within ten seconds of falling idle.
_TOLD_WITHIN = 11.0
_UNTOLD = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
    and (state <> 'idle' or state_change > clock_timestamp() - make_interval(secs => %s))
"""
_CUT_THE_LOG = ("checkpoint", "select pg_switch_wal()", "checkpoint")


class StillRead(CordialeError):
    """Somebody's transaction is older than the deletion and did not end in time: what it sees cannot go yet."""


def scrub(patience: float = PATIENCE) -> bool:
    """Rewrite what holds deleted rows; False where the server does not let us reach its files.

    Each table is locked while it is written anew (a few seconds a million rows). Raises StillRead where a transaction
    begun before does not end within `patience` seconds: call it again later.
    """
    if transaction.get_connection().in_atomic_block:
        raise CordialeError("files are scrubbed outside a transaction: the deletion must be committed before")
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper from pg_roles where rolname = current_user")
        is_ours = bool(cursor.fetchone()[0])
        _wait_for_older(cursor, patience)
        _wait_for_counts(cursor)
        cursor.execute("select pg_stat_force_next_flush()")
        cursor.execute("select 1")  # a statement later, this session's own counts are visible
        cursor.execute(_MAY_HOLD_LEFTOVERS)
        for table, changes in cursor.fetchall():
            if is_ours:
                cursor.execute(_FORGET_VALUES, [table])
            cursor.execute(f"vacuum (full, analyze) {table}")
            cursor.execute(_SEEN, [table, changes])
        _wait_for_older(cursor, patience)
        for table in _STATISTICS if is_ours else ():
            cursor.execute(f"vacuum (full) {table}")
        for statement in _CUT_THE_LOG if is_ours else ():
            cursor.execute(statement)
    return is_ours


def _wait_for_older(cursor: CursorWrapper, patience: float) -> None:
    """Return once every transaction that ran when this was called has ended."""
    cursor.execute(_MARK)
    (mark,) = cursor.fetchone()
    deadline = time.monotonic() + patience
    while True:
        cursor.execute(_OLDER, [mark])
        if not cursor.fetchone()[0]:
            return
        if time.monotonic() > deadline:
            raise StillRead(
                "a transaction that began before the deletion is still open, so the database's own files keep what it"
                " reads; the rest is done, and the files are taken up again tonight or by 'rights finish'"
            )
        time.sleep(_LOOK_EVERY)


def _wait_for_counts(cursor: CursorWrapper) -> None:
    """Return once what other sessions had changed is counted, so that no table is overlooked."""
    deadline = time.monotonic() + _TOLD_WITHIN
    while time.monotonic() < deadline:
        cursor.execute(_UNTOLD, [_TOLD_WITHIN])
        if not cursor.fetchone()[0]:
            return
        time.sleep(_LOOK_EVERY)
