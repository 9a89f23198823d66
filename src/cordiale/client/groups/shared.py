"""Shapes that several groups use.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from typing import Any, Literal

from cordiale.client.connection import Instant, Shape


class ProductOut(Shape, frozen=True, kw_only=True):
    """A product as it is known. `source` says who told last: `orders` where only order lines did."""

    id: str
    titles: dict[str, str]
    category: str
    department: str
    brand: str
    price: float | None
    margin: float | None
    is_in_stock: bool
    is_excluded: bool
    url: str
    image: str
    attributes: dict[str, Any]
    source: str
    updated_at: Instant


class Recommended(Shape, frozen=True, kw_only=True):
    """A product, its title and the reason for it by language, and what kind of reason that is."""

    product: ProductOut
    title: dict[str, str]
    reason: dict[str, str]
    kind: Literal["again", "with", "taste", "viewed", "interest", "guide", "popular"]
    score: float
