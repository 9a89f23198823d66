"""The chain of stages: recovers its matrix from a simulation, says how sure it is, never sees what comes after."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cordiale.lifecycle.rules import backtest, chain

SIZE = chain.SIZE
START = np.array([900, 400, 700, 600, 200, 800, 500], dtype=np.int64)


def matrix(seed: int) -> chain.Floats:
    """Shares where most stay; nobody vanishes in the month he comes."""
    random = np.random.default_rng(seed)
    found = random.dirichlet(np.full(SIZE + 1, 0.4), SIZE + 1)
    found[:, SIZE] *= 0.02
    found[:SIZE] = 0.4 * found[:SIZE] + 0.6 * np.eye(SIZE, SIZE + 1)
    found[SIZE, SIZE] = 0
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def past(
    shares: chain.Floats, months: int, seed: int, *, rho: float = 0.0, inflow: float = 60.0
) -> tuple[chain.Counts, chain.Counts]:
    """Moves and month-end sizes of a chain; `rho`: how much its months differ."""
    random = np.random.default_rng(seed)
    counts = np.zeros((months, SIZE + 1, SIZE + 1), dtype=np.int64)
    sizes = np.zeros((months + 1, SIZE), dtype=np.int64)
    sizes[0] = START
    for month in range(months):
        people = [*sizes[month], random.poisson(inflow)]
        for place, row in enumerate(shares):
            lived = random.dirichlet(row * (1 - rho) / rho + 1e-9) if rho else row
            counts[month, place] = random.multinomial(people[place], lived / lived.sum())
        sizes[month + 1] = counts[month, :, :SIZE].sum(axis=0)
    return counts, sizes


def test_a_simulated_chain_is_recovered() -> None:
    shares = matrix(1)
    counts, _sizes = past(shares, 200, 2)

    found = chain.fit(counts)

    assert np.abs(found.shares[:SIZE] - shares[:SIZE]).max() < 0.015
    assert found.inflow == pytest.approx(60, abs=12)
    assert found.rho.max() < 0.002


def test_months_that_differ_are_told_from_chance() -> None:
    counts, _sizes = past(matrix(1), 200, 3, rho=0.03)

    assert chain.fit(counts).rho[:SIZE] == pytest.approx(np.full(SIZE, 0.03), abs=0.012)


@pytest.mark.parametrize("rho", [0.0, 0.02])
def test_intervals_hold_about_as_many_outcomes_as_they_promise(rho: float) -> None:
    held = []
    for seed in range(12):
        counts, sizes = past(matrix(seed), 24, 100 + seed, rho=rho)
        held += [one.coverage for one in backtest.judge(list(backtest.trials(counts, sizes, window=24)))]

    assert np.mean(held) == pytest.approx(chain.NOMINAL, abs=0.05)


def test_expected_sizes_are_computed_by_hand() -> None:
    counts = np.zeros((5, SIZE + 1, SIZE + 1), dtype=np.int64)
    counts[:, 3, 3], counts[:, 3, 5], counts[:, 5, 5] = 300_000, 100_000, 200_000
    counts[:, SIZE, 1], counts[:, 1, 1] = 1000, 100_000
    sizes = np.zeros(SIZE, dtype=np.int64)
    sizes[3], sizes[5] = 4000, 1000

    first, second = chain.expected(chain.fit(counts), sizes, 2)

    assert first.round() == pytest.approx([0, 1000, 0, 3000, 0, 2000, 0], abs=1)
    assert second[3] == pytest.approx(2250, abs=1)


def test_the_model_beats_the_naive_rules_on_a_chain_of_its_kind_and_the_verdict_says_so() -> None:
    counts, sizes = past(matrix(5), 24, 6)

    found = backtest.judge(list(backtest.trials(counts, sizes, window=24)))

    assert [one.ahead for one in found] == [1, 2, 3]
    assert found[0].forecasts == 24 - backtest.LEAST_MONTHS
    assert all(one.is_better for one in found)


def test_a_world_that_stands_still_is_no_success_of_the_model() -> None:
    counts = np.zeros((9, SIZE + 1, SIZE + 1), dtype=np.int64)
    counts[:, range(SIZE), range(SIZE)] = START

    found = backtest.judge(list(backtest.trials(counts, np.tile(START, (10, 1)), window=12)))

    assert not any(one.is_better for one in found)


def test_a_past_forecast_does_not_see_what_came_after_it() -> None:
    counts, sizes = past(matrix(7), 12, 8)
    before = [one for one in backtest.trials(counts, sizes, window=12) if one.origin <= 6]
    counts[6:], sizes[7:] = counts[6:] * 9, sizes[7:] * 9

    after = [one for one in backtest.trials(counts, sizes, window=12) if one.origin <= 6]

    for was, now in zip(before, after, strict=True):
        assert (was.expected == now.expected).all()
        assert (was.low == now.low).all()
        assert (was.high == now.high).all()
        assert (was.drifted == now.drifted).all()


def test_the_same_past_gives_the_same_intervals() -> None:
    counts, sizes = past(matrix(9), 12, 10)
    one, other = (chain.carry(chain.fit(counts), sizes[-1], 12) for _ in range(2))

    assert (one.low == other.low).all()
    assert (one.high == other.high).all()


@settings(max_examples=40, deadline=None)
@given(arrays(np.int64, (6, SIZE + 1, SIZE + 1), elements=st.integers(0, 50)))
def test_whatever_the_moves_nobody_is_lost_but_those_who_leave(counts: chain.Counts) -> None:
    counts[:, SIZE, SIZE] = 0
    fitted = chain.fit(counts)
    path = chain.carry(fitted, START, 2, draws=50)

    assert fitted.shares.sum(axis=1) == pytest.approx(np.ones(SIZE + 1))
    leaving = START @ fitted.shares[:SIZE, SIZE]
    assert path.expected[0].sum() == pytest.approx(START.sum() - leaving + fitted.inflow)
    assert (path.low <= path.high).all()
    assert (path.low >= 0).all()
