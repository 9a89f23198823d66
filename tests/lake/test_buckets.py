"""A relation cut to buckets: every row once, where the facts of its customer are."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale.ids import bucket_of
from cordiale.lake.buckets import cut
from cordiale.lake.views import Slice

customers = st.lists(st.none() | st.integers(0, 2**31 - 1), max_size=50)


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32()])
@given(chunks=st.lists(customers, max_size=4), power=st.integers(0, 7))
def test_each_row_with_a_customer_is_in_its_bucket_once(kind: pa.DataType, chunks: list[list[int]], power: int) -> None:
    slices = [Slice(bucket, 2**power) for bucket in range(2**power)]
    ids = pa.chunked_array(chunks, kind)
    rows = pa.table({"customer_id": ids, "place": range(len(ids))})

    pieces = {part.bucket: own["rows"] for part, own in cut(slices, {"rows": rows})}

    assert sorted(pieces) == list(range(2**power))
    assert all(
        bucket_of(number, 2**power) == bucket
        for bucket, piece in pieces.items()
        for number in piece["customer_id"].to_pylist()
    )
    expected = [row for row in rows.to_pylist() if row["customer_id"] is not None]
    assert sorted(pa.concat_tables(pieces.values()).to_pylist(), key=lambda row: row["place"]) == expected
