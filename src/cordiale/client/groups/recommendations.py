"""The operations of `recommendations` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from cordiale.client.connection import Connection, Instant, Shape, part
from cordiale.client.groups.shared import ProductOut, Recommended


class AffinityOut(Shape, frozen=True, kw_only=True):
    """A category or topic with its share (0–1) of the interest shown."""

    name: str
    share: float
    bought: int
    seen: int


class RecommendedFor(Shape, frozen=True, kw_only=True):
    """What a customer may want next, best first, and what they care for. Empty while their data is restricted."""

    customer: str
    recommendations: list[Recommended]
    categories: list[AffinityOut]
    topics: list[AffinityOut]


class ProductProblem(Shape, frozen=True, kw_only=True):
    """A product that was not taken: its number among those sent (from 0), its id, and why."""

    row: int
    id: str
    error: str


class ProductsTaken(Shape, frozen=True, kw_only=True):
    """What became of them. Those with a problem were left as they are, the others taken."""

    new: int
    changed: int
    unchanged: int
    problems: list[ProductProblem]


class ProductIn(Shape, frozen=True, kw_only=True):
    """What is told of a product; a field that is left out stays as it is. `margin` is a share of the price (0.3)."""

    id: str
    titles: dict[str, str] | None = None
    category: str | None = None
    department: str | None = None
    brand: str | None = None
    price: float | None = None
    margin: float | None = None
    is_in_stock: bool | None = None
    is_excluded: bool | None = None
    url: str | None = None
    image: str | None = None
    attributes: dict[str, str | float | bool | list[str]] | None = None


class ProductsIn(Shape, frozen=True, kw_only=True):
    """At most 1 000 products."""

    products: list[ProductIn]


class ProductList(Shape, frozen=True, kw_only=True):
    """A page of products by id, and how many there are."""

    total: int
    page: int
    products: list[ProductOut]


class ModelOut(Shape, frozen=True, kw_only=True):
    """The model in force. `gate`: what was too little for more than popularity. `report`: NDCG@10, with intervals
    of 95 %, of it and its rivals on the last `horizon` days, foretold from those before.
    """

    number: int
    fitted_at: Instant
    method: str
    products: int
    customers: int
    orders: int
    gate: list[dict[str, Any]]
    report: dict[str, Any]
    tuning: dict[str, Any]
    seconds: float


class FitAsked(Shape, frozen=True, kw_only=True):
    """The job that fits the model."""

    job: int


class Recommendations:
    """`client.recommendations`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_customer(
        self, customer: str, *, n: int = 10, wanted: Literal["all", "new", "again"] = "all"
    ) -> RecommendedFor:
        """Next best products. `customer` is a reference or our number. `wanted`: all, only new to the customer, or
        only bought again.
        """
        return self._connection.call(
            "GET",
            f"/api/v1/recommendations/customers/{part(customer)}",
            RecommendedFor,
            query={"n": n, "wanted": wanted},
            is_repeatable=True,
        )

    def list_products(self, *, text: str = "", page: int = 1) -> ProductList:
        """Products. 50 a page, by id; `text` is part of an id, a title, a category or a brand."""
        return self._connection.call(
            "GET",
            "/api/v1/recommendations/products",
            ProductList,
            query={"text": text, "page": page},
            is_repeatable=True,
        )

    def every_product(self, *, text: str = "") -> Iterator[ProductOut]:
        """All that `list_products` answers, page after page."""
        page = 1
        while rows := self.list_products(text=text, page=page).products:
            yield from rows
            page += 1

    def put_products(self, products: list[ProductIn]) -> ProductsTaken:
        """Tell of products. Telling the same again changes nothing."""
        return self._connection.call(
            "PUT",
            "/api/v1/recommendations/products",
            ProductsTaken,
            body=ProductsIn(products=products),
            is_repeatable=True,
        )

    def get_model(self) -> ModelOut:
        """The model in force. 404 before the first fit."""
        return self._connection.call("GET", "/api/v1/recommendations/model", ModelOut, is_repeatable=True)

    def ask_fit(self) -> FitAsked:
        """Fit the model anew. A job; while one waits or runs, that one."""
        return self._connection.call("POST", "/api/v1/recommendations/model/fit", FitAsked, is_repeatable=True)
