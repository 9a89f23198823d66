"""What the data lacks, made up the same way each time: names, addresses, emails, birthdays, consents.

Everything here is marked `synthetic` in the customer's `sources`; addresses end in `example.org`, which RFC 2606
keeps from ever reaching anybody.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from faker import Faker

SYNTHETIC = "synthetic"
JOURNEY = "The Complete Journey"
_BANDS = {
    "19-24": (19, 24),
    "25-34": (25, 34),
    "35-44": (35, 44),
    "45-54": (45, 54),
    "55-64": (55, 64),
    "65+": (65, 84),
}
_OVERSEAS = (("Indian/Reunion", "974"), ("America/Martinique", "972"))
_GRANTED, _WITHDRAWN = 0.76, 0.06  # the rest never answered
_STAFF_SHARE = 0.01


@dataclass(frozen=True)
class Household:
    """What the data knows of one household: its number, when it first bought, and what it declared, if asked."""

    number: int
    first_order_at: datetime
    declared: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What a synthetic customer said to one purpose on the email channel."""

    purpose: str
    state: str
    at: datetime


def customers(households: Iterable[Household], *, today: date) -> Iterable[dict[str, Any]]:
    """One customer row (for `customers.actions.upsert`) a household."""
    fake = Faker("fr_FR", use_weighting=False)
    for household in households:
        yield _customer(household, fake, today)


def answers(household: Household, *, until: datetime) -> list[Answer]:
    """The consents of a household's synthetic customer: asked when they joined, some withdrawn before `until`."""
    draw = Random(f"consent:{household.number}")  # noqa: S311 - synthetic people, not secrets
    asked_at = joined_at(household)
    said = []
    for purpose in ("offers", "news"):
        luck = draw.random()
        if luck < _GRANTED + _WITHDRAWN:
            said.append(Answer(purpose, "granted", asked_at))
        withdrawn_at = asked_at + timedelta(days=draw.randint(20, 200))
        if _GRANTED <= luck < _GRANTED + _WITHDRAWN and withdrawn_at < until:
            said.append(Answer(purpose, "withdrawn", withdrawn_at))
    return said


def joined_at(household: Household) -> datetime:
    """When the customer became known: up to three weeks before the first order, a prospect until then."""
    draw = Random(f"joined:{household.number}")  # noqa: S311
    return household.first_order_at - timedelta(minutes=draw.randint(30, 3 * 7 * 24 * 60))


def _customer(household: Household, fake: Faker, today: date) -> dict[str, Any]:
    fake.seed_instance(household.number)
    draw = Random(f"person:{household.number}")  # noqa: S311
    first, last = fake.first_name(), fake.last_name()
    zone, prefix = ("Europe/Paris", "")
    if draw.random() < 0.03:
        zone, prefix = draw.choice(_OVERSEAS)
    joined = joined_at(household)
    made_up = {
        "first_name": first,
        "last_name": last,
        "email": f"{_plain(first)}.{_plain(last)}.{household.number}@example.org",
        "phone": f"+3363998{household.number:04d}",  # 06 39 98: kept by Arcep for works of fiction
        "birth_on": _birthday(draw, household.declared.get("age_band"), today),
        "street": fake.street_address(),
        "postcode": prefix + fake.postcode()[len(prefix) :],
        "city": fake.city(),
        "country": "FR",
        "language": "en" if draw.random() < 0.08 else "fr",
        "timezone": zone,
    }
    declared = dict(household.declared)
    if draw.random() < _STAFF_SHARE:
        declared["staff"] = "yes"
    sources = {field: {"source": SYNTHETIC, "at": joined.isoformat()} for field in [*made_up, "declared.staff"]}
    sources |= {f"declared.{field}": {"source": JOURNEY, "at": joined.isoformat()} for field in household.declared}
    return {
        "reference": str(household.number),
        **made_up,
        "declared": declared,
        "sources": sources,
        "created_at": joined,
    }


def _birthday(draw: Random, band: str | None, today: date) -> date:
    youngest, oldest = _BANDS.get(band or "", (20, 80))
    age_in_days = draw.randint(youngest * 365 + 100, (oldest + 1) * 365 - 100)
    return today - timedelta(days=age_in_days)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter if letter.isalnum() else "-" for letter in letters)
