"""The mathematics: models against brute force on small matrices, judgement by hand, no leak over the split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from cordiale.recommendations.fitting import choosing, factors, items, judging
from cordiale.recommendations.fitting.choosing import Catalogue, Method
from cordiale.recommendations.fitting.purchases import Purchases
from cordiale.recommendations.fitting.ranker import FRESHNESS, Ranker, Tuning

Rows = list[tuple[int, int, int]]


def purchases(rows: Rows, customers: int, products: int) -> Purchases:
    """Of (customer, item, day)."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Purchases(
        columns[0].astype(np.int32), columns[1].astype(np.int32), columns[2].astype(np.float32), customers, products
    )


def drawn(customers: int = 60, products: int = 12, days: int = 160, seed: int = 3) -> Purchases:
    """Two tastes: even customers buy the lower half of the products, odd ones the upper half; most of it again."""
    draw = np.random.default_rng(seed)
    rows = []
    for one in range(customers):
        half = np.arange(products // 2) + (one % 2) * (products // 2)
        liked = draw.choice(half, 4, replace=False)
        for day in range(int(draw.integers(0, 9)), days, 9):
            item = draw.choice(liked) if draw.random() < 0.8 else draw.choice(half)
            rows.append((one, int(item), day))
    return purchases(rows, customers, products)


def catalogue(products: int) -> Catalogue:
    names = np.array([f"p{number:03}" for number in range(products)])
    return Catalogue(names, (np.arange(products) % 2).astype(np.int32), np.array(["", "TEA"]))


def matrix(rows: list[list[int]]) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.array(rows, np.float32))


def test_cosine_is_what_the_definition_says_of_each_pair() -> None:
    bought = matrix([[1, 1, 0], [1, 1, 1], [0, 1, 1], [1, 0, 0]])
    found = items.cosine(bought, shrinkage=2.0).toarray()
    dense = bought.toarray()
    for one in range(3):
        for other in range(3):
            common = float(dense[:, one] @ dense[:, other])
            norm = float(np.sqrt(dense[:, one].sum() * dense[:, other].sum()))
            assert found[one, other] == pytest.approx(0 if one == other else common / (norm + 2), rel=1e-6)


def test_ease_minimises_the_squared_error_without_its_diagonal() -> None:
    bought = (np.random.default_rng(1).random((30, 5)) < 0.4).astype(np.float32)
    found = items.ease(items.gram(sparse.csr_matrix(bought), np.arange(5, dtype=np.int32)), ridge=2.0)
    for target in range(5):
        others = [one for one in range(5) if one != target]
        left = bought[:, others].T @ bought[:, others] + 2.0 * np.eye(4)
        by_hand = np.linalg.solve(left, bought[:, others].T @ bought[:, target])
        assert found[others, target] == pytest.approx(by_hand, rel=1e-3, abs=1e-5)
        assert found[target, target] == 0


def test_als_solves_each_row_as_alone() -> None:
    draw = np.random.default_rng(2)
    fixed = draw.normal(size=(6, 3)).astype(np.float32)
    confidence = sparse.random(4, 6, 0.5, format="csr", dtype=np.float32, random_state=5)
    found = factors.solved(confidence, fixed, ridge=1.5)
    for row in range(4):
        weights = confidence[row].toarray().ravel()
        left = fixed.T @ np.diag(1 + weights) @ fixed + 1.5 * np.eye(3)
        by_hand = np.linalg.solve(left, fixed.T @ ((1 + weights) * (weights > 0)))
        assert found[row] == pytest.approx(by_hand, rel=1e-3, abs=1e-4)


def test_als_lowers_its_loss_with_each_round_and_is_the_same_each_time() -> None:
    counts = drawn().counts()

    def loss(theirs: NDArray[np.float32]) -> float:
        confidence = counts.copy()
        confidence.data = factors.CONFIDENCE * np.log1p(confidence.data)
        ours = factors.solved(confidence, theirs)
        error = (counts.toarray() > 0) - ours @ theirs.T
        penalty = factors.RIDGE * float((ours**2).sum() + (theirs**2).sum())
        return float(((1 + confidence.toarray()) * error**2).sum()) + penalty

    once, thrice = (factors.item_factors(counts, factors=4, rounds=rounds) for rounds in (1, 3))
    assert loss(thrice) < loss(once)
    assert np.array_equal(thrice, factors.item_factors(counts, factors=4, rounds=3))


def test_ndcg_is_as_computed_by_hand() -> None:
    scores = np.array([[0.9, 0.1, 0.8, 0.2], [0.1, 0.2, 0.3, 0.4], [1, 2, 3, 4]], np.float32)
    wanted = matrix([[1, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]])
    found = judging.ndcg(scores, wanted, depth=3)
    second = 1 / np.log2(3)
    assert found[0] == pytest.approx((1 + 1 / np.log2(4)) / (1 + second))  # ranks 1 and 3 of two that were wanted
    assert found[1] == 1
    assert np.isnan(found[2])


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_ndcg_lies_between_nothing_and_the_best_order(seed: int, depth: int) -> None:
    draw = np.random.default_rng(seed)
    wanted = sparse.csr_matrix((draw.random((3, 8)) < 0.5).astype(np.float32))
    scores = draw.random((3, 8)).astype(np.float32)
    found = judging.ndcg(scores, wanted, depth)
    assert np.all((np.isnan(found)) | ((found >= 0) & (found <= 1 + 1e-9)))
    perfect = judging.ndcg(wanted.toarray() + scores / 10, wanted, depth)
    assert np.all(np.isnan(perfect) | (np.abs(perfect - 1) < 1e-9))


def test_what_must_not_be_recommended_earns_nothing_even_among_the_first() -> None:
    scores = np.full((1, 4), -np.inf, np.float32)
    assert judging.ndcg(scores, matrix([[1, 1, 1, 1]]))[0] == 0


def test_intervals_hold_the_mean_and_a_ratio_is_paired() -> None:
    values = np.random.default_rng(1).random(200)
    found = judging.interval(values)
    assert found.low < found.mean < found.high
    same = judging.ratio(values * 2, values)
    assert (same.mean, same.low, same.high) == pytest.approx((2, 2, 2))


def test_the_split_shows_a_model_nothing_of_what_it_foretells() -> None:
    known = drawn()
    start = 130.0
    later = known.where(known.day >= start)
    changed = Purchases(
        np.concatenate([known.before(start).customer, later.customer]),
        np.concatenate([known.before(start).item, (later.item + 5) % 12]).astype(np.int32),
        np.concatenate([known.before(start).day, later.day]), known.customers, known.items,
    )  # fmt: skip
    given, other = (choosing.trial(one, start, 160) for one in (known, changed))
    for method in (Method("ease", 10.0), Method("items", 5.0), Method("als")):
        ours, theirs = (
            choosing.fit(method, one.before(start), catalogue(12), start) for one in (known, changed)
        )  # fmt: skip
        for kind in ("everything", "unseen"):
            scores = [getattr(ranker, kind)(trial.history, start) for ranker, trial in ((ours, given), (theirs, other))]
            assert np.array_equal(*scores)
    assert given.history.day.max() < start
    assert (given.wanted != other.wanted).nnz


def test_never_bought_means_never_bought_before_the_split() -> None:
    known = purchases([(0, 0, 1), (0, 1, 2), (0, 0, 10), (0, 2, 11)], 1, 3)
    given = choosing.trial(known, 5, 20)
    assert given.wanted.toarray().tolist() == [[1, 0, 1]]
    assert given.unseen.toarray().tolist() == [[0, 0, 1]]
    ranker = choosing.fit(Method("ease", 1.0), known.before(5), catalogue(3), 5)
    assert np.isneginf(ranker.unseen(given.history, 5)[0]).tolist() == [True, True, False]


def test_what_is_chosen_beats_popularity_where_tastes_differ() -> None:
    choice = choosing.choose(drawn(customers=120), catalogue(12))
    lines = {line.name: line for line in choice.report.lines}
    assert set(lines) == {"popularity", "recent popularity", "own frequency", "items", "ease", "als", "chosen"}
    assert lines["chosen"].unseen.mean > lines["popularity"].unseen.mean
    assert lines["chosen"].everything.mean > lines["popularity"].everything.mean
    assert choice.report.to_popular.mean > 1
    assert choice.ranker.method in ("items", "ease", "als")


def test_every_step_is_told_and_may_end_it() -> None:
    told: list[tuple[int, int]] = []
    choosing.choose(drawn(), catalogue(12), lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == list(range(1, told[0][1] + 1))

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        choosing.choose(drawn(), catalogue(12), stop)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(FRESHNESS), st.sampled_from([0.0, 0.3]), st.sampled_from(["items", "ease", "als", "popularity"]))
def test_a_saved_model_scores_as_before(freshness: str, taste: float, method: str) -> None:
    import tempfile

    known = drawn(customers=20)
    tuning = Tuning(freshness=freshness, taste=taste)
    ranker = choosing.fit(Method(method, 5.0), known, catalogue(12), 160, tuning)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        ranker.save(path)
        again = Ranker.load(path)
        assert path.stat().st_mode & 0o777 == 0o600
    assert again.tuning == tuning
    assert np.array_equal(again.everything(known, 160), ranker.everything(known, 160))
    assert np.array_equal(again.unseen(known, 160), ranker.unseen(known, 160))


def test_a_model_holds_nobody() -> None:
    known = drawn(customers=20)
    ranker = choosing.fit(Method("als"), known, catalogue(12), 160)
    sizes = {name: value.shape[0] for name, value in vars(ranker).items() if hasattr(value, "shape")}
    assert set(sizes.values()) <= {12, 2}


def test_a_product_is_foretold_by_those_that_were_bought_and_only_those() -> None:
    known = drawn()
    ranker = choosing.fit(Method("ease", 5.0), known, catalogue(12), 160)
    one = known.of_customers(np.array([0], np.int32))
    bought = set(one.item.tolist())
    for item in range(12):
        sources = ranker.sources(one, item).tolist()
        assert set(sources) <= bought - {item}
        strength = [ranker.weights[source, item] for source in sources]
        assert strength == sorted(strength, reverse=True)


def test_nothing_to_learn_from_is_no_failure() -> None:
    nothing = purchases([], 0, 0)
    ranker = choosing.only_popular(
        nothing, Catalogue(np.array([], dtype=np.str_), np.zeros(0, np.int32), np.array([])), 5
    )
    assert ranker.everything(purchases([], 1, 0), 5).shape == (1, 0)
