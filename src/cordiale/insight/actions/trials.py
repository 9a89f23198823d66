"""Trying a declaration out before it is kept: how long it takes, whom it says what of, how its values are spread."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from cordiale import clock
from cordiale.clock import require_aware
from cordiale.company import company
from cordiale.insight import computing
from cordiale.insight.actions.declaring import Checked, check
from cordiale.insight.actions.snapshots import known_customers
from cordiale.insight.rules import compilation, distributions
from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.distributions import Distribution
from cordiale.insight.rules.traits import Trait, needed
from cordiale.lake import open_lake

SECONDS = 5.0
SAMPLE = 10


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a trait would be. `computed` of all `customers` took `seconds`: all of them, or whole buckets of the lake.

    A bucket holds customers drawn evenly, so `distribution` and `estimated_seconds`, for everyone, are fair.
    """

    trait: Trait
    computed: int
    customers: int
    seconds: float
    sample: list[tuple[int, Any]]
    distribution: Distribution

    @property
    def estimated_seconds(self) -> float:
        """For everyone, this trait alone; in the daily pass it shares the reading with the others."""
        return self.seconds * self.customers / self.computed if self.computed else self.seconds

    @property
    def is_whole(self) -> bool:
        """Was everybody computed?"""
        return self.computed == self.customers


def try_out(text: str, now: datetime, *, source: str = "", seconds: float = SECONDS) -> list[Trial]:
    """The traits of a declaration, each computed as of `now` for as many customers as `seconds` allow; nothing is kept.

    Raises Located at the place of a fault.
    """
    checked = check(text, source)
    moment = Moment(require_aware(now), clock.zone(company().zone))
    customers = known_customers(moment.as_of)
    return [_tried(trait, checked, moment, customers, seconds / len(checked.traits)) for trait in checked.traits]


def _tried(trait: Trait, checked: Checked, moment: Moment, customers: pa.Table, seconds: float) -> Trial:
    started = time.monotonic()
    wanted = needed([trait.name], checked.definitions.traits)
    parts: list[pa.Table] = []
    for part in open_lake().per_customer(compilation.statement(wanted, moment), customers=customers):
        parts.append(computing.typed(part.select(["customer_id", trait.name])))
        if any(one.num_rows for one in parts) and time.monotonic() - started > seconds:
            break
    spent = time.monotonic() - started
    rows = pa.concat_tables(parts)
    return Trial(
        trait=trait, computed=rows.num_rows, customers=customers.num_rows, seconds=spent,
        sample=distributions.sample(rows, trait.name, SAMPLE),
        distribution=distributions.describe(rows[trait.name], trait.type),
    )  # fmt: skip
