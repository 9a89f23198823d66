"""The words of names that misspelt searches are compared with: the table `Word`."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction

from cordiale.customers import rules

_SEPARATORS = r"[ \t\n\r\f\v\-'.,;:_/+()@]+"
"""Those of `rules` that ASCII has."""
_LEARN = """
INSERT INTO customers_word (word) SELECT word FROM unnest(%s::text[]) AS new (word)
WHERE NOT EXISTS (SELECT FROM customers_word known WHERE known.word = new.word) ORDER BY word ON CONFLICT DO NOTHING
"""
_LEARN_ALL = """
INSERT INTO customers_word (word)
SELECT word FROM ts_stat('SELECT customers_words(first_name, last_name) FROM customers_customer') ORDER BY word
ON CONFLICT DO NOTHING
"""
_FORGET = """
DELETE FROM customers_word WHERE word = %(word)s AND NOT EXISTS (
    SELECT FROM customers_customer WHERE customers_words(first_name, last_name) @@ %(query)s::tsquery)
"""


def of(texts: Iterable[str]) -> set[str]:
    """The folded words in some names. Plain ones, which most are, by Arrow; the others by the rules: the same words."""
    given = pa.array(list(texts), pa.string())
    is_plain = pc.string_is_ascii(given)
    words = pc.split_pattern_regex(pc.ascii_lower(given.filter(is_plain)), _SEPARATORS).flatten()
    others = given.filter(pc.invert(is_plain)).to_pylist()
    found = {word for text in others for word in rules.words(text)}
    return found.union(pc.unique(words).to_pylist()) - {""}


def learn(texts: Iterable[str]) -> None:
    """Take up the words of these names. Called after the commit that wrote them: it holds no lock for long."""
    if found := sorted(of(texts)):
        with connection.cursor() as cursor:
            cursor.execute(_LEARN, [found])


@transaction.atomic
def learn_all() -> None:
    """Take up the words of everybody's name, for customers written past `cordiale.customers.actions`."""
    with connection.cursor() as cursor:
        cursor.execute(_LEARN_ALL)


def forget(texts: Iterable[str]) -> None:
    """Leave out the words of these names that no customer has any more."""
    with connection.cursor() as cursor:
        for word in sorted(of(texts)):
            cursor.execute(_FORGET, {"word": word, "query": rules.tsquery([[word]], prefix=False)})
