"""What a shelf knows of categories, and of a customer and a category not bought yet."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from cordiale.scores import shelves
from cordiale.scores.shelves import Shelf

NOW = datetime(2026, 6, 1, tzinfo=UTC)
IDS = np.arange(60)


def bought(*rows: tuple[int, str, float, int]) -> pa.Table:
    """Customer, category, days since the first and only day, orders."""
    at = [NOW - timedelta(days=row[2]) for row in rows]
    columns = {"customer_id": [row[0] for row in rows], "category": [row[1] for row in rows],
               "first": at, "last": at, "orders": [row[3] for row in rows]}  # fmt: skip
    return pa.table(columns)


def taken() -> pa.Table:
    """Half buy tea, most of them cake as well; the others wine and cheese; three salt; milk came up this month."""
    rows = [(pk, name, 100.0, 3) for pk in range(30) for name in ("tea", "cake") if name == "tea" or pk >= 5]
    rows += [(pk, name, 100.0, 3) for pk in range(30, 60) for name in ("wine", "cheese")]
    rows += [(pk, "milk", 5.0, 1) for pk in range(20, 40)] + [(pk, "salt", 3.0, 1) for pk in range(3)]
    return bought(*rows)


@pytest.fixture
def shelf() -> Shelf:
    return shelves.stand(taken(), NOW, 28, offered=None)


def pairs(shelf: Shelf, ids: np.ndarray = IDS) -> list[dict[str, object]]:
    rows = pa.table({"orders_30d": np.ones(len(ids))})
    found, who, which = shelf.pairs(rows, shelf.baskets(ids, taken(), NOW))
    named = found.append_column("who", pa.array(ids[who]))
    return named.append_column("category", pa.array([shelf.offered[one] for one in which])).to_pylist()


def test_a_category_of_few_buyers_is_not_known(shelf: Shelf) -> None:
    assert set(shelf.known) == {"tea", "cake", "wine", "cheese", "milk"}


def test_offered_are_those_somebody_bought_first_of_late_where_their_number_is_bounded() -> None:
    assert shelves.stand(taken(), NOW, 28, offered=3).offered == ("milk",)


def test_the_order_of_what_was_bought_changes_no_digit() -> None:
    draw = np.random.default_rng(1)
    rows = bought(
        *((pk, name, 9.0, int(draw.integers(1, 99))) for pk in range(400) for name in ("tea", "cake", "wine"))
    )
    shuffled = rows.take(draw.permutation(rows.num_rows))

    assert (
        shelves.stand(rows, NOW, 28, offered=None).as_json() == shelves.stand(shuffled, NOW, 28, offered=None).as_json()
    )


def test_a_pair_is_a_customer_and_a_category_never_bought(shelf: Shelf) -> None:
    mine = {row["category"] for row in pairs(shelf) if row["who"] == 0}
    assert mine == {"cake", "wine", "cheese", "milk"}


@pytest.mark.parametrize("feature", [shelves.AFFINITY, shelves.FIT, shelves.FIT_OFTEN])
def test_what_others_bought_along_goes_best_with_what_one_buys(shelf: Shelf, feature: str) -> None:
    mine = {row["category"]: row[feature] for row in pairs(shelf) if row["who"] == 0}
    assert max(mine, key=lambda name: mine[name]) == "cake"
    assert mine["cake"] > 1.5 * mine["milk"] > 1.5 * mine["wine"]


def test_a_rate_is_the_share_of_those_without_it_who_came_to_buy_it_of_late(shelf: Shelf) -> None:
    mine = {row["category"]: row for row in pairs(shelf) if row["who"] == 0}
    assert mine["milk"][shelves.RATE] == mine["milk"][shelves.RATE_SHORT] == pytest.approx(20 / 60)
    assert mine["cake"][shelves.RATE] == mine["cake"][shelves.RATE_LONG] == 0
    assert mine["cake"][shelves.SHARE] == pytest.approx(25 / 60)
    assert mine["cake"][shelves.OFTEN] == 3


def test_a_customer_s_own_categories_are_counted_with_those_found_of_late(shelf: Shelf) -> None:
    told = {row["who"]: (row[shelves.OWN], row[shelves.OWN_NEW], row["orders_30d"]) for row in pairs(shelf)}
    assert (told[0], told[25]) == ((1, 0, 1), (3, 1, 1))


def test_pairs_come_true_where_the_category_was_bought_afterwards(shelf: Shelf) -> None:
    _, who, which = shelf.pairs(pa.table({"orders_30d": np.ones(60)}), shelf.baskets(IDS, taken(), NOW))
    after = pa.table({"customer_id": [0, 1, 999], "category": ["cake", "salt", "cake"]})
    came = shelf.came(IDS, after, who, which)
    assert [(who[at], shelf.offered[which[at]]) for at in np.flatnonzero(came)] == [(0, "cake")]


def test_a_stored_shelf_says_the_same(shelf: Shelf) -> None:
    again = shelves.from_json(json.loads(json.dumps(shelf.as_json())))
    assert pairs(again) == pairs(shelf)


def test_nothing_bought_gives_an_empty_shelf() -> None:
    empty = shelves.stand(taken().slice(0, 0), NOW, 28, offered=40)
    found, who, _ = empty.pairs(pa.table({"orders_30d": [1.0]}), empty.baskets(np.array([1]), taken(), NOW))
    assert (empty.known, found.num_rows, len(who)) == ((), 0, 0)
