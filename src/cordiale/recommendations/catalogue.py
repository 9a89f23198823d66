"""What is known of products: seen in order lines, told by the shop through the API or a file, edited by staff."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Q, QuerySet

from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.customers.planner import along_index
from cordiale.errors import CordialeError, NotFound
from cordiale.recommendations import facts
from cordiale.recommendations.models import Product

SEEN = "orders"
"""The source of what only order lines tell."""
FIELDS = ("titles", "category", "department", "brand", "price", "margin", "is_in_stock", "is_excluded", "url", "image",
          "attributes")  # fmt: skip
_SEEN_FIELDS = ("category", "department", "brand", "price")
_AT_ONCE = 2_000
_LARGEST_PRICE = Decimal("9999999999.99")


@dataclass(frozen=True)
class Fault:
    """A product that was not taken: its number among those given (from 0), its id and why."""

    row: int
    id: str
    reason: str


@dataclass(frozen=True)
class Taken:
    """What became of products that were told."""

    new: int
    changed: int
    unchanged: int
    faults: tuple[Fault, ...]


def products(text: str = "", only: str = "") -> QuerySet[Product]:
    """Products whose code, title, category or brand holds `text`; `only` is empty, `out` (of stock) or `excluded`."""
    found = Product.objects.order_by("id")
    if text:
        found = found.filter(
            Q(id__icontains=text) | Q(titles__fr__icontains=text) | Q(titles__en__icontains=text)
            | Q(category__icontains=text) | Q(brand__icontains=text)
        )  # fmt: skip
    return {"out": found.filter(is_in_stock=False), "excluded": found.filter(is_excluded=True)}.get(only, found)


def get_product(name: str) -> Product:
    """The product with this code. Raises NotFound."""
    found = Product.objects.filter(pk=name).first()
    if found is None:
        raise NotFound(f"there is no product '{name}'")
    return found


def fill(now: datetime) -> int:
    """Products seen in order lines that are not known yet, and what lines now say of those only they told of."""
    rows = {row["product_id"]: row for row in facts.sold(now).to_pylist()}
    known = {one.pk: one for one in Product.objects.filter(source=SEEN).iterator(chunk_size=_AT_ONCE)}
    told = set(Product.objects.exclude(source=SEEN).values_list("pk", flat=True))
    new, changed = [], []
    for code, row in rows.items():
        if code in told or len(code) > 200:
            continue
        one = known.get(code) or Product(id=code, source=SEEN, updated_at=now)
        values = {name: _seen(name, row[name]) for name in _SEEN_FIELDS}
        if code not in known:
            new.append(_set(one, values, now))
        elif any(getattr(one, name) != value for name, value in values.items()):
            changed.append(_set(one, values, now))
    Product.objects.bulk_create(new, batch_size=_AT_ONCE, ignore_conflicts=True)
    Product.objects.bulk_update(changed, [*_SEEN_FIELDS, "updated_at"], batch_size=_AT_ONCE)
    return len(new) + len(changed)


def tell(rows: Iterable[Mapping[str, Any]], *, source: str, actor: Staff | str, now: datetime) -> Taken:
    """Put what is told of products: a field that is absent stays as it was. Rows that cannot be taken are said, the
    others are taken; telling the same again changes nothing."""
    good: dict[str, dict[str, Any]] = {}
    faults = []
    for number, row in enumerate(rows):
        try:
            code = str(row.get("id") or "").strip()
            good[code] = good.get(code, {}) | checked(code, row)
        except CordialeError as error:
            faults.append(Fault(number, str(row.get("id") or "")[:200], str(error)))
    with along_index():  # after a first filling there are no statistics: the table would be read whole for each part
        counted = [_put(chunk, good, source, now) for chunk in _chunks(sorted(good))]
        new, changed = (sum(one[at] for one in counted) for at in (0, 1))
        if new or changed:
            audit("product", "", "tell", actor, {"source": source, "new": new, "changed": changed}, now)
    return Taken(new=new, changed=changed, unchanged=len(good) - new - changed, faults=tuple(faults))


def edit(name: str, values: Mapping[str, Any], *, actor: Staff | str, now: datetime) -> Product:
    """Change fields of one product. Raises NotFound, CordialeError."""
    with transaction.atomic():
        one = Product.objects.select_for_update().filter(pk=name).first() or get_product(name)
        wanted = checked(name, {"id": name, **values})
        before = {field: getattr(one, field) for field in wanted}
        changed = sorted(field for field in wanted if before[field] != wanted[field])
        if changed:
            _set(one, wanted, now)
            one.source = f"staff {actor}"[:80] if isinstance(actor, Staff) else str(actor)[:80]
            one.save()
            audit("product", name, "edit", actor, {"fields": changed}, now)
    return one


def checked(code: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row that were given, as they are kept. Raises CordialeError with the first that cannot be."""
    if not code or len(code) > 200 or "\0" in code:
        raise CordialeError("the product needs an id of 1 to 200 characters")
    return {name: _CHECKS[name](name, row[name]) for name in FIELDS if name in row}


def rows_of(path: Path) -> dict[int, dict[str, Any]]:
    """Products of a CSV file (UTF-8, comma or semicolon; columns id, title_fr, title_en and those of FIELDS), each by
    the line it ends on.

    Raises CordialeError where it cannot be read.
    """
    try:
        text = path.read_text("utf-8-sig")
        head = text.partition("\n")[0]
        lines = io.StringIO(text, newline="")  # a cell may hold a line break
        reader = csv.DictReader(lines, delimiter=";" if head.count(";") > head.count(",") else ",")
        names, rows = reader.fieldnames or [], dict((reader.line_num, row) for row in reader)  # noqa: C402 - the reader counts
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CordialeError(f"cannot read {path.name}: give a CSV file in UTF-8 ({error})") from error
    known = {"id", "title_fr", "title_en", *FIELDS} - {"titles"}
    unknown = [name for name in names if name not in known]
    if unknown or "id" not in names:
        what = f"column '{unknown[0]}' is not known" if unknown else "column 'id' is missing"
        raise CordialeError(f"{path.name}: {what}; it takes {', '.join(sorted(known))}")
    return {line: _of_text(row) for line, row in rows.items()}


def _of_text(row: Mapping[str, str]) -> dict[str, Any]:
    """Empty cells say nothing; numbers take a point or a comma; flags are yes/no, true/false or 1/0."""
    found: dict[str, Any] = {name: value.strip() for name, value in row.items() if name and value and value.strip()}
    titles = {code: found.pop(f"title_{code}") for code in ("fr", "en") if f"title_{code}" in found}
    for name in ("price", "margin"):
        if name in found:
            found[name] = found[name].replace(",", ".")
    for name in ("is_in_stock", "is_excluded"):
        if name in found:
            found[name] = {"yes": True, "true": True, "1": True, "oui": True, "no": False, "false": False, "0": False,
                           "non": False}.get(found[name].lower(), found[name])  # fmt: skip
    if "attributes" in found:
        try:
            found["attributes"] = json.loads(found["attributes"])
        except ValueError:
            found["attributes"] = str(found["attributes"])
    return found | ({"titles": titles} if titles else {})


def _put(codes: Sequence[str], good: Mapping[str, dict[str, Any]], source: str, now: datetime) -> tuple[int, int]:
    known = Product.objects.select_for_update().in_bulk(list(codes))
    new, changed = [], []
    for code in codes:
        one = known.get(code) or Product(id=code)
        if code not in known:
            new.append(_set(one, good[code] | {"source": source[:80]}, now))
        elif any(getattr(one, name) != value for name, value in good[code].items()):
            changed.append(_set(one, good[code] | {"source": source[:80]}, now))
    Product.objects.bulk_create(new, ignore_conflicts=True)
    Product.objects.bulk_update(changed, [*FIELDS, "source", "updated_at"])
    return len(new), len(changed)


def _set(one: Product, values: Mapping[str, Any], now: datetime) -> Product:
    for name, value in values.items():
        setattr(one, name, value)
    one.updated_at = now
    return one


def _chunks(codes: Sequence[str]) -> Iterable[Sequence[str]]:
    return (codes[start : start + _AT_ONCE] for start in range(0, len(codes), _AT_ONCE))


def _seen(name: str, value: Any) -> Any:
    if name == "price":
        return None if value is None else min(Decimal(str(round(value, 2))).quantize(Decimal("0.01")), _LARGEST_PRICE)
    return str(value or "")[:200]


def _text(name: str, value: Any) -> str:
    longest = 500 if name in ("url", "image") else 200
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise CordialeError(f"'{name}' is a text of at most {longest} characters")
    return value.strip()


def _address(name: str, value: Any) -> str:
    text = _text(name, value)
    parts = _split(text)
    if text and (parts is None or parts.scheme not in ("http", "https") or not parts.netloc):
        raise CordialeError(f"'{name}' is an address that begins with https://")
    return text


def _split(text: str) -> Any:
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _texts(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > 20:
        raise CordialeError(f'\'{name}\' is a text by language, for instance {{"fr": …, "en": …}}')
    return {_text(name, language)[:10]: _text(name, one) for language, one in value.items()}


def _price(name: str, value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or not 0 <= price <= _LARGEST_PRICE:
        raise CordialeError(f"'{name}' is an amount of 0 or more, not '{str(value)[:40]}'")
    return price.quantize(Decimal("0.01"))


def _margin(name: str, value: Any) -> float | None:
    if value is None:
        return None
    try:
        margin = float(value)
    except (TypeError, ValueError):
        margin = float("nan")
    if not -100 <= margin <= 1:
        raise CordialeError(f"'{name}' is the share of the price that stays, 0.3 for 30 %, not '{str(value)[:40]}'")
    return margin


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise CordialeError(f"'{name}' is true or false, not '{str(value)[:40]}'")
    return value


def _attributes(name: str, value: Any) -> dict[str, Any]:
    fits = isinstance(value, Mapping) and all(
        isinstance(one, str | int | float | bool) or (isinstance(one, list) and all(isinstance(x, str) for x in one))
        for one in value.values()
    )
    try:
        written = json.dumps(value, allow_nan=False) if fits else ""
    except ValueError:  # infinity and NaN are no JSON
        written = ""
    if not written or len(written) > 10_000 or "\\u0000" in written:
        raise CordialeError(f"'{name}' is an object of texts, numbers, flags or lists of texts, of 10 000 characters")
    return {str(key): one for key, one in value.items()}


_CHECKS = {
    "titles": _texts, "category": _text, "department": _text, "brand": _text, "price": _price, "margin": _margin,
    "is_in_stock": _flag, "is_excluded": _flag, "url": _address, "image": _address, "attributes": _attributes,
}  # fmt: skip
