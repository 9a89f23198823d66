"""What is written out in binary is what PostgreSQL reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordiale.customers.copying import Json, encode

pytestmark = pytest.mark.django_db
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
AT = datetime(1999, 12, 31, 23, 59, 59, 123456, tzinfo=UTC)
_FIRST, _LAST = AT.replace(1800, tzinfo=None), AT.replace(2200, tzinfo=None)
ROWS = st.lists(
    st.tuples(
        st.none() | TEXTS,
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.dates(date(1800, 1, 1), date(2200, 1, 1)),
        st.none() | st.datetimes(_FIRST, _LAST).map(lambda one: one.replace(tzinfo=UTC)),
        st.dictionaries(TEXTS, TEXTS, max_size=2),
    ),
    max_size=8,
)


@pytest.fixture
def table(db: None) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("""CREATE TEMP TABLE written (position bigint, text text, number bigint, day date,
            moment timestamptz, said jsonb, share float8, who text, at timestamptz)""")
    yield "written"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE written")


def read() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM written ORDER BY position")
        return cursor.fetchall()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, TEXTS)
def test_every_value_arrives_as_it_was(table: str, rows: list[tuple[Any, ...]], who: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE written")
    types = (pa.string(), pa.int64(), pa.date32(), pa.timestamp("us", tz="UTC"))
    cells = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(types)]
    columns = dict(zip(("text", "number", "day", "moment"), cells, strict=True))
    said = pa.array([json.dumps(row[4]) for row in rows], pa.string())
    positions = pa.array(range(len(rows)), pa.int64())
    encode(table, {"position": positions, **columns, "said": Json(said), "share": 0.1, "who": who, "at": AT}).copy()
    found = [(*one[1:5], json.loads(one[5]), *one[6:]) for one in read()]
    assert found == [(*row[:4], row[4], 0.1, who, AT) for row in rows]


def test_a_part_of_a_column_and_one_document_for_all_are_written_too(table: str) -> None:
    names = pa.chunked_array([["a", "b"], ["c", None]]).slice(1)
    places = pa.array([9, 1, 2, 3], pa.int64()).slice(1)
    encode(table, {"position": places, "text": names, "said": Json('{"é": 1}'), "who": "x"}).copy()
    assert [one[:2] for one in read()] == [(1, "b"), (2, "c"), (3, None)]
    assert {one[5] for one in read()} == {'{"é": 1}'}


def test_a_document_that_is_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="never null"):
        encode("written", {"said": Json(pa.array(["{}", None]))})
