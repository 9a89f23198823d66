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
INSERT INTO customers_word (word) SELECT word FROM unnest(string_to_array(%s, ' ')) AS new (word)
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


def of(columns: Iterable[pa.Array | pa.ChunkedArray]) -> set[str]:
    """The folded words in columns of names. Plain ones, which most are, by Arrow; the others by the rules: the same
    words."""
    found: set[str] = set()
    for column in columns:
        found |= _of(pc.unique(column).cast(pa.string()).drop_null())
    return found - {""}


def _of(given: pa.StringArray) -> set[str]:
    is_plain = pc.string_is_ascii(given)
    words = pc.split_pattern_regex(pc.ascii_lower(given.filter(is_plain)), _SEPARATORS).flatten()
    others = given.filter(pc.invert(is_plain)).to_pylist()
    found = {word for text in others for word in rules.words(text)}
    return found.union(pc.unique(words).to_pylist())


def learn(found: Iterable[str]) -> None:
    """Take up these words (`of` some names). Called after the commit that wrote them: it holds no lock for long."""
    if words := sorted(found):
        with connection.cursor() as cursor:  # one text: quoting ten thousand words takes longer than looking them up
            cursor.execute(_LEARN, [" ".join(words)])


@transaction.atomic
def learn_all() -> None:
    """Take up the words of everybody's name, for customers written past `cordiale.customers.actions`."""
    with connection.cursor() as cursor:
        cursor.execute(_LEARN_ALL)


def forget(texts: Iterable[str]) -> None:
    """Leave out the words of these names that no customer has any more."""
    with connection.cursor() as cursor:
        for word in sorted(of([pa.array(list(texts), pa.string())])):
            cursor.execute(_FORGET, {"word": word, "query": rules.tsquery([[word]], prefix=False)})
