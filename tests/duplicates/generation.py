"""A made-up base of which the truth is known: households, twins, namesakes, and second records full of errors.

`base(records, seed)` has the columns that are compared, `unique_id`, `is_new` and `person` (who it really is). Names
and towns are Faker's French vocabularies, widened by made-up last names so that rare names exist as they do in life.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from faker import Faker
from faker.providers.address.fr_FR import Provider as Addresses
from faker.providers.person.fr_FR import Provider as Persons

from cordiale.duplicates.rules.names import DIMINUTIVES, first_name

Draw = np.random.Generator
Texts = np.ndarray
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_STARTS = ("Ba", "Be", "Bo", "Ca", "Da", "De", "Du", "Fa", "Fo", "Ga", "Gi", "Gra", "La", "Le", "Lo", "Ma", "Mo",
           "Na", "Pe", "Pi", "Ra", "Re", "Ri", "Sa", "Se", "Ta", "Tho", "Va", "Vi")  # fmt: skip
_MIDDLES = ("", "bar", "chel", "dou", "gue", "lan", "lier", "mi", "nar", "per", "ri", "ser", "ta", "ver", "zon")
_ENDS = ("aud", "ard", "eau", "elle", "et", "ier", "in", "ois", "on", "ot", "oux", "ucci", "ez", "ert", "er")
_FIXED = ("de la République", "Victor Hugo", "des Lilas", "du Général Leclerc", "de l'Église", "du Moulin",
          "Saint-Jean", "Pasteur", "de la Gare", "du 8 Mai 1945", "des Cerisiers", "de Verdun")  # fmt: skip
_KINDS = ("rue", "rue", "rue", "rue", "avenue", "boulevard", "chemin", "impasse", "place", "allée")
_SHORT = {
    "rue": "R.",
    "avenue": "av.",
    "boulevard": "BD",
    "chemin": "che",
    "impasse": "imp.",
    "place": "pl",
    "allée": "all",
}
_BOXES = ("gmail.com", "orange.fr", "free.fr", "hotmail.fr", "wanadoo.fr", "yahoo.fr", "laposte.net", "sfr.fr")
_BOX_SHARES = (0.34, 0.16, 0.1, 0.14, 0.07, 0.09, 0.06, 0.04)


def base(records: int, seed: int = 1) -> pa.Table:
    """So many records of about four fifths as many people, in no order."""
    draw = np.random.default_rng(seed)
    people = _people(draw, int(records / 1.2) + 5)
    extra = draw.choice(3, len(people["person"]), p=(0.845, 0.11, 0.045))
    order = np.repeat(np.arange(len(people["person"])), 1 + extra)[:records]
    is_second = np.concatenate(([False], order[1:] == order[:-1]))
    rows = {name: values[order] for name, values in people.items()}
    _age(draw, rows, is_second, people)
    _write(draw, rows)
    shuffled = draw.permutation(len(order))
    birth = [None if missing else day for day, missing in zip(rows["birth_on"].tolist(), rows["no_birth"], strict=True)]
    columns = {name: pa.array(rows[name][shuffled]) for name in _TEXTS}
    return pa.table({
        "unique_id": pa.array(np.arange(1, len(order) + 1)), **columns,
        "birth_on": pa.array(np.array(birth, dtype=object)[shuffled], pa.date32()),
        "is_new": pa.array(np.ones(len(order), bool)), "person": pa.array(rows["person"][shuffled]),
    })  # fmt: skip


_TEXTS = ("first_name", "last_name", "street", "postcode", "city", "email", "phone")


def truth(table: pa.Table) -> set[tuple[int, int]]:
    """The pairs of `unique_id`, smaller first, that are one person."""
    of: dict[int, list[int]] = {}
    for number, person in zip(table["unique_id"].to_pylist(), table["person"].to_pylist(), strict=True):
        of.setdefault(person, []).append(number)
    return {(a, b) for same in of.values() for a in same for b in same if a < b}


def _people(draw: Draw, count: int) -> dict[str, Texts]:
    sizes = draw.choice((1, 2, 3, 4, 5), count, p=(0.36, 0.3, 0.14, 0.14, 0.06))
    household = np.repeat(np.arange(count), sizes)[:count]
    place = np.arange(count) - np.searchsorted(household, household)
    homes = int(household[-1]) + 1
    head = _days(draw, homes, 1938, 2000)
    spouse = place == 1
    child = place > 1
    birth = head[household] + np.where(spouse, draw.integers(-2000, 2000, count), 0)
    birth = np.where(child, head[household] + draw.integers(20 * 365, 38 * 365, count), birth)
    birth = np.minimum(birth, 15_500)
    twin = child & (place > 2) & (draw.random(count) < 0.05)
    birth[twin] = birth[np.flatnonzero(twin) - 1]
    is_woman = np.where(spouse, ~_of_first(household, place, draw.random(count) < 0.5), draw.random(count) < 0.5)
    first = _first_names(draw, is_woman)
    for _ in range(4):  # nobody calls two children the same
        again = _repeated(household, first)
        first[again] = _first_names(draw, is_woman[again])
    junior = child & ~is_woman & (draw.random(count) < 0.02)
    first[junior] = first[np.searchsorted(household, household[junior])]
    names = _last_names(draw, homes)
    last = np.where(spouse & (draw.random(count) < 0.3), _last_names(draw, count), names[household])
    streets, postcodes, cities = _addresses(draw, homes)
    people: dict[str, Texts] = {
        "person": np.arange(count), "household": household, "is_woman": is_woman, "first_name": first,
        "last_name": last, "birth_on": birth.astype("datetime64[D]").astype(object), "street": streets[household],
        "postcode": postcodes[household], "city": cities[household],
    }  # fmt: skip
    shared_email, landline = (
        _emails(draw, first[np.searchsorted(household, np.arange(homes))], names),
        _phones(draw, homes, "01234"),
    )
    people["email"] = np.where(draw.random(count) < 0.08, shared_email[household], _emails(draw, first, last))
    people["phone"] = np.where(draw.random(count) < 0.25, landline[household], _phones(draw, count, "67"))
    return people


def _of_first(household: Texts, place: Texts, answer: Texts) -> Texts:
    return answer[np.searchsorted(household, household)]


def _repeated(household: Texts, first: Texts) -> Texts:
    """Where a first name stands a second time in a household."""
    names = np.unique(first.astype(str), return_inverse=True)[1]
    keys = household.astype(np.int64) * (names.max() + 1) + names
    is_first = np.zeros(len(keys), bool)
    is_first[np.unique(keys, return_index=True)[1]] = True
    return np.flatnonzero(~is_first)


def _age(draw: Draw, rows: dict[str, Texts], is_second: Texts, people: dict[str, Texts]) -> None:
    """What is true of a second record and was not of the first: another address, name, email, telephone."""
    count = len(is_second)

    def some(share: float) -> Texts:
        return np.flatnonzero(is_second & (draw.random(count) < share))

    moved = some(0.15)
    for name, values in zip(("street", "postcode", "city"), _addresses(draw, len(moved)), strict=True):
        rows[name][moved] = values
    married = some(0.05)
    married = married[rows["is_woman"][married].astype(bool)]
    names = _last_names(draw, len(married))
    both = draw.random(len(married)) < 0.4
    rows["last_name"][married] = np.where(both, rows["last_name"][married] + "-" + names, names)
    again = some(0.25)
    rows["email"][again] = _emails(draw, rows["first_name"][again], rows["last_name"][again])
    again = some(0.2)
    rows["phone"][again] = _phones(draw, len(again), "67")


def _write(draw: Draw, rows: dict[str, Texts]) -> None:
    """How people type it in: missing, short, swapped, misspelt, in capitals, abbreviated."""
    count = len(rows["person"])

    def change(name: str, share: float, how: Callable[[str], str]) -> None:
        values = rows[name]
        for place in np.flatnonzero(draw.random(count) < share):
            values[place] = how(values[place])

    change("first_name", 0.03, _diminutive)
    change("first_name", 0.015, lambda text: ".".join(part[:1] for part in text.split("-")) + ".")
    for name, share in (("first_name", 0.03), ("last_name", 0.04), ("street", 0.04), ("email", 0.02), ("city", 0.03)):
        change(name, share, lambda text: _typo(draw, text))
    change("phone", 0.01, lambda text: text[:-1] + str(draw.integers(0, 10)))
    swapped = draw.random(count) < 0.015
    rows["first_name"], rows["last_name"] = (np.where(swapped, rows["last_name"], rows["first_name"]),
                                             np.where(swapped, rows["first_name"], rows["last_name"]))  # fmt: skip
    change("first_name", 0.15, str.upper)
    change("last_name", 0.35, str.upper)
    change("first_name", 0.1, lambda text: text.replace("-", " "))
    change("street", 0.4, _abbreviated)
    change("city", 0.3, str.upper)
    change("phone", 0.4, lambda text: "+33" + text[1:])
    change("email", 0.01, lambda text: text.replace("@", "+shop@"))
    for name, share in (("first_name", 0.02), ("street", 0.12), ("email", 0.22), ("phone", 0.25)):
        change(name, share, lambda text: "")
    rows["city"][rows["street"] == ""] = ""
    rows["postcode"][(rows["street"] == "") & (draw.random(count) < 0.6)] = ""
    change("birth_on", 0.02, lambda day: _wrong_day(draw, day))
    rows["no_birth"] = draw.random(count) < 0.3


def _diminutive(text: str) -> str:
    return _DIMINUTIVE_OF.get(first_name(text) or "", text)


_DIMINUTIVE_OF = {full: short.title() for short, full in DIMINUTIVES.items() if short != full}


def _typo(draw: Draw, text: str) -> str:
    if len(text) < 4:
        return text
    at = int(draw.integers(1, len(text) - 1))
    letter = _LETTERS[int(draw.integers(0, 26))]
    return (
        text[:at] + letter + text[at + 1 :],
        text[:at] + letter + text[at:],
        text[:at] + text[at + 1 :],
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
    )[int(draw.integers(0, 4))]


def _wrong_day(draw: Draw, day: datetime.date) -> datetime.date:
    if draw.random() < 0.4 and day.day <= 12:
        return day.replace(month=day.day, day=day.month)
    return day.replace(day=int(draw.integers(1, 29))) if draw.random() < 0.6 else day.replace(year=day.year + 1, day=1)


def _abbreviated(text: str) -> str:
    number, _, rest = text.partition(" ")
    kind, _, name = rest.partition(" ")
    return f"{number}, {_SHORT.get(kind, kind)} {name.upper()}"


def _days(draw: Draw, count: int, first: int, last: int) -> Texts:
    return draw.integers((first - 1970) * 365, (last - 1970) * 365, count)


def _chosen(draw: Draw, values: Sequence[str], count: int, offset: float) -> Texts:
    shares = 1 / (np.arange(len(values)) + offset)
    return np.array(values, dtype=object)[draw.choice(len(values), count, p=shares / shares.sum())]


def _first_names(draw: Draw, is_woman: Texts) -> Texts:
    women, men = (sorted(set(names)) for names in (Persons.first_names_female, Persons.first_names_male))
    mixing = np.random.default_rng(0)
    mixing.shuffle(women)
    mixing.shuffle(men)
    names = np.where(is_woman, _chosen(draw, women, len(is_woman), 8), _chosen(draw, men, len(is_woman), 8))
    compound = draw.random(len(names)) < 0.06
    return np.where(compound, np.where(is_woman, "Marie-", "Jean-") + names, names)


def _last_names(draw: Draw, count: int) -> Texts:
    made = [start + middle + end for end in _ENDS for middle in _MIDDLES for start in _STARTS]
    np.random.default_rng(0).shuffle(made)
    return _chosen(draw, [*dict.fromkeys(Persons.last_names), *made], count, 25)


def _addresses(draw: Draw, count: int) -> tuple[Texts, Texts, Texts]:
    fake = Faker("fr_FR")
    fake.seed_instance(3)
    towns = [fake.city() for _ in range(2500)]
    departments = [number for number, _ in Addresses.departments if number.isdigit()]
    codes = [f"{departments[n % len(departments)]:0<2}{(n * 37) % 1000:03d}"[:5] for n in range(len(towns))]
    shares = 1 / (np.arange(len(towns)) + 6)
    town = draw.choice(len(towns), count, p=shares / shares.sum())
    names = [
        *_FIXED,
        *(
            f"{first} {last}"
            for first, last in zip(
                sorted(Persons.first_names)[:120] * 5, sorted(Persons.last_names)[:200] * 3, strict=True
            )
        ),
    ]
    kind, name = np.array(_KINDS, dtype=object)[draw.integers(0, len(_KINDS), count)], _chosen(draw, names, count, 10)
    street = draw.integers(1, 160, count).astype(str).astype(object) + " " + kind + " " + name
    return street, np.array(codes, dtype=object)[town], np.array(towns, dtype=object)[town]


def _emails(draw: Draw, first: Texts, last: Texts) -> Texts:
    box = np.array(_BOXES, dtype=object)[draw.choice(len(_BOXES), len(first), p=_BOX_SHARES)]
    number = np.where(draw.random(len(first)) < 0.4, "", draw.integers(1, 2010, len(first)).astype(str))
    joint = np.array((".", "", "_", "-"), dtype=object)[draw.choice(4, len(first), p=(0.55, 0.25, 0.1, 0.1))]
    short = draw.random(len(first)) < 0.25
    given = np.array([_plain(text) for text in first], dtype=object)
    given = np.where(short, np.array([text[:1] for text in given], dtype=object), given)
    local = given + joint + np.array([_plain(text) for text in last], dtype=object) + number
    return _unique(local + "@", draw) + box


def _unique(addresses: Texts, draw: Draw) -> Texts:
    """No two people get one address: who comes later takes a figure."""
    for _ in range(3):
        is_first = np.zeros(len(addresses), bool)
        is_first[np.unique(addresses.astype(str), return_index=True)[1]] = True
        later = np.flatnonzero(~is_first)
        figures = draw.integers(100, 99_999, len(later))
        addresses[later] = [f"{text[:-1]}{figure}@" for text, figure in zip(addresses[later], figures, strict=True)]
    return addresses


def _plain(text: str) -> str:
    return (first_name(text) or "x").replace(" ", "")


def _phones(draw: Draw, count: int, seconds: str) -> Texts:
    second = np.array(list(seconds.replace("0", "5")), dtype=object)[draw.integers(0, len(seconds), count)]
    return "0" + second + np.char.zfill(draw.integers(0, 10**8, count).astype(str), 8).astype(object)
