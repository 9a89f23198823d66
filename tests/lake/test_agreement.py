"""Numbers that Python and the engines must agree on."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from cordiale.ids import BUCKET_SQL, SHARE_SQL, bucket_of, share_of
from cordiale.lake import Lake

_IDS = [*range(200), 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40 + 7, 2**62 + 5, 2**63 - 1]
_BUCKETS = (1, 2, 64, 32_768)


@pytest.mark.parametrize("buckets", _BUCKETS)
def test_duckdb_finds_the_bucket_python_finds(lake: Lake, buckets: int) -> None:
    ids = pa.table({"id": pa.array(_IDS, pa.int64())})
    rows = lake.query(f"SELECT id, {BUCKET_SQL.format(column='id', buckets=buckets)} AS b FROM ids", ids=ids)
    assert [row["b"] for row in rows.to_pylist()] == [bucket_of(number, buckets) for number in _IDS]


@pytest.mark.parametrize("buckets", _BUCKETS)
def test_an_array_has_the_buckets_of_its_numbers(buckets: int) -> None:
    assert bucket_of(np.array(_IDS, np.int64), buckets).tolist() == [bucket_of(number, buckets) for number in _IDS]


@pytest.mark.django_db
@pytest.mark.parametrize("buckets", _BUCKETS)
def test_postgresql_finds_the_bucket_python_finds(buckets: int) -> None:
    expression = BUCKET_SQL.format(column="id", buckets=buckets).replace("//", "/").replace("%", "%%")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression} FROM unnest(%s::bigint[]) WITH ORDINALITY t(id, n) ORDER BY n", [_IDS])
        assert [row[0] for row in cursor.fetchall()] == [bucket_of(number, buckets) for number in _IDS]


@pytest.mark.django_db
def test_postgresql_draws_the_share_python_draws() -> None:
    with connection.cursor() as cursor:
        expression = SHARE_SQL.format(salt="%s", column="id").replace("%s", "%s::text")
        cursor.execute(f"SELECT {expression} FROM unnest(%s::bigint[]) WITH ORDINALITY t(id, n) ORDER BY n",
                       ["a salt", _IDS])  # fmt: skip
        assert [float(row[0]) for row in cursor.fetchall()] == [share_of("a salt", number) for number in _IDS]


@given(st.integers(0, 2**63 - 1), st.integers(0, 14))
def test_doubling_splits_a_bucket_in_two(customer: int, exponent: int) -> None:
    buckets = 2**exponent
    assert bucket_of(customer, 2 * buckets) % buckets == bucket_of(customer, buckets)


@given(st.text(max_size=20), st.integers(0, 2**40))
def test_a_share_is_at_least_zero_and_below_one(salt: str, customer: int) -> None:
    assert 0 <= share_of(salt, customer) < 1
