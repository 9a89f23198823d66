"""What a card says of how right a score's level is."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from cordiale.scores import cards


def found(*past_rates: float, predicted: float = 1.17) -> dict[str, Any]:
    return {"base_rate": 0.04, "past_rates": list(past_rates), "in_force": {"mean_ratio": [predicted, 1.0, 1.4]}}


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (found(0.039, 0.041), "It foretold 17% too many."),
        (found(0.07, 0.016), "It foretold 17% too many. In the periods looked at, 1.6% to 7.0% of customers"),
        (found(0.0, predicted=1.0), "The level is right: 100 foretold for every 100 seen. In the periods looked at"),
    ],
)
def test_a_level_that_comes_and_goes_is_said_to(card: dict[str, Any], said: str) -> None:
    with translation.override("en"):
        assert cards.level(card).startswith(said)
        assert ("trust the order" in cards.level(card)) == ("In the periods" in said)
