"""`scores.yaml` is read with care: what is wrong is told with its place."""

from __future__ import annotations

import pytest

from cordiale.errors import Located
from cordiale.scores.definitions import DATA, FILE
from cordiale.scores.rules.declarations import Gate, parse

from . import base


def declared(*scores: str) -> str:
    return "scores:" + "".join(scores)


def propensity(more: str) -> str:
    return f"\n  p:\n    kind: propensity\n    {base.TEXTS}\n    horizon: 30\n    {more}\n"


def test_the_scores_that_come_with_us_are_in_order() -> None:
    scores = {score.name: score for score in parse((DATA / FILE).read_text(encoding="utf-8"), FILE)}

    assert set(scores) == {"customer_value", "lapse_risk", "purchase_propensity", "coupon_propensity", "next_category"}
    assert scores["lapse_risk"].gate == Gate(buyers=500, history=180, positives=50)
    assert scores["customer_value"].columns["value"] == "expected_value_12m"


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (declared(base.LAPSE.replace("kind: lapse risk", "kind: churn")), (3, 11), "'churn' is not a kind"),
        (declared(base.LAPSE.replace("    horizon: 28\n", "")), (3, 5), "'horizon' is missing"),
        (declared(base.LAPSE.replace("horizon: 28", "horizon: 0")), (7, 14), "whole number of days"),
        (declared(base.LAPSE.replace("28", "[90, 28]")), (7, 14), "the shortest first"),
        (declared(base.LAPSE.replace("[customer,", "[client,")), (8, 13), "'client' is not a stage"),
        (declared(base.LAPSE.replace("buyers: 60", "buyers: many")), (9, 20), "buyers must be a number"),
        (declared(base.LAPSE.replace("lapse_risk", "rfm")), (2, 3), "'rfm' is taken by the snapshot itself"),
        (declared(base.LAPSE.replace("lapse_risk", "Lapse risk")), (2, 3), "cannot name a score"),
        (declared(base.VALUE.replace("margin: 0.5", "margin: 30")), (9, 13), "between 0 and 1"),
        (declared(base.VALUE, base.LAPSE.replace("lapse_risk", "p_active")), (14, 3), "the score 'customer_value'"),
        (declared(propensity("target: event")), (8, 13), "needs 'event'"),
        (declared(propensity("target: purchase\n    event: Coupon")), (9, 5), "a purchase has no event"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(text: str, place: tuple[int, int], said: str) -> None:
    with pytest.raises(Located, match=said) as refused:
        parse(text, FILE)

    assert (refused.value.line, refused.value.column) == place
