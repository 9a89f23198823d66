"""How French addresses are written for comparison (NF Z10-011 and what people make of it)."""

from __future__ import annotations

from cordiale.duplicates.rules.writing import Writing, words

_KINDS = {
    "av|ave": "avenue", "bd|bld|blvd|boul|bvd": "boulevard", "che|chem|ch": "chemin", "imp": "impasse", "pl": "place",
    "all": "allee", "rte": "route", "sq": "square", "fg|fbg": "faubourg", "res": "residence", "lot": "lotissement",
    "qu": "quai", "crs": "cours", "pass": "passage", "esp": "esplanade", "prom": "promenade", "ham": "hameau",
    "gal|gl": "general", "mal": "marechal", "cdt": "commandant", "cne": "capitaine", "dr": "docteur",
    "pdt": "president", "prof": "professeur", "ste": "sainte", "st": "saint", "bat": "batiment",
    "apt|appt|app": "appartement", "esc": "escalier", "etg": "etage",
}  # fmt: skip
_NUMBER = r"^([0-9]{1,4}) ?(bis|ter|quater|b|t|q|a|c|d)\b"
STREET = Writing(
    words(
        (
            (r"^(n|no|num|numero) ?([0-9])", r"\2"),
            (r"^0+([1-9])", r"\1"),
            (_NUMBER, r"\1 \2"),
            (r"^([0-9]{1,4}) bis\b", r"\1b"),
            (r"^([0-9]{1,4}) ter\b", r"\1t"),
            (r"^([0-9]{1,4}) quater\b", r"\1q"),
            (r"^([0-9]{1,4}) ([abcdtq]) ", r"\1\2 "),
            (r"^([0-9]{1,4}[abcdtq]?) r ", r"\1 rue "),
            (r"^r ", "rue "),
            *((rf"\b({short})\b", full) for short, full in _KINDS.items()),
            (r"\b(appartement|batiment|escalier|etage|bp|cs|boite) ?[0-9a-z]{1,6}\b", " "),
            (r"\b(de la|de l|de|du|des|d|la|le|les|l|a|aux|au|et)\b", " "),
        )
    )
)
POSTCODE = Writing(((" ", ""), (r"^f([0-9]{5})$", r"\1"), (r"^([0-9]{4})$", r"0\1"), ("^75116$", "75016")))
CITY = Writing(
    words(
        (
            (r"\bcedex\b.*$", ""),
            (r"\b[0-9]{1,2}(e|er|eme|ere)?( arrondissement)?( *)$", ""),
            (r"\bste\b", "sainte"),
            (r"\bst\b", "saint"),
            (r"\bs\b", "sur"),
            (r"\b(le|la|les|l)\b", " "),
        )
    )
)
HOUSE_NUMBER = Writing(((r"^([0-9]{1,4}[abcdtq]?) .*$", r"\1"), (r"^.*[^0-9abcdtq].*$", ""), (r"^[a-z].*$", "")))


def street(text: str | None) -> str | None:
    """`12 bis, av. de la République` as `12b avenue republique`."""
    return STREET.of(text)


def postcode(text: str | None) -> str | None:
    """Without spaces or country, five figures where four were left of them (1000 is 01000)."""
    return POSTCODE.of(text)


def city(text: str | None) -> str | None:
    """Without CEDEX, district number and article."""
    return CITY.of(text)


def house_number(written: str | None) -> str | None:
    """The number of a street already written for comparison: `12b`."""
    return HOUSE_NUMBER.of(written)
