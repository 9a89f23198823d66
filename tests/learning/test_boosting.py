"""Our walk through the trees against scikit-learn's own."""

from __future__ import annotations

import numpy as np
import pytest

from cordiale.learning import boosting


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(1)
    matrix = draw.normal(size=(3_000, 6))
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    return matrix, np.nan_to_num(matrix[:, 0]) + draw.normal(size=3_000) > 0


def test_probabilities_equal_those_of_scikit_learn(rows):
    model = boosting.fit(*rows, boosting.Settings(rounds=60), seed=0)
    ours = 1 / (1 + np.exp(-boosting.read(model).score(rows[0])))
    np.testing.assert_allclose(ours, model.predict_proba(rows[0])[:, 1], atol=1e-12, rtol=0)


@pytest.mark.parametrize("loss", ["absolute_error", "squared_error"])
def test_amounts_equal_those_of_scikit_learn(rows, loss):
    matrix, label = rows
    model = boosting.fit(matrix, label * 100.0, boosting.Settings(loss=loss, rounds=60), seed=0)
    np.testing.assert_allclose(boosting.read(model).score(matrix), model.predict(matrix), atol=1e-12, rtol=1e-12)


def test_figures_never_seen_and_unknown_ones_go_where_scikit_learn_sends_them(rows):
    model = boosting.fit(*rows, boosting.Settings(rounds=30), seed=0)
    strange = np.array([[np.nan] * 6, [np.inf] * 6, [-np.inf] * 6, [1e300] * 6, [0.0] * 6])
    np.testing.assert_allclose(
        boosting.read(model).score(strange), model.decision_function(strange), atol=1e-12, rtol=0
    )


def test_scores_after_each_round_end_with_the_score(rows):
    trees = boosting.read(boosting.fit(*rows, boosting.Settings(rounds=20), seed=0))
    staged = trees.staged(rows[0])
    assert staged.shape == (20, 3_000)
    np.testing.assert_array_equal(staged[-1], trees.score(rows[0]))


def test_contributions_and_the_mean_add_up_to_the_score(rows):
    trees = boosting.read(boosting.fit(*rows, boosting.Settings(rounds=40), seed=0))
    total = trees.mean_score() + trees.contributions(rows[0]).sum(axis=1)
    np.testing.assert_allclose(total, trees.score(rows[0]), rtol=1e-9, atol=1e-12)


def test_a_column_never_asked_contributes_nothing(rows):
    matrix, label = rows
    model = boosting.fit(np.column_stack([matrix, np.ones(3_000)]), label, boosting.Settings(rounds=20), seed=0)
    moved = boosting.read(model).contributions(np.column_stack([matrix, np.full(3_000, 7.0)]))
    assert (moved[:, -1] == 0).all()


def test_many_rows_are_walked_in_parts_alike(rows):
    trees = boosting.read(boosting.fit(*rows, boosting.Settings(rounds=10), seed=0))
    many = np.tile(rows[0], (40, 1))
    np.testing.assert_array_equal(trees.score(many), np.tile(trees.score(rows[0]), 40))


def test_trees_stop_growing_once_held_out_rows_gain_no_more(rows):
    matrix, label = rows
    held = np.arange(len(label)) % 5 == 0
    grid = boosting.tried(matrix, label, held, boosting.Settings(), seed=0)
    losses = [np.logaddexp(0, np.where(label[held], -row, row)).mean() for row in grid]
    assert len(grid) < boosting.Settings().rounds
    assert len(grid) - 1 <= np.argmin(losses) + boosting.PATIENCE


def test_stopping_early_changes_none_of_the_trees_before(rows):
    matrix, label = rows
    held = np.arange(len(label)) % 5 == 0
    grid = boosting.tried(matrix, label, held, boosting.Settings(), seed=0)
    whole = boosting.fit(matrix[~held], label[~held], boosting.Settings(rounds=len(grid)), seed=0)
    np.testing.assert_array_equal(boosting.read(whole).staged(matrix[held]), grid)


def test_parts_with_fewer_trees_stay_where_the_last_one_left_them():
    found = boosting.alike([np.array([[1.0, 2.0]]), np.array([[3.0], [4.0], [5.0]])])
    np.testing.assert_array_equal(found, [[1, 2, 3], [1, 2, 4], [1, 2, 5]])
