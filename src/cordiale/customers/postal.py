"""A postal address as La Poste reads it: NF Z10-011, six lines of at most 38 characters, capitals, no punctuation.

Source: AFNOR NF Z10-011 (January 2013), as La Poste explains it to senders. Line 1 is the person, 2 and 3 the place
inside the building, 4 the number and street, 5 what else finds it (a hamlet, a box), 6 postcode and locality, 7 the
country where it is another one. We hold one street value: parts set apart by a comma become lines 2, 3 or 5 around it.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from cordiale.customers import rules
from cordiale.customers.models import Customer
from cordiale.customers.validation import FIVE_DIGITS, company_country
from cordiale.ui import formats

LONGEST_LINE = 38
_ALLOWED = re.compile(r"[^A-Z0-9 /]+")
_STREET = re.compile(
    r"^(\d+[A-Z]?( (BIS|TER|QUATER|[A-D]))? |(RUE|AVENUE|AV|BOULEVARD|BD|PLACE|PL|CHEMIN|CHE|ALLEE|ALL|IMPASSE|IMP|"
    r"ROUTE|RTE|QUAI|COURS|SQUARE|SQ|LOTISSEMENT|LOT|PASSAGE|PAS|VOIE|SENTIER) )"
)
_INSIDE = re.compile(
    r"^(APPARTEMENT|APPT|APT|ETAGE|ETG|ESCALIER|ESC|BATIMENT|BAT|RESIDENCE|RES|IMMEUBLE|IMM|CHEZ|PORTE|ENTREE)\b"
)


def postal_lines(customer: Customer) -> list[str]:
    """The lines of a label, capitals and without punctuation; empty where no street or locality is known.

    Lines are not cut: `problems` says which are too long.
    """
    if not (customer.street or customer.city):
        return []
    parts = [line for line in (_line(part) for part in re.split(r"[,;\n]", customer.street)) if line]
    locality = _line(f"{customer.postcode} {customer.city}")
    lines = [_line(customer.full_name), *_in_order(parts), locality]
    if customer.country not in {*FIVE_DIGITS, company_country()}:
        lines.append(_line(formats.country(customer.country)))
    return [line for line in lines if line]


def problems(customer: Customer) -> list[str]:
    """What keeps a letter from arriving, in words; empty for an address that is right or for none at all."""
    if not (customer.street or customer.city or customer.postcode):
        return []
    found = []
    if not customer.street:
        found.append(_("The street is missing."))
    if not customer.city:
        found.append(_("The city is missing."))
    if customer.country in FIVE_DIGITS and not re.fullmatch(r"\d{5}", customer.postcode):
        found.append(_("The postcode must have five figures."))
    if not customer.full_name:
        found.append(_("The name is missing."))
    too_long = _("The line “%(line)s” has %(length)s characters, at most 38 fit; shorten it.")
    lines = postal_lines(customer)
    found += [too_long % {"line": one, "length": len(one)} for one in lines if len(one) > LONGEST_LINE]
    if len(lines) > 7:
        found.append(_("More than seven lines; shorten the street."))
    return found


def _line(text: str) -> str:
    return " ".join(_ALLOWED.sub(" ", rules.fold(text).upper()).split())


def _in_order(parts: list[str]) -> list[str]:
    """Before the number and street what is inside the building (floor, staircase, residence), after it the rest."""
    first = [one for one in parts if _INSIDE.match(one)]
    streets = [one for one in parts if one not in first and _STREET.match(one)]
    others = [one for one in parts if one not in first and one not in streets]
    return [*first, *streets, *others]
