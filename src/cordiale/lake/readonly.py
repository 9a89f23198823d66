"""The door for SQL that a person typed: one SELECT over the lake's views, bounded in rows and time.

The statement is judged on DuckDB's own syntax tree, so nothing can be read in it that the engine reads otherwise; the
engine's lock (no file but the lake's, no network, no setting) stands behind it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from cordiale.errors import Refused
from cordiale.lake.engine import QueryFailed, Session
from cordiale.lake.state import VIEWS, State, named

_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
_FORBIDDEN_FUNCTIONS = frozenset(
    {"current_setting", "getenv", "getvariable", "nextval", "currval", "write_log", "parse_duckdb_log_message"}
)
_TREE = "SELECT json_serialize_sql(?, skip_null := true, skip_empty := true)"


def answer(session: Session, now: State, sql: str, *, limit: int, seconds: float) -> pa.Table:
    """At most `limit` rows of `sql`. Raises Refused naming what is not allowed, QueryFailed with the engine's words."""
    require_harmless(session, sql)
    session.show(now.views(named(sql) or VIEWS, None))
    with _stopped_after(session, seconds):
        return session.run(sql, limit=limit)


def require_harmless(session: Session, sql: str) -> None:
    """Raise Refused unless `sql` is one SELECT, WITH, FROM, DESCRIBE or SHOW over the lake's views."""
    tree = json.loads(session.run(_TREE, [sql]).column(0)[0].as_py())
    if tree["error"] or len(tree["statements"]) != 1:
        reason = tree.get("error_message", "")
        if tree.get("error_type") == "parser":
            raise QueryFailed(reason)
        raise Refused("only one SELECT, WITH, FROM, DESCRIBE or SHOW is answered here; nothing was changed")
    nodes = list(_nodes(tree["statements"][0]))
    ctes = {entry["key"].lower() for node in nodes for entry in node.get("map", ()) if "key" in entry}
    for node in nodes:
        _require_harmless(node, ctes)


def _require_harmless(node: Mapping[str, Any], ctes: set[str]) -> None:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        name = str(node.get("table_name", ""))
        if node.get("schema_name") or node.get("catalog_name") or name.lower() not in {*VIEWS, *ctes}:
            raise Refused(f"'{name}' is not a table of the lake; it has {', '.join(VIEWS)}")
    elif kind == "TABLE_FUNCTION":
        name = str(node.get("function", {}).get("function_name", "")).lower()
        if name not in _TABLE_FUNCTIONS:
            raise Refused(f"the function '{name}' is not allowed here; read the lake's tables: {', '.join(VIEWS)}")
    elif str(node.get("function_name", "")).lower() in _FORBIDDEN_FUNCTIONS:
        raise Refused(f"the function '{node['function_name']}' is not allowed here")


def _nodes(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _nodes(part)
    elif isinstance(value, list):
        for part in value:
            yield from _nodes(part)


@contextmanager
def _stopped_after(session: Session, seconds: float) -> Iterator[None]:
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        session.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        yield
    except QueryFailed as error:
        if stopped.is_set():
            raise QueryFailed(f"the query was stopped after {seconds:g} s; ask for less") from error
        raise
    finally:
        timer.cancel()
        timer.join()
