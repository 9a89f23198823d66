"""RFM, life cycle and expected value of customers in a notebook: frames in, frames out, no database, no home.

A frame is anything that speaks Arrow (pandas, polars, pyarrow, DuckDB's relations …). The answer is of the same
library, a pyarrow.Table where that is neither pandas nor polars. `summarise_orders` makes of orders one row a customer
with all columns the others need; they keep the rows, their order and the columns they were given, and add theirs.
Rules are those the product follows on its lake.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from cordiale.clock import require_aware
from cordiale.errors import CordialeError
from cordiale.insight.rules import compilation, traits
from cordiale.insight.rules import lifecycle as stages
from cordiale.insight.rules import rfm as scores
from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.expressions import NUMERIC
from cordiale.insight.rules.traits import Document, Trait
from cordiale.lake.outside import query_tables

Frame = TypeVar("Frame")
DATA = Path(__file__).parent / "data"
_MEASURED = ("orders_total", *(trait for trait, _ in scores.MEASURES.values()))
_FIGURES = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal128, pa.types.is_null)
HISTORY = ("x", "t_x", "T", "mean_value")
_SUMMARY = """
WITH bought AS (
  SELECT customer_id, order_id, min(ts) AS ts, CAST(sum(amount) AS DOUBLE) AS amount
  FROM lines GROUP BY customer_id, order_id HAVING sum(amount) >= 0
), dated AS (
  SELECT *, (epoch_us(ts) - epoch_us(min(ts) OVER (PARTITION BY customer_id))) // 86400000000 AS day FROM bought
), repeated AS (
  SELECT customer_id, count(DISTINCT day) - 1 AS x, max(day) AS t_x, count(*) AS orders_total,
    min(ts) AS first_order_at, max(ts) AS last_order_at, count(*) FILTER (ts >= $1) AS orders_90d,
    count(*) FILTER (ts >= $2) AS orders_365d, coalesce(sum(amount) FILTER (day > 0), 0) AS repeat_spend
  FROM dated GROUP BY customer_id
), spent AS (
  SELECT customer_id, CAST(sum(amount) AS DOUBLE) AS spend_total,
    CAST(coalesce(sum(amount) FILTER (ts >= $2), 0) AS DOUBLE) AS spend_365d
  FROM lines GROUP BY customer_id
)
SELECT customer_id, x, t_x, (epoch_us($3) - epoch_us(first_order_at)) // 86400000000 AS T,
  CASE WHEN x > 0 THEN repeat_spend / x ELSE 0 END AS mean_value, first_order_at, last_order_at,
  (epoch_us($3) - epoch_us(last_order_at)) // 86400000000 AS recency_days,
  (epoch_us($3) - epoch_us(first_order_at)) // 86400000000 AS tenure_days,
  orders_total, orders_90d, orders_365d, spend_total, spend_365d,
  (epoch_us(last_order_at) - epoch_us(first_order_at)) / 86400000000.0 / nullif(orders_total - 1, 0)
    AS days_between_orders
FROM repeated JOIN spent USING (customer_id) ORDER BY customer_id
"""


def summarise_orders(orders: Frame, *, as_of: datetime) -> Frame:
    """One row a customer who ordered before `as_of`, sorted by customer_id, of a frame of orders or their lines.

    Takes `customer_id`, `ts` (an instant with a zone, or a date, which begins in UTC), `amount` (in any one currency)
    and, for lines, `order_id` (without it each row is an order). Orders of less than 0 are returns: they lower spend
    and are not counted. Gives

    - for purchase models, in whole days of 24 hours since the first order: `x` (days with an order after the first),
      `t_x` (of the last one), `T` (until as_of), `mean_value` (spend a day of those x; 0 without);
    - the traits RFM and life cycle need: `first_order_at`, `last_order_at`, `recency_days`, `tenure_days`,
      `orders_total`, `orders_90d`, `orders_365d`, `spend_total`, `spend_365d`, `days_between_orders`.

    Raises CordialeError for a missing column, a time without a zone, an empty id.
    Source: Fader & Hardie, note 025 (summary of transactions), and the product's traits.yaml.
    """
    now = _moment(as_of)
    table = _table(orders)
    _require(table, ("customer_id", "ts", "amount"))
    _require_figures(table, ("amount",))
    if table["customer_id"].null_count or table["ts"].null_count:
        raise CordialeError("customer_id and ts must be filled in every row")
    order = table["order_id"] if "order_id" in table.column_names else pa.array(range(table.num_rows), pa.int64())
    rows = pa.table(
        {
            "customer_id": table["customer_id"],
            "ts": _instants(table["ts"]),
            "amount": table["amount"],
            "order_id": order,
        }
    )
    rows = rows.filter(pc.less(rows["ts"], pa.scalar(now, pa.timestamp("us", tz="UTC"))))
    bind = [now - timedelta(days=90), now - timedelta(days=365), now]
    return _like(orders, query_tables(_SUMMARY, bind, lines=rows))


def rfm(frame: Frame) -> Frame:
    """Adds `rfm_recency`, `rfm_frequency`, `rfm_monetary` (1 to 5, 5 is best) and `rfm` (the three as a text).

    Takes `recency_days`, `orders_365d`, `spend_365d` and `orders_total`, a row a customer. A score tells in which fifth
    of those who ever ordered a value lies; equal values score the same, whatever their order. Empty for who never
    ordered. Raises CordialeError for a missing column, or one of texts. Source: Hughes, Strategic Database Marketing
    (1994), for the fifths; what equal values score is the product's own rule.
    """
    table = _table(frame)
    _require(table, _MEASURED)
    _require_figures(table, _MEASURED)
    columns = ", ".join(
        f"CAST(CASE WHEN orders_total > 0 THEN {sql} END AS INTEGER) AS {name}" for name, sql in _scores(table).items()
    )
    code = " || ".join(f"CAST({name} AS VARCHAR)" for name in scores.MEASURES)
    rows = _numbered(table, _MEASURED)
    scored = query_tables(f"SELECT *, {code} AS rfm FROM (SELECT row, {columns} FROM rows) ORDER BY row", rows=rows)
    return _with(frame, table, scored.drop_columns("row"))


def lifecycle(frame: Frame, *, rules: str | None = None, as_of: datetime | None = None) -> Frame:
    """Adds `lifecycle_stage`, the first stage whose rule holds, and the columns of `rfm`, which rules may name.

    Takes what `rfm` does and the traits named in the rules: the product's, or the text of a lifecycle.yaml. `as_of` is
    needed where rules count days since an instant. Raises CordialeError for a missing column, Located for a wrong rule.
    Source: the product's own lifecycle.yaml.
    """
    table, declared = _table(frame), _rules(rules)
    needed = _named(declared)
    _require(table, sorted({*_MEASURED, *needed}))
    figures = {trait.name for trait in _traits() if trait.type in NUMERIC}
    _require_figures(table, sorted({*_MEASURED, *(needed & figures)}))
    if as_of is None and any(trait.type == "instant" for trait in _traits() if trait.name in needed):
        raise CordialeError("these rules count days since an instant: say as_of=…, the moment to count to")
    moment = Moment(as_of=_moment(as_of or datetime(1970, 1, 1, tzinfo=UTC)), zone=ZoneInfo("UTC"))
    known = [trait for trait in _traits() if trait.name in table.column_names]
    rows = _numbered(table, [trait.name for trait in known]).rename_columns({"row": "customer_id"})
    scored = query_tables(compilation.scored(known, declared, moment, _scores(table), "rows"), rows=rows)
    columns = scored.sort_by("customer_id").select([*scores.MEASURES, "rfm", "lifecycle_stage"])
    return _with(frame, table, columns)


def level(orders: Frame, *, as_of: datetime, horizon_days: int = 365, model: str = "bg/nbd") -> float:
    """By how much to multiply what `model` foretells for the next `horizon_days`: for `expected_value(level=…)`.

    Takes what `summarise_orders` does. The past is cut in the proportion in which the horizon follows it; the level is
    what came after the cut, divided by what the model fitted before it foretold. 1.0 where that past tells too little,
    or so different a level that another model is needed. Raises CordialeError as `summarise_orders` does.
    Source: a rolling-origin back-test with one origin; `cordiale.btyd.level`.
    """
    from cordiale import btyd  # noqa: PLC0415 - imports scipy, which the others do without

    _within("horizon_days", horizon_days, 1, 36_500)
    now = _table(summarise_orders(orders, as_of=as_of))
    known = pc.max(now["T"]).as_py() or 0
    if known <= 1:  # a past of a day has no first part
        return 1.0
    after = max(1, round(btyd.held_back(known, horizon_days)))
    then = _table(summarise_orders(orders, as_of=as_of - timedelta(days=after)))
    now = now.filter(pc.is_in(now["customer_id"], then["customer_id"].combine_chunks()))
    if not then.num_rows:
        return 1.0
    before, later = (btyd.summarise(*(_numbers(part, name) for name in HISTORY[:3])) for part in (then, now))
    return btyd.level(before, later, after, model) or 1.0


def expected_value(
    frame: Frame,
    *,
    horizon_days: int = 365,
    model: str = "bg/nbd",
    margin: float = 1.0,
    yearly_discount: float = 0.0,
    level: float = 1.0,
) -> Frame:
    """Adds what customers are expected to do in the next `horizon_days`, by models fitted to this frame.

    Takes `x`, `t_x`, `T` (days) and `mean_value`, as `summarise_orders` gives them. Adds

    - `alive`: the probability of not having left for good;
    - `expected_purchases` (days with an order) and `purchase_probability` (of at least one);
    - `next_purchase_days`: until a purchase is as likely as not; empty where it never is;
    - `expected_mean`: what a purchase is worth, in the currency;
    - `expected_value`: the margin of the purchases, discounted to today, in the currency.

    `model` is "bg/nbd", "mbg/nbd", "pareto/nbd" or "nbd"; `margin` a share of the amount (0 to 1), `yearly_discount` a
    rate (0.1 is ten percent a year). `level` multiplies the expected purchases and their value (see `level`).

    Raises CordialeError for a missing column, a history that cannot be, data that tell too little (nobody came back),
    a setting out of its bounds.
    Source: Fader, Hardie & Lee 2005; Fader & Hardie, notes 008, 009, 019 and 025.
    """
    from cordiale import btyd  # noqa: PLC0415 - imports scipy, which the others do without

    _within("horizon_days", horizon_days, 1, 36_500)
    _within("margin", margin, 0, 1)
    _within("yearly_discount", yearly_discount, 0, 10)
    _within("level", level, 0, 100)
    table = _table(frame)
    _require(table, HISTORY)
    x, t_x, known, spent = (_numbers(table, name) for name in HISTORY)
    fitted, spending = btyd.fit(btyd.summarise(x, t_x, known), model), btyd.fit_gamma_gamma(x, spent)
    problem = fitted.problem or spending.problem
    if problem:
        raise CordialeError(f"no model can be relied on here: {problem}")
    mean = spending.expected_mean(x, spent)
    worth = btyd.value(fitted, x, t_x, known, mean_value=mean, horizon=horizon_days, margin=margin,
                       yearly_discount=yearly_discount)  # fmt: skip
    wait = fitted.next_purchase(x, t_x, known)
    return _with(frame, table, pa.table({
        "alive": fitted.alive(x, t_x, known),
        "expected_purchases": fitted.expected(horizon_days, x, t_x, known) * level,
        "purchase_probability": fitted.probability_of_purchase(horizon_days, x, t_x, known),
        "next_purchase_days": pa.array(wait, mask=~np.isfinite(wait)),
        "expected_mean": mean,
        "expected_value": worth * level,
    }))  # fmt: skip


@cache
def _traits() -> tuple[Trait, ...]:
    return tuple(traits.parse([Document(text=(DATA / "traits.yaml").read_text(), source="traits.yaml")]))


def _rules(text: str | None) -> stages.Lifecycle:
    if not isinstance(text, (str, type(None))):
        raise CordialeError(f"rules are the text of a lifecycle.yaml, not {type(text).__name__}")
    kinds = {trait.name: trait.type for trait in _traits()}
    return stages.parse((DATA / "lifecycle.yaml").read_text() if text is None else text, "lifecycle.yaml", kinds)


def _scores(table: pa.Table) -> dict[str, str]:
    """The SQL of each score of RFM, over this table's customers."""
    table = table.select(list(_MEASURED))
    ordered = table.filter(pc.greater(table["orders_total"], 0))
    sql = {}
    for score, (trait, more_is_better) in scores.MEASURES.items():
        values = pc.cast(ordered[trait].drop_null(), pa.float64(), safe=False).to_numpy()
        sql[score] = scores.scale(values, more_is_better=more_is_better).sql(f"CAST({trait} AS DOUBLE)")
    return sql


def _numbered(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """These columns, and `row`: the place of each row, by which it is found again."""
    return table.select(list(columns)).append_column("row", pa.array(range(table.num_rows), pa.int64()))


def _named(rules: stages.Lifecycle) -> set[str]:
    """The traits its conditions name."""
    conditions = [rule.condition for rule in rules.rules if rule.condition is not None]
    names = {column.name for condition in conditions for column in condition.find_all(exp.Column)}
    return names - set(stages.RFM_KINDS)


def _table(frame: Any) -> pa.Table:
    """The frame as Arrow; an index of pandas is no column. Texts as views, which polars has, know few functions."""
    try:
        return _as_arrow(frame)
    except (pa.ArrowException, ValueError, TypeError, NotImplementedError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise CordialeError(f"the frame cannot be read as Arrow ({reason}); cast or leave out that column") from error


def _as_arrow(frame: Any) -> pa.Table:
    if _library(frame) == "pandas":
        return pa.Table.from_pandas(frame, preserve_index=False)
    if not hasattr(frame, "__arrow_c_stream__") and not isinstance(frame, pa.RecordBatch):
        raise CordialeError(
            f"a frame that speaks Arrow is needed (pandas, polars, pyarrow, DuckDB), not {type(frame).__name__}"
        )
    table = pa.table(frame)
    views = [(n, one) for n, one in enumerate(table.schema) if pa.types.is_string_view(one.type)]
    for place, one in views:
        table = table.set_column(place, one.name, table.column(place).cast(pa.string()))
    return table


def _library(frame: Any) -> str:
    return type(frame).__module__.partition(".")[0]


def _with(frame: Frame, table: pa.Table, columns: pa.Table) -> Frame:
    """The frame's rows with these columns after its own; columns of the same name give way."""
    kept = table.select([name for name in table.column_names if name not in columns.column_names])
    for name in columns.column_names:
        kept = kept.append_column(name, columns[name])
    made: Any = _like(frame, kept)
    if _library(frame) == "pandas":
        made.index = frame.index  # type: ignore[attr-defined]
    return made  # type: ignore[no-any-return]


def _like(frame: Frame, table: pa.Table) -> Frame:
    """The table in the library the frame is of. That one is loaded: the frame came from it."""
    made: Any = table
    if _library(frame) == "pandas":
        made = table.to_pandas()
    elif _library(frame) == "polars":
        made = sys.modules["polars"].from_arrow(table)
    return made  # type: ignore[no-any-return]


def _require(table: pa.Table, columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise CordialeError(
            f"the frame lacks {', '.join(missing)}; it has {', '.join(table.column_names) or 'no columns'}"
        )


def _require_figures(table: pa.Table, columns: Sequence[str]) -> None:
    """Raise CordialeError for a column of texts and the like; unknown figures are fine."""
    for name in columns:
        kind = table.schema.field(name).type
        if not any(is_kind(kind) for is_kind in _FIGURES):
            raise CordialeError(f"{name} must hold numbers; it holds {kind}")
        if pa.types.is_floating(kind) and pc.any(pc.invert(pc.is_finite(table[name]))).as_py():
            raise CordialeError(f"{name} holds NaN or an infinite number; leave such a value empty (null)")


def _within(name: str, value: float, low: float, high: float) -> None:
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:  # NaN is within nothing
        raise CordialeError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")


def _moment(as_of: datetime) -> datetime:
    if not isinstance(as_of, datetime):
        raise CordialeError(f"as_of must be an instant with a zone (datetime), not {type(as_of).__name__}")
    return require_aware(as_of)


def _instants(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_date(column.type):
        return column.cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        return column.cast(pa.timestamp("us", tz="UTC"), safe=False)
    if pa.types.is_timestamp(column.type):
        raise CordialeError("ts has no zone: say which, for instance with dt.tz_localize('Europe/Paris')")
    raise CordialeError(f"ts must hold instants with a zone, or dates; it holds {column.type}")


def _numbers(table: pa.Table, name: str) -> npt.NDArray[Any]:
    column = table[name]
    if column.null_count or not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
                                 or pa.types.is_decimal(column.type)):  # fmt: skip
        raise CordialeError(f"{name} must hold a number in every row")
    column = column.cast(pa.float64()) if pa.types.is_decimal(column.type) else column
    numbers = np.asarray(column.to_numpy())
    if not np.isfinite(numbers).all():
        raise CordialeError(f"{name} must hold a finite number in every row")
    return numbers
