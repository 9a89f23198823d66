"""A dialect and made people for content's tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from cordiale.content.rules.filters import filters
from cordiale.content.rules.generator import Dialect, Source

VARIABLES = {
    "customer": frozenset({"first_name", "last_name", "birth_on"}),
    "traits": frozenset({"spend_total", "orders_total"}),
    "links": frozenset({"unsubscribe"}),
    "favourite_category": None,
    "items": None,
}
HTML = Dialect(VARIABLES, filters("en", "EUR"), escapes=True)
PLAIN = Dialect(VARIABLES, filters("en", "EUR"), escapes=False)

text = st.text(max_size=120)
number = st.one_of(st.none(), st.integers(-(10**9), 10**9), st.decimals(-1000, 1000, places=2))
people = st.fixed_dictionaries(
    {
        "customer": st.fixed_dictionaries({"first_name": text, "last_name": text, "birth_on": st.none()}),
        "traits": st.fixed_dictionaries({"spend_total": number, "orders_total": st.integers(0, 50)}),
        "links": st.fixed_dictionaries({"unsubscribe": text}),
        "favourite_category": st.one_of(st.none(), text),
        "items": st.lists(st.fixed_dictionaries({"name": text, "price": number}), max_size=4),
    }
)
ADA = {
    "customer": {"first_name": "Ada", "last_name": "O’Neil & <co>", "birth_on": date(1815, 12, 1)},
    "traits": {"spend_total": Decimal("1234.5"), "orders_total": 3},
    "links": {"unsubscribe": "https://x.org/c/abc/"},
    "favourite_category": "Thé",
    "items": [{"name": "Tea", "price": 3}],
}
LETTER = "\n".join(
    (
        'Dear {{ customer.first_name | default: "friend" | capitalize }} {{ customer.last_name | upcase }},',
        '{% if traits.orders_total > 10 and traits.spend_total >= 100 %}you are {{ "a <star>" }}',
        "{% elsif traits.orders_total == 0 %}",
        "{% else %}{{ traits.orders_total }} orders{% endif %}",
        "{% unless favourite_category == nil %} in {{ favourite_category }}{% endunless %}",
        "{% for one in items %}.{{ one.name | downcase }}: {{ one.price }}",
        '{% if one.name contains "a" or one.price < 3 %} !{% endif %}{% else %}nothing{% endfor %}',
        '{% if customer.first_name != "" %}   {% endif %}{% comment %} not said {% endcomment %}',
        "=é{{ links.unsubscribe }}{{ customer.birth_on }}",
    )
)


def source(text: str, name: str = "letter/fr.txt") -> Source:
    return Source(name, text)
