"""Addresses on letters, after NF Z10-011."""

from __future__ import annotations

from cordiale.customers import postal
from cordiale.customers.models import Customer


def test_lines_are_capitals_without_accents_or_punctuation_the_building_first() -> None:
    customer = Customer(first_name="Anne-Élise", last_name="d’Aubigné", street="12 rue de l’Œuvre, Bât. B",
                        postcode="75011", city="Paris", country="FR")  # fmt: skip
    assert postal.postal_lines(customer) == ["ANNE ELISE D AUBIGNE", "BAT B", "12 RUE DE L OEUVRE", "75011 PARIS"]
    assert postal.problems(customer) == []


def test_another_country_is_the_last_line() -> None:
    customer = Customer(last_name="Peeters", street="1 rue Haute", postcode="1000", city="Bruxelles", country="BE")
    assert postal.postal_lines(customer)[-1] in ("BELGIQUE", "BELGIUM")


def test_what_keeps_a_letter_from_arriving_is_said() -> None:
    customer = Customer(last_name="Roux", street="1 " + "rue longue " * 5, postcode="751", city="Paris", country="FR")
    assert len(postal.problems(customer)) == 2
    assert any("38" in one for one in postal.problems(customer))
    assert postal.problems(Customer(first_name="Anne")) == []
