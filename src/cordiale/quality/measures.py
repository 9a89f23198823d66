"""What is measured of the base: each measure is one condition on a customer, so that a number and its list agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cordiale.consent import queries as consents
from cordiale.consent.rules import CHANNELS

COMPLETENESS, VALIDITY, FRESHNESS, REACH = "completeness", "validity", "freshness", "reach"
STALE_AFTER_DAYS = 365
_FIVE_DIGITS = "('FR', 'GP', 'MQ', 'GF', 'RE', 'YT', 'PM', 'MC', 'BL', 'MF')"
_NAMED = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Customers for whom `condition` holds, out of those for whom `among` does (SQL on the row `customer`).

    `is_problem` says whether a high share is bad. `values` are bound to the condition's `%(name)s`.
    """

    name: str
    kind: str
    title: str | Promise
    definition: str | Promise
    condition: str
    among: str = "true"
    is_problem: bool = True
    values: Mapping[str, Any] = field(default_factory=dict)

    def positional(self) -> tuple[str, list[Any]]:
        """The condition with `%s` and its values in order, for Django."""
        return _NAMED.sub("%s", self.condition), [self.values[name] for name in _NAMED.findall(self.condition)]


_HAS_STREET = "customer.street <> '' and customer.postcode <> '' and customer.city <> ''"
_PLAIN: tuple[Measure, ...] = (
    Measure(
        name="no-name", kind=COMPLETENESS, title=_("Without a last name"),
        definition=_("Customers whose last name is empty."), condition="customer.last_name = ''",
    ),
    Measure(
        name="no-email", kind=COMPLETENESS, title=_("Without an email address"),
        definition=_("Customers whose email address is empty."), condition="customer.email = ''",
    ),
    Measure(
        name="no-phone", kind=COMPLETENESS, title=_("Without a telephone number"),
        definition=_("Customers whose telephone number is empty."), condition="customer.phone = ''",
    ),
    Measure(
        name="no-address", kind=COMPLETENESS, title=_("Without a postal address"),
        definition=_("Customers without street, postcode or city."), condition=f"not ({_HAS_STREET})",
    ),
    Measure(
        name="no-birthday", kind=COMPLETENESS, title=_("Without a birth date"),
        definition=_("Customers whose birth date is empty."), condition="customer.birth_on is null",
    ),
    Measure(
        name="bad-email", kind=VALIDITY, title=_("Email address that cannot be right"),
        definition=_("Customers with an email address that is not written name@domain.tld."),
        condition=r"customer.email !~ '^[^@[:space:],;<>]+@[^@[:space:],;<>.]+(\.[^@[:space:],;<>.]+)+$'",
        among="customer.email <> ''",
    ),
    Measure(
        name="bad-phone", kind=VALIDITY, title=_("Telephone number that cannot be right"),
        definition=_("Customers with a telephone number that is not in international form (+ and 8 to 15 digits)."),
        condition=r"customer.phone !~ '^\+[1-9][0-9]{7,14}$'", among="customer.phone <> ''",
    ),
    Measure(
        name="bad-address", kind=VALIDITY, title=_("Postal address that La Poste could not read"),
        definition=_(
            "French addresses with a postcode that is not five digits, or a line over 38 characters (NF Z10-011)."
        ),
        condition="(customer.postcode !~ '^[0-9]{5}$' or length(customer.street) > 38"
        " or length(customer.postcode || ' ' || customer.city) > 38)",
        among=f"{_HAS_STREET} and customer.country in {_FIVE_DIGITS}",
    ),
    Measure(
        name="bad-birthday", kind=VALIDITY, title=_("Birth date that cannot be right"),
        definition=_("Customers born before 1900 or after the day they became known."),
        condition="(customer.birth_on < date '1900-01-01' or customer.birth_on > customer.created_at::date)",
        among="customer.birth_on is not null",
    ),
    Measure(
        name="stale", kind=FRESHNESS, title=_("Profile unchanged for a year"),
        definition=_("Customers of whom no source said anything new in the last 365 days."),
        condition=f"customer.updated_at < %(now)s - interval '{STALE_AFTER_DAYS} days'",
    ),
)  # fmt: skip
_REACH_TITLES: dict[str, str | Promise] = {
    "email": _("Reachable by email"),
    "sms": _("Reachable by SMS"),
    "phone": _("Reachable by telephone"),
    "letter": _("Reachable by letter"),
}


def all_measures(now: Any) -> dict[str, Measure]:
    """Every measure by name, with the values its condition binds at an instant."""
    moment = {"now": now}
    plain = {one.name: replace(one, values=moment) for one in _PLAIN}
    return plain | {f"reach-{channel}": _reach(channel) for channel in CHANNELS} | {"reach": _reach_at_all()}


@cache
def names() -> list[tuple[str, str | Promise]]:
    """Name and title of each measure, for a choice above a list."""
    return [(one.name, one.title) for one in all_measures(None).values()]


def _reach(channel: str) -> Measure:
    condition, values = _reaches(channel)
    return Measure(
        name=f"reach-{channel}", kind=REACH, title=_REACH_TITLES[channel],
        definition=_(
            "Has an address that is not on the opposition list, and agreed to at least one purpose by this channel."
        ), condition=condition, values=values,
        is_problem=False,
    )  # fmt: skip


def _reach_at_all() -> Measure:
    parts = [_reaches(channel) for channel in CHANNELS]
    values = {name: value for _condition, bound in parts for name, value in bound.items()}
    return Measure(
        name="reach", kind=REACH, title=_("Reachable at all"), definition=_("Reachable through at least one channel."),
        condition="(" + " or ".join(condition for condition, _bound in parts) + ")", values=values, is_problem=False,
    )  # fmt: skip


def _reaches(channel: str) -> tuple[str, dict[str, Any]]:
    """Agreed to a purpose, has an address, and it is not opposed. The costly hash is asked last."""
    address = consents.address_sql(channel)
    hashed = _NAMED.sub(lambda found: f"%({channel}_{found[1]})s", consents.HASH_SQL.format(address=address))
    values = {f"{channel}_{name}": value for name, value in consents.hash_parameters(channel).items()}
    condition = (
        f"(customer.restricted_at is null and exists (select 1 from consent_consent granted"
        f" where granted.customer_id = customer.id and granted.channel = %({channel}_channel)s"
        f" and granted.state = 'granted') and {address} <> '' and not exists (select 1 from consent_opposition opposed"
        f" where opposed.channel = %({channel}_channel)s and opposed.address_hash = {hashed}))"
    )
    return condition, values
