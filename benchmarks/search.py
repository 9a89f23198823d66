"""Loading and finding customers: rows a second, and a mixed list of searches among a million, misspelt ones too.

    python -m benchmarks.search                    # 1 000 000 customers; exit 1 when a target is missed
    python -m benchmarks.search --customers 50000

The base is generated: 300 frequent surnames for a third of the people, 150 000 rare ones for the rest, three quarters
with an email address. Loading is compared with a bare COPY of the same rows into the same table. Searches are compared
with `ILIKE '%…%'` over the same columns, and with the prefix search over whole words that came before (hits only).
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cordiale import home
from cordiale.config import postgres

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
SLOWEST_MS, LOADED = 300.0, 60_000
COMMON = [
    "Martin",
    "Bernard",
    "Dubois",
    "Thomas",
    "Robert",
    "Richard",
    "Petit",
    "Durand",
    "Leroy",
    "Moreau",
    "Simon",
    "Laurent",
    "Lefèvre",
    "Michel",
    "Garcia",
    "David",
    "Bertrand",
    "Roux",
    "Vincent",
    "Fournier",
    "Morel",
    "Girard",
    "André",
    "Mercier",
    "Dupont",
    "Lambert",
    "Bonnet",
    "François",
    "Martinez",
    "Legrand",
    "Garnier",
    "Faure",
    "Rousseau",
    "Blanc",
    "Guérin",
    "Müller",
    "Henry",
    "Roussel",
    "Nicolas",
    "Perrin",
    "Morin",
    "Mathieu",
    "Clément",
    "Gauthier",
    "Dumont",
    "Lopez",
]
FIRST = [
    "Jean",
    "Marie",
    "Pierre",
    "Michel",
    "Nathalie",
    "Philippe",
    "Isabelle",
    "Alain",
    "Sylvie",
    "Catherine",
    "Martine",
    "Christophe",
    "Françoise",
    "Nicolas",
    "Valérie",
    "Julien",
    "Stéphane",
    "Jérôme",
    "Sébastien",
    "Aurélie",
    "Céline",
    "Élodie",
    "Émilie",
    "Zoé",
    "Chloé",
    "Léa",
    "Manon",
    "Camille",
    "Inès",
    "Louise",
    "Jeanne",
    "Lucas",
    "Hugo",
    "Théo",
    "Nathan",
    "Enzo",
    "Louis",
    "Gabriel",
    "Raphaël",
    "Arthur",
    "Jules",
    "Adam",
    "Maël",
    "Paul",
    "Noah",
    "Jean-Pierre",
    "Marie-Claude",
]


@dataclass(frozen=True)
class Question:
    """What is typed, and the reference or the name of who is meant (empty: only the time counts).

    Of a name, whoever is called just so counts: among a million nobody could say which of them is meant.
    """

    kind: str
    text: str
    meant: str = ""


def people(many: int) -> pa.Table:
    """Always the same customers."""
    draw = np.random.default_rng(7)
    rare = [_surname(random.Random(number)) for number in range(min(150_000, max(many // 5, 10)))]
    surnames, frequent = pa.array(COMMON + rare), draw.random(many) < 0.33
    place = np.where(frequent, draw.zipf(1.3, many) % len(COMMON), len(COMMON) + draw.integers(0, len(rare), many))
    first, last = pa.array(FIRST).take(pa.array(draw.integers(0, len(FIRST), many))), surnames.take(pa.array(place))
    number = pa.array(np.arange(many) + 1_000_000).cast(pa.string())
    plain = pc.ascii_lower(pc.replace_substring_regex(pc.utf8_normalize(last, "NFKD"), r"[^A-Za-z]", ""))
    email = pc.binary_join_element_wise(plain, number, "@example.org", "")
    phone = pa.array(610_000_000 + draw.integers(0, 19_999_999, many)).cast(pa.string())
    return pa.table({
        "reference": pc.binary_join_element_wise("C", number, ""), "first_name": first, "last_name": last,
        "email": pc.if_else(pa.array(draw.random(many) < 0.75), email, None),
        "phone": pc.binary_join_element_wise("+33", phone, ""),
        "birth_on": pa.array(draw.integers(-14_000, 14_000, many).astype("int32")).cast(pa.date32()),
        "postcode": pa.array(draw.integers(10_000, 95_999, many)).cast(pa.string()),
        "city": pc.binary_join_element_wise("Ville", pa.array(draw.integers(0, 900, many)).cast(pa.string()), " "),
    })  # fmt: skip


def _surname(draw: random.Random) -> str:
    starts = ["b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "ch"]
    parts = [start + vowel for start in starts for vowel in ("a", "e", "i", "o", "ou", "au")]
    ends = ["nd", "rd", "ult", "eau", "ier", "in", "on", "et", "ot", "ac", "el", "and", "ard", "ez", "is", "aud", "oux"]
    return ("".join(draw.choice(parts) for _ in range(draw.choice((1, 2, 2, 3)))) + draw.choice(ends)).capitalize()


def questions(rows: pa.Table, each: int) -> list[Question]:
    """What people type, sixteen kinds, and the worst cases: the commonest names and beginnings."""
    draw = random.Random(7)
    made: list[Question] = []
    for row in rows.take(pa.array([draw.randrange(rows.num_rows) for _ in range(each)])).to_pylist():
        first, last, meant = row["first_name"], row["last_name"], row["reference"]
        called = f"{first} {last}"
        phone = "0" + row["phone"][3:]
        made += [
            Question("reference", meant, meant), Question("phone", phone, meant),
            Question("name", f"{first} {last}", called),
            Question("phone, spaced", " ".join(phone[at : at + 2] for at in range(0, 10, 2)), meant),
            Question("swapped", f"{last} {first}", called), Question("begun", f"{first} {last[:4]}"),
            Question("misspelt: swapped letters", f"{first} {_swap(last, draw)}", called),
            Question("misspelt: missing letter", f"{_drop(last, draw)} {first}", called),
            Question("misspelt: wrong letter", f"{first} {_wrong(last, draw)}", called),
            Question("misspelt: both names", f"{_wrong(first, draw)} {_drop(last, draw)}", called),
            Question("surname", last), Question("no accents", f"{first} {last}".upper(), called),
        ]  # fmt: skip
        if row["email"]:
            made += [Question("email", row["email"].upper(), meant), Question("email begun", row["email"][:8]),
                     Question("misspelt: email", _swap(row["email"], draw), meant)]  # fmt: skip
    worst = ["martin", "marie martin", "je", "ma", "06", "061", "0", "jean", "c1", "martin jean", "martni", "marie",
             "mrie matin", "j m", "example.org", "martin ville", "martin 69", "xyzxyz", "de la", "@"]  # fmt: skip
    return made + [Question("worst", text) for text in worst]


def _swap(text: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _drop(text: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(text))
    return text[:at] + text[at + 1 :]


def _wrong(text: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(text))
    return text[:at] + draw.choice("abcdefghijklmnopqrstuvwxyz") + text[at + 1 :]


def ask(all_of: Sequence[Question], find: Callable[[str], list[str]]) -> tuple[list[float], dict[str, list[bool]]]:
    """Milliseconds of each, and per kind whether the one who was meant was among those found."""
    times: list[float] = []
    hits: dict[str, list[bool]] = {}
    for one in all_of:
        began = time.perf_counter()
        found = find(one.text)
        times.append((time.perf_counter() - began) * 1_000)
        if one.meant:
            hits.setdefault(one.kind, []).append(one.meant in found)
    return times, hits


def summary(times: list[float]) -> str:
    """p50, p95 and the slowest."""
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)]
    return f"p50 {statistics.median(ordered):7.1f}   p95 {p95:7.1f}   max {ordered[-1]:7.1f} ms"


def main() -> int:
    """Run, print; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cordiale-search-") as folder:
        os.environ |= {"CORDIALE_HOME": folder, "DJANGO_SETTINGS_MODULE": "cordiale.config.settings"}
        here = home.Home(Path(folder)).prepare()
        postgres.hold(here)
        try:
            return compare(given.customers, given.each)
        finally:
            postgres.release(here)


def compare(many: int, each: int) -> int:
    """Load, then search three ways."""
    import django  # noqa: PLC0415 - reads the settings of the home just made

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from cordiale.customers import queries  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    rows = people(many)
    loaded, bare = load(rows)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE customers_customer")
        cursor.execute("VACUUM ANALYZE customers_word")
    asked = questions(rows, each)
    ours, hits = ask(asked, lambda text: _told(queries.search(text, at_most=20)))
    ours, hits = ask(asked, lambda text: _told(queries.search(text, at_most=20)))
    some = [one for number, one in enumerate(asked) if number % (len(asked) // 30) == 0]
    ilike, _ = ask(some, lambda text: _rows(connection, _ILIKE, {"like": f"%{text}%"}))
    with connection.cursor() as cursor:
        cursor.execute(_WORDS_BEFORE)
        cursor.execute("CREATE INDEX ON benchmark_words USING gin (words)")
    misspelt = [one for one in asked if one.kind.startswith("misspelt")]
    _, before = ask(misspelt, lambda text: _rows(connection, _BEFORE, {"query": _prefixes(text)}))
    found = {kind: sum(each) / len(each) for kind, each in hits.items()}
    new, old = _share(hits, "misspelt"), _share(before, "misspelt")
    print(f"{many:,} customers; {len(asked)} searches of {len(found)} kinds, the 20 likeliest")
    print(
        f"load              {loaded:9,.0f} rows/s   {loaded / bare:.2f} of a bare COPY of the same rows ({bare:,.0f})"
    )
    print(f"search            {summary(ours)}   (≤ {SLOWEST_MS:g} ms)")
    print(f"ILIKE '%…%'       {summary(ilike)}   {statistics.median(ilike) / statistics.median(ours):.0f} × at p50")
    for kind, share in sorted(found.items()):
        print(f"  found: {kind:<28}{share:6.1%}")
    print(f"misspelt: found {new:.1%}, by prefixes of whole words {old:.1%}")
    slow = sorted(zip(ours, asked, strict=True), key=lambda one: -one[0])[:3]
    print("slowest: " + ", ".join(f"{one.text!r} {spent:.0f} ms" for spent, one in slow))
    return int(max(ours) > SLOWEST_MS or new < 0.9 or new <= old)


_ILIKE = """
SELECT reference, first_name || ' ' || last_name FROM customers_customer
WHERE first_name || ' ' || last_name || ' ' || email || ' ' || phone || ' ' || reference ILIKE %(like)s LIMIT 20
"""
_WORDS_BEFORE = """
CREATE TABLE benchmark_words AS
SELECT reference, first_name || ' ' || last_name AS name,
    customers_words(first_name || ' ' || email, last_name) AS words
FROM customers_customer
"""
_BEFORE = "SELECT reference, name FROM benchmark_words WHERE words @@ %(query)s::tsquery LIMIT 20"


def _told(found: Any) -> list[str]:
    return [value for one in found for value in (one.customer.reference, one.customer.full_name)]


def _prefixes(text: str) -> str:
    from cordiale.customers import rules  # noqa: PLC0415

    return rules.tsquery([[word] for word in rules.words(text)])


def _rows(connection: Any, statement: str, values: dict[str, Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [value for row in cursor.fetchall() for value in row]


def _share(hits: dict[str, list[bool]], prefix: str) -> float:
    counted = [hit for kind, each in hits.items() if kind.startswith(prefix) for hit in each]
    return sum(counted) / len(counted)


def load(rows: pa.Table) -> tuple[float, float]:
    """Rows a second: ours, and a bare COPY of the finished records into a table with the same indexes."""
    from django.db import connection  # noqa: PLC0415

    from cordiale.customers import actions  # noqa: PLC0415

    began = time.perf_counter()
    actions.load(rows, source="benchmark", at=NOW, now=NOW)
    ours = rows.num_rows / (time.perf_counter() - began)
    some = min(rows.num_rows, 200_000)
    with tempfile.TemporaryFile() as file, connection.cursor() as cursor:
        with cursor.copy(f"COPY (SELECT * FROM customers_customer LIMIT {some}) TO STDOUT") as copy:
            for block in copy:
                file.write(block)
        cursor.execute("CREATE TABLE benchmark_copy (LIKE customers_customer INCLUDING ALL)")
        file.seek(0)
        began = time.perf_counter()
        with cursor.copy("COPY benchmark_copy FROM STDIN") as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        bare = some / (time.perf_counter() - began)
        cursor.execute("DROP TABLE benchmark_copy")
    return ours, bare


if __name__ == "__main__":
    sys.exit(main())
