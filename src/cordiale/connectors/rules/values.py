"""Reading single values of a payload, with errors that name the place. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from cordiale import clock
from cordiale.connectors.rules.found import Line, Unreadable

CENT = Decimal("0.01")
_LARGEST = Decimal("9999999999.99")


def document(body: bytes) -> Any:
    """The JSON of a body, amounts exact. Raises Unreadable."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start} is not UTF-8") from error
    except ValueError as error:
        raise Unreadable(f"this is not JSON: {error}") from error
    except RecursionError as error:
        raise Unreadable("this JSON is nested too deep") from error


def mapping(value: Any, place: str) -> Mapping[str, Any]:
    """`value` as an object."""
    if not isinstance(value, Mapping):
        raise Unreadable(f"{place} should be an object, it is {_kind(value)}")
    return value


def items(value: Any, place: str) -> Sequence[Mapping[str, Any]]:
    """`value` as a list of objects; none where it is missing."""
    if value in (None, ""):
        return ()
    if not isinstance(value, list):
        raise Unreadable(f"{place} should be a list, it is {_kind(value)}")
    return [mapping(one, f"{place}[{number}]") for number, one in enumerate(value)]


def text(value: Any) -> str:
    """A number or text as text without its margins; empty for what is missing, an object or a list."""
    if value is None or isinstance(value, bool | Mapping | list):
        return ""
    return plain(str(value)).strip()


def plain(told: str) -> str:
    """A text without what no database keeps: NUL, and halves of characters."""
    return told.replace("\x00", "").encode("utf-8", "replace").decode()


def required(values: Mapping[str, Any], name: str, place: str) -> str:
    """The text of a field that must be there. Raises Unreadable."""
    found = text(values.get(name))
    if not found:
        raise Unreadable(f"{place}.{name} is missing")
    return found


def number(value: Any, place: str) -> Decimal:
    """An amount as it was written, zero for what is missing. Raises Unreadable."""
    if value in (None, ""):
        return Decimal(0)
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise Unreadable(f"{place} should be a number, it is {str(value)[:40]!r}") from error
    if not amount.is_finite() or abs(amount) > _LARGEST:
        raise Unreadable(f"{place} is no amount: {str(value)[:40]!r}")
    return amount


def whole(value: Any, place: str) -> int:
    """A quantity. Raises Unreadable where it is not whole."""
    amount = number(value, place)
    if amount != amount.to_integral_value() or abs(amount) > 2_000_000_000:
        raise Unreadable(f"{place} should be a whole number, it is {amount}")
    return int(amount)


def instant(value: Any, place: str, zone: str) -> datetime:
    """A moment, ISO 8601 or "2026-11-22 09:00:00"; where it names no zone it was said in `zone`. Raises Unreadable."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime.combine(value, time())
    else:
        moment = _read_instant(value, place)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=clock.zone(zone))
    try:
        return clock.require_aware(moment)
    except OverflowError as error:
        raise Unreadable(f"{place} is no moment we can keep: {value}") from error


def _read_instant(value: Any, place: str) -> datetime:
    try:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return datetime.fromtimestamp(float(value), tz=clock.zone("UTC"))
        return datetime.fromisoformat(text(value))
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable(
            f"{place} should be a moment such as 2026-11-22T09:00:00Z, it is {str(value)[:40]!r}"
        ) from error


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was said: no empty text, no null."""
    return {name: value for name, value in values.items() if value not in (None, "")}


def cents(amount: Decimal) -> Decimal:
    """To the cent, halves away from zero as on a bill."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def spread(total: Decimal, shares: Sequence[Decimal]) -> list[Decimal]:
    """`total` cut in proportion to `shares`, to the cent; the parts add up to it exactly (largest remainder).

    Where all shares are nought it is cut equally.
    """
    if not shares:
        return []
    whole_share = sum(shares)
    weights = [share / whole_share for share in shares] if whole_share else [Decimal(1) / len(shares)] * len(shares)
    exact = [total * weight for weight in weights]
    parts = [one.quantize(CENT, ROUND_DOWN) for one in exact]
    missing = int((cents(total) - sum(parts)) / CENT)
    step = CENT if missing > 0 else -CENT
    furthest = sorted(range(len(parts)), key=lambda place: (-abs(exact[place] - parts[place]), place))
    for turn in range(abs(missing)):
        parts[furthest[turn % len(parts)]] += step
    return parts


def settle(lines: Iterable[tuple[Line, Decimal]], paid: Decimal | None = None) -> tuple[Line, ...]:
    """Lines with amounts to the cent that add up to `paid`, or to the rounded sum of the exact amounts."""
    pairs = list(lines)
    exact = [amount for _, amount in pairs]
    total = cents(sum(exact, Decimal(0))) if paid is None else cents(paid)
    amounts = spread(total, exact) if all(one >= 0 for one in exact) else _rounded(exact, total)
    return tuple(
        Line(
            product_id=line.product_id, quantity=line.quantity, amount=amount,
            discount=cents(max(line.discount, Decimal(0))),
            category=line.category, department=line.department, brand=line.brand,
        )
        for (line, _), amount in zip(pairs, amounts, strict=True)
    )  # fmt: skip


def _rounded(exact: Sequence[Decimal], total: Decimal) -> list[Decimal]:
    """Amounts of mixed signs: each to the cent, the difference on the largest."""
    amounts = [cents(one) for one in exact]
    if amounts:
        largest = max(range(len(amounts)), key=lambda place: abs(amounts[place]))
        amounts[largest] += total - sum(amounts)
    return amounts


def _kind(value: Any) -> str:
    names = {list: "a list", dict: "an object", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
