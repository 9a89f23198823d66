"""Finding a customer by what one knows of them: exactly, by how it begins, or misspelt. Every step is bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cordiale.customers import planner, rules, spelling, validation
from cordiale.customers.models import Customer

PAGE_AT_MOST = 200
_SCANNED_FOR_A_PLACE = 10_000  # of everybody called so, how many are looked at for the place
_WORDS_AT_MOST = 8
_CIVILITIES = frozenset({"m", "mr", "mme", "mlle", "monsieur", "madame", "mademoiselle", "mrs", "ms", "miss"})
_WORDS = 'customers_words("customers_customer"."first_name", "customers_customer"."last_name") @@ %s::tsquery'
_SIMILAR = """
SELECT word, 0.8 FROM customers_word WHERE word = ANY(%(near)s)
UNION ALL
(SELECT word, similarity(word, %(word)s) FROM customers_word
WHERE word %% %(word)s AND similarity(word, %(word)s) >= 0.3 ORDER BY 2 DESC, 1 LIMIT 20)
"""
REASONS: dict[str, str | Promise] = {
    "reference": _("Reference"),
    "card": _("Card number"),
    "email": _("Email address"),
    "phone": _("Phone"),
    "name": _("Name"),
    "place": _("Name and place"),
    "similar_email": _("Email address spelt nearly so"),
    "similar_phone": _("Phone number written nearly so"),
    "similar": _("Name spelt nearly so"),
}
"""Why a customer was found, in the page's language."""

Find = Callable[[str], Iterable[int]]


@dataclass(frozen=True)
class Found:
    """A customer, and what matched: one of REASONS, or the name of a registered finder."""

    customer: Customer
    why: str

    @property
    def reason(self) -> str:
        """What matched, in the page's language."""
        return str(REASONS.get(self.why, self.why))


@dataclass(frozen=True)
class _Asked:
    """What is looked for: as typed, in folded words, and among whom."""

    text: str
    words: Sequence[str]
    among: QuerySet[Customer]
    at_most: int


_finders: dict[str, tuple[int, Find]] = {}


def register_finder(name: str, order: int, find: Find) -> None:
    """Let a package above find customers by a value it keeps: `find(text)` gives the numbers of who has exactly that.

    It must be quick (an index); lower `order` is asked first. Registering a name again replaces it.
    """
    _finders[name] = (order, find)


def search(text: str, *, among: Q | None = None, at_most: int = PAGE_AT_MOST) -> list[Found]:
    """Who `text` may mean, the likeliest first, at most `at_most`; nobody for a single letter but by its reference.

    Who has exactly that reference, card, email or telephone number comes first, then whose name has all the words,
    in any order, then those whose words begin so, then those spelt nearly so. Accents and case do not count.
    """
    text = " ".join(text.replace("\x00", " ").split())[:200]
    if not text:
        return []
    words = rules.words(text)[:_WORDS_AT_MOST]
    words = [word for word in words if word not in _CIVILITIES] or words
    asked = _Asked(text, words, Customer.objects.filter(among or Q()), at_most)
    steps = [_exact] if len(text) < 2 else [_exact, _numbers, _emails, _references, _names, _places, _similar]
    found: dict[int, Found] = {}
    with planner.by_index():
        for step in steps:
            for one in step(asked):
                found.setdefault(one.customer.id, one)
            if len(found) >= at_most:
                break
    return list(found.values())[:at_most]


def _exact(asked: _Asked) -> Iterator[Found]:
    spellings = {asked.text, asked.text.upper(), asked.text.lower()}
    yield from _all(asked.among.filter(reference__in=spellings), "reference", asked)
    for name, (_order, find) in sorted(_finders.items(), key=lambda one: one[1][0]):
        if ids := list(find(asked.text))[: asked.at_most]:
            yield from _all(asked.among.filter(id__in=ids), name, asked)
    if "@" in asked.text:
        yield from _all(asked.among.filter(email=asked.text.lower()), "email", asked)


def _numbers(asked: _Asked) -> Iterator[Found]:
    """A telephone number, or its beginning, however it is spaced; a whole one also with one figure wrong."""
    if not rules.is_phone(asked.text):
        return
    beginnings = rules.international(asked.text, validation.dialling_code())
    any_of = Q(pk__in=[])
    for one in beginnings:
        any_of |= _begins("phone", one)
    hits = list(_all(asked.among.filter(any_of), "phone", asked))
    yield from hits
    if not hits:
        near = {other for one in beginnings if 10 <= len(one) <= 14 for other in spelling.near_numbers(one)}
        yield from _all(asked.among.filter(phone__in=near), "similar_phone", asked) if near else ()


def _emails(asked: _Asked) -> Iterator[Found]:
    text = asked.text.lower()
    if " " in text or rules.is_phone(text):
        return
    hits = list(_all(asked.among.filter(_begins("email", text)), "email", asked))
    yield from hits
    if not hits and "@" in text[1:-3] and len(text) <= 40:
        yield from _all(asked.among.filter(email__in=spelling.near(text, spelling.OF_EMAILS)), "similar_email", asked)


def _references(asked: _Asked) -> Iterator[Found]:
    beginnings = Q(pk__in=[])
    for one in {asked.text, asked.text.upper(), asked.text.lower()}:
        beginnings |= _begins("reference", one)
    yield from _all(asked.among.filter(beginnings), "reference", asked)


def _names(asked: _Asked) -> Iterator[Found]:
    words = _name_words(asked)
    if not words or max(len(word) for word in words) < 2:
        return
    groups = [[word] for word in words]
    hits = list(_called(asked, rules.tsquery(groups, prefix=False), "name"))
    yield from hits
    if len(hits) < asked.at_most:
        yield from _called(asked, rules.tsquery(groups), "name")


def _places(asked: _Asked) -> Iterator[Found]:
    """A name with the city or the beginning of the postcode, as people say it: `martin lyon`, `martin 69`."""
    words = _name_words(asked)
    if not 2 <= len(words) <= 4:
        return
    for place in words:
        others = [word for word in words if word != place]
        if not others or max(len(word) for word in others) < 3:
            continue
        called = asked.among.extra(where=[_WORDS], params=[rules.tsquery([[one] for one in others])])  # noqa: S610
        ids = called.values_list("id", "city", "postcode")[:_SCANNED_FOR_A_PLACE]
        near = [id_ for id_, city, postcode in ids if postcode.startswith(place) or place in rules.words(city)]
        yield from _all(Customer.objects.filter(id__in=near[: asked.at_most]), "place", asked) if near else ()


def _similar(asked: _Asked) -> Iterator[Found]:
    words = _name_words(asked)
    if not words or rules.is_phone(asked.text):
        return
    meant = [_meant(word) for word in words]
    if not any(len(one) > 1 for one in meant):
        return
    parts = [f"({rules.tsquery([[word]])} | {rules.tsquery([list(one)], prefix=False)})"
             for word, one in zip(words, meant, strict=True)]  # fmt: skip
    hits = [one.customer for one in _called(asked, " & ".join(parts), "similar")]
    for customer in sorted(hits, key=lambda one: -_likeness(one, meant)):
        yield Found(customer, "similar")


def _meant(word: str) -> dict[str, float]:
    """The words of names that `word` may be a misspelling of, each with how like it is; itself is like 1."""
    if len(word) < 4 or word.isdecimal():
        return {word: 1.0}
    near = [*spelling.near(word, spelling.OF_NAMES)]
    with connection.cursor() as cursor:
        cursor.execute(_SIMILAR, {"word": word, "near": near})
        likeness: dict[str, float] = {}
        for other, share in cursor.fetchall():
            likeness[other] = max(float(share), likeness.get(other, 0))
    best = sorted(likeness, key=lambda other: (-likeness[other], other))[:30]
    return {other: likeness[other] for other in best} | {word: 1.0}


def _likeness(customer: Customer, meant: Sequence[Mapping[str, float]]) -> float:
    has = rules.words(customer.full_name)
    return sum(
        max([share for other, share in one.items() if other in has], default=0.5) for one in meant
    )  # a word that only begins so counts half


def _name_words(asked: _Asked) -> list[str]:
    if "@" in asked.text:  # of an address, what stands before the @ is often the name
        return rules.words(asked.text.partition("@")[0])[:_WORDS_AT_MOST]
    return list(asked.words)


def _called(asked: _Asked, query: str, why: str) -> Iterator[Found]:
    return _all(asked.among.extra(where=[_WORDS], params=[query]), why, asked)  # noqa: S610 - the query is bound


def _all(found: QuerySet[Customer], why: str, asked: _Asked) -> Iterator[Found]:
    rows: list[Any] = sorted(found[: asked.at_most], key=lambda one: (one.last_name, one.first_name, one.id))
    return (Found(one, why) for one in rows)


def _begins(column: str, text: str) -> Q:
    """A condition on the index of a column that sorts by character code."""
    return Q(**{f"{column}__gte": text, f"{column}__lt": text[:-1] + chr(min(ord(text[-1]) + 1, 0x10FFFF))})
