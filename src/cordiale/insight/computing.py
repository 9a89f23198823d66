"""From facts to scored traits: what every customer's traits, RFM scores and stage are at one instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cordiale.insight.rules import compilation, rfm
from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.definitions import Definitions
from cordiale.lake import Lake

Scales = dict[str, rfm.Scale]
_LARGEST = 2**31 - 1


def traits_by_part(lake: Lake, definitions: Definitions, moment: Moment, customers: pa.Table) -> Iterator[pa.Table]:
    """The traits of `customers` (customer_id), a bucket at a time: one pass over the facts."""
    customers = narrowed(customers)
    yield from lake.per_customer(compilation.statement(definitions.traits, moment), customers=customers)


def narrowed(customers: pa.Table) -> pa.Table:
    """The same numbers in 32 bits where they fit: during a pass, everyone's are most of what memory holds."""
    numbers = customers["customer_id"]
    if numbers.null_count or not len(numbers) or pc.max(numbers).as_py() > _LARGEST or pc.min(numbers).as_py() < 0:
        return customers
    return customers.set_column(customers.column_names.index("customer_id"), "customer_id", numbers.cast(pa.int32()))


class Spool:
    """Parts of a snapshot on disk, between the pass over the facts and the scoring that needs to know all of them.

    Memory holds one part, and how many customers have each value of the three measures.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: list[Path] = []
        self._tallies = {score: rfm.Tally() for score in rfm.MEASURES}

    def fill(self, parts: Iterable[pa.Table]) -> int:
        """Keep the parts; how many rows they have."""
        rows = 0
        for number, part in enumerate(parts):
            path = self._folder / f"{number}.parquet"
            pq.write_table(part, path, compression="none", use_dictionary=False)
            self._paths.append(path)
            ordered = part.filter(pc.greater(part["orders_total"], 0))
            for score, (trait, _) in rfm.MEASURES.items():
                self._tallies[score].add(pc.cast(ordered[trait].drop_null(), pa.float64(), safe=False).to_numpy())
            rows += part.num_rows
        return rows

    def scales(self) -> Scales:
        """How each measure is scored over all the parts."""
        return {score: self._tallies[score].scale(more_is_better=better) for score, (_, better) in rfm.MEASURES.items()}

    def parts(self) -> Iterator[pa.Table]:
        """The parts again, in their order."""
        for path in self._paths:
            yield pq.read_table(path)


def scored_sql(definitions: Definitions, moment: Moment, scales: Scales, rows: str) -> str:
    """A SELECT that adds RFM scores and the life-cycle stage to the traits in the relation `rows`."""
    return compilation.scored(
        definitions.traits,
        definitions.lifecycle,
        moment,
        {score: scales[score].sql(trait) for score, (trait, _) in rfm.MEASURES.items()},
        rows,
    )


def scored(lake: Lake, definitions: Definitions, moment: Moment, scales: Scales, part: pa.Table) -> pa.Table:
    """A part with RFM scores and stages."""
    return typed(lake.query(scored_sql(definitions, moment, scales, "part"), part=part))


def typed(rows: pa.Table) -> pa.Table:
    """`rows` in the types the lake keeps."""
    for place, column in enumerate(rows.schema):
        kind = _plain(column.type)
        if kind != column.type:
            rows = rows.set_column(place, pa.field(column.name, kind), rows.column(place).cast(kind))
    return rows


def _plain(kind: Any) -> Any:
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC")
    return pa.string() if pa.types.is_large_string(kind) else kind
