"""What holds for any customers, and what must not break."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, special

from cordiale.btyd import MODELS, Fit, choose, fit, fit_gamma_gamma, summarise, value
from cordiale.errors import CordialeError

TRUE = {
    "bg/nbd": (0.6, 20.0, 0.8, 2.0),
    "mbg/nbd": (0.6, 20.0, 0.8, 2.0),
    "pareto/nbd": (0.7, 20.0, 0.6, 60.0),
    "nbd": (0.6, 20.0),
}
models = pytest.mark.parametrize("model", TRUE)


def known(model: str) -> Fit:
    """A fit with the parameters above."""
    return Fit(model, TRUE[model], (None,) * len(TRUE[model]), 0.0, 1.0)


@cache
def simulated(model: str, customers: int = 20_000, seen: float = 1.0) -> tuple[Any, Any, Any]:
    """Histories as the model says they arise, of which the first part was `seen`; times are continuous."""
    draw, parameters = np.random.default_rng(1), TRUE[model]
    known_for = draw.uniform(30, 300, customers)
    rate = draw.gamma(parameters[0], 1 / parameters[1], customers)
    leaves = draw.beta(*parameters[2:], customers) if "bg" in model else np.zeros(customers)
    ends = known_for.copy()
    if model == "pareto/nbd":
        ends = np.minimum(ends, draw.exponential(1 / draw.gamma(parameters[2], 1 / parameters[3], customers)))
    x, t_x, now = np.zeros(customers, dtype=int), np.zeros(customers), np.zeros(customers)
    here = draw.random(customers) >= (leaves if model == "mbg/nbd" else 0)
    while here.any():
        now = now + draw.exponential(1 / rate)
        here &= now < ends
        told = here & (now < seen * known_for)
        x[told], t_x[told] = x[told] + 1, now[told]
        here &= draw.random(customers) >= leaves
    return x, t_x, seen * known_for


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, float, float]:
    x = draw(st.integers(0, 3000))
    known_for = draw(st.integers(0, 5000))
    last = draw(st.integers(0, known_for)) if x else 0
    return x, float(last), float(known_for)


@models
def test_parameters_are_found_again(model: str) -> None:
    found = fit(summarise(*simulated(model)), model)
    assert found.converged
    for estimate, error, true in zip(found.parameters, found.errors, TRUE[model], strict=True):
        assert error is not None
        assert abs(estimate - true) < 4 * error


@models
def test_gradients_are_those_of_the_likelihood(model: str) -> None:
    family, summary = MODELS[model], summarise(*(column[:300] for column in simulated(model)))
    parameters = np.array(TRUE[model]) * 1.3
    numeric = optimize.approx_fprime(parameters, lambda at: family.score(at.tolist(), summary)[0], 1e-6 * parameters)
    assert family.score(parameters.tolist(), summary)[1] == pytest.approx(numeric, rel=1e-4, abs=1e-3)
    rows = family.log_likelihood(parameters.tolist(), summary.x, summary.t_x, summary.T)
    assert rows @ summary.count == pytest.approx(family.score(parameters.tolist(), summary)[0])


@models
def test_neither_order_nor_counting_changes_a_fit(model: str) -> None:
    x, t_x, known_for = (np.floor(column[:2000]).astype(int) for column in simulated(model))
    t_x = np.where(x == 0, 0, t_x)
    order = np.random.default_rng(3).permutation(x.size)
    plain = fit(summarise(x, t_x, known_for), model)
    shuffled = fit(summarise(x[order], t_x[order], known_for[order]), model)
    rows, many = np.unique(np.stack([x, t_x, known_for]), axis=1, return_counts=True)
    counted = fit(summarise(*rows, count=many), model)
    assert plain.parameters == shuffled.parameters == counted.parameters
    assert plain.customers == counted.customers == 2000


@models
def test_the_unit_of_time_changes_nothing_but_times(model: str) -> None:
    x, t_x, known_for = (column[:2000] for column in simulated(model))
    days, weeks = fit(summarise(x, t_x, known_for), model), fit(summarise(x, t_x / 7, known_for / 7), model)
    assert weeks.expected(10, x, t_x / 7, known_for / 7) == pytest.approx(
        days.expected(70, x, t_x, known_for), rel=1e-4
    )
    assert weeks.height == pytest.approx(days.height + np.log(7) * x.sum())


@models
@given(history=histories(), t=st.floats(0, 5000), longer=st.floats(1, 10))
@settings(max_examples=150, deadline=None)
def test_predictions_make_sense_for_any_history(
    model: str, history: tuple[int, float, float], t: float, longer: float
) -> None:
    one = known(model)
    alive, bought = one.alive(*history)[0], one.probability_of_purchase(t, *history)[0]
    assert 0 <= bought <= alive <= 1
    assert bought <= one.probability_of_purchase(t * longer, *history)[0] + 1e-9
    expected = one.expected(t, *history)[0]
    assert np.isfinite(expected)
    assert bought <= expected * (1 + 1e-6) + 1e-6
    assert expected <= one.expected(t * longer, *history)[0] * (1 + 1e-9) + 1e-9


@models
@given(history=histories(), chance=st.floats(0.05, 0.95))
@settings(max_examples=60, deadline=None)
def test_the_next_purchase_is_when_its_chance_is_reached(
    model: str, history: tuple[int, float, float], chance: float
) -> None:
    one = known(model)
    wait = one.next_purchase(*history, chance=chance)[0]
    if np.isfinite(wait):
        assert one.probability_of_purchase(wait, *history)[0] == pytest.approx(chance, abs=1e-6)
    else:
        assert one.probability_of_purchase(1e9, *history)[0] <= chance + 1e-3


@models
def test_the_chance_of_a_purchase_is_what_the_likelihood_of_none_leaves(model: str) -> None:
    x, t_x, known_for = (column[:200] for column in simulated(model))
    density = [MODELS[model].log_likelihood(TRUE[model], x, t_x, known_for + later) for later in (0.0, 25.0)]
    chance = known(model).probability_of_purchase(25.0, x, t_x, known_for)
    assert chance == pytest.approx(-np.expm1(density[1] - density[0]), abs=1e-8)


@models
def test_a_customer_seen_long_ago_is_less_alive(model: str) -> None:
    alive = known(model).alive(5, [10, 50, 100, 200], 200)
    assert (np.diff(alive) >= 0).all()
    assert alive[-1] > 0.7


@pytest.mark.parametrize("a", [0.3, 0.99999, 1.0, 1.00005, 2.5])
@pytest.mark.parametrize("model", ["bg/nbd", "mbg/nbd"])
def test_expectations_are_the_integral_they_stand_for(model: str, a: float) -> None:
    r, alpha, b, x, known_for, t = 0.6, 20.0, 2.0, 4, 90.0, 60.0
    survived = b + x + (model == "mbg/nbd")

    def rate(u: float) -> float:
        """Purchases per time, u ahead: λ e^(-λpu), over λ ~ Gamma(r + x, alpha + T), p ~ Beta(a, survived)."""
        start = alpha + known_for
        inner = lambda p: (r + x) * start ** (r + x) / (start + p * u) ** (r + x + 1)  # noqa: E731
        density = lambda p: inner(p) * p ** (a - 1) * (1 - p) ** (survived - 1)  # noqa: E731
        return integrate.quad(density, 0, 1, limit=200)[0] / special.beta(a, survived)

    integral = integrate.quad(rate, 0, t)[0]
    told = MODELS[model].expected_if_alive((r, alpha, a, b), np.array([t]), np.array([x]), np.array([known_for]))
    assert told == pytest.approx(integral, rel=1e-6)


@pytest.mark.parametrize("parameters", [(0.1, 0.05, 0.2, 400.0), (3.0, 300.0, 2.0, 0.5), (0.6, 20.0, 1.0, 20.0)])
@pytest.mark.parametrize("history", [(0, 0.0, 700.0), (1, 3.0, 400.0), (30, 200.0, 600.0), (2000, 690.0, 700.0)])
def test_pareto_nbd_agrees_with_integration_as_it_stands(
    parameters: tuple[float, ...], history: tuple[int, float, float]
) -> None:
    r, alpha, s, beta = parameters
    x, t_x, known_for = history

    def relative(u: float) -> float:
        return float(
            np.exp(-(r + x) * np.log((alpha + u) / (alpha + t_x)) - (s + 1) * np.log((beta + u) / (beta + t_x)))
        )

    steep = np.clip(t_x + (alpha + t_x) / (r + x) * np.array([0.01, 0.1, 1, 5, 20]), t_x, known_for)
    edges = np.unique([t_x, *steep, known_for])
    area = sum(integrate.quad(relative, *pair)[0] for pair in pairwise(edges))
    area *= s / (beta + t_x)
    stayed = relative(known_for) * (beta + known_for) / (beta + t_x)
    fitted = Fit("pareto/nbd", parameters, (None,) * 4, 0.0, 1.0)
    assert fitted.alive(*history) == pytest.approx(stayed / (stayed + area), rel=1e-6, abs=1e-9)


@models
def test_a_base_of_one_time_buyers_is_said_not_to_tell_enough(model: str) -> None:
    found = fit(summarise(np.zeros(50, int), np.zeros(50), np.arange(50.0)), model)
    assert not found.converged
    assert found.problem
    assert (found.expected(30, 0, 0, [0, 100]) < 0.01).all()


@pytest.mark.parametrize("model", ["bg/nbd", "mbg/nbd", "pareto/nbd"])
def test_where_nobody_leaves_the_models_agree_with_nbd(model: str) -> None:
    history = simulated("nbd", 3000)
    found, plain = fit(summarise(*history), model), fit(summarise(*history), "nbd")
    assert found.converged
    assert found.height >= plain.height - 1e-3
    told = [one.expected(60, *history).sum() for one in (found, plain)]
    assert told[0] == pytest.approx(told[1], rel=0.05)


@models
def test_odd_histories_are_fitted(model: str) -> None:
    found = fit(summarise([0, 1, 2000, 3, 0, 7], [0, 5, 300, 10, 0, 20], [0, 5, 300, 400, 30, 20]), model)
    assert np.isfinite(found.height)
    assert np.isfinite(found.expected(30, [0, 2000], [0, 300], [0, 300])).all()


@models
def test_a_fit_survives_json(model: str) -> None:
    found = fit(summarise(*(column[:500] for column in simulated(model))), model)
    assert Fit.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_many_rows_and_one_say_the_same() -> None:
    one, (x, t_x, known_for) = known("bg/nbd"), simulated("bg/nbd")
    whole_days = np.where(x == 0, 0, np.floor(t_x)), np.floor(known_for)
    together = one.expected(30, x, *whole_days)
    apart = [one.expected(30, x[row], whole_days[0][row], whole_days[1][row])[0] for row in range(50)]
    assert together[:50] == pytest.approx(apart)
    assert one.expected(30, x, t_x, known_for)[:50] == pytest.approx(apart, rel=0.2)


def test_worth_is_expected_margin_and_less_when_discounted() -> None:
    one, history = known("bg/nbd"), ([3, 0], [80, 0], [100, 40])
    plain = value(one, *history, mean_value=[20.0, 10.0], horizon=365, margin=0.25)
    assert plain == pytest.approx(one.expected(365, *history) * [5.0, 2.5])
    discounted = value(one, *history, mean_value=[20.0, 10.0], horizon=365, margin=0.25, yearly_discount=0.15)
    assert (discounted < plain).all()
    assert (discounted > plain / 1.15).all()


def test_gamma_gamma_finds_its_parameters_again() -> None:
    draw = np.random.default_rng(4)
    x = draw.integers(0, 6, 30_000)
    mean = draw.gamma(6 * np.maximum(x, 1)) / np.maximum(x, 1) / draw.gamma(3.7, 1 / 15.0, x.size)
    found = fit_gamma_gamma(x, mean)
    for estimate, error, true in zip((found.p, found.q, found.v), found.errors, (6.0, 3.7, 15.0), strict=True):
        assert error is not None
        assert abs(estimate - true) < 4 * error
    assert found.is_independent
    assert type(found).from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_values_that_go_with_frequency_are_not_called_independent() -> None:
    x = np.arange(1, 200)
    assert not fit_gamma_gamma(x, 10.0 + x).is_independent


@pytest.mark.parametrize("model", ["bg/nbd", "pareto/nbd", "nbd"])
def test_the_model_that_made_the_data_tells_best_what_follows(model: str) -> None:
    early, later = (summarise(*simulated(model, seen=seen)) for seen in (0.6, 1.0))
    choice = choose(early, later)
    assert choice.held_out[choice.best.model] - choice.held_out[model] < 4
    assert choice.held_out[model] == max(choice.held_out.values()) or model == "nbd"
    assert choice.best.customers == 20_000


def test_a_choice_needs_the_same_customers_twice() -> None:
    early, fewer = summarise(*simulated("nbd")), summarise(*(column[:100] for column in simulated("nbd")))
    for pair in ((early, fewer), (early, summarise(*simulated("nbd", seen=0.5)))):
        with pytest.raises(CordialeError, match="same customers"):
            choose(*pair)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: summarise([], [], []), "nobody"),
        (lambda: summarise([1], [5], [4]), "t_x ≤ T"),
        (lambda: summarise([-1], [0], [4]), "x ≥ 0"),
        (lambda: summarise([1.5], [1], [4]), "whole numbers"),
        (lambda: summarise([0], [1], [4]), "bought once"),
        (lambda: summarise([1], [np.nan], [4]), "finite"),
        (lambda: summarise([1, 2], [1, 2, 3], [4]), "one length"),
        (lambda: summarise([1], [1], [4], count=[0]), "above 0"),
        (lambda: fit(summarise([1], [1], [4]), "crystal ball"), "bg/nbd"),
        (lambda: known("nbd").expected(-1, 0, 0, 0), "not below 0"),
        (lambda: known("nbd").next_purchase(0, 0, 0, chance=1.0), "between 0 and 1"),
        (lambda: fit_gamma_gamma([0, 0], [0, 0]), "nobody"),
    ],
)
def test_what_cannot_be_is_refused_in_words(call: Callable[[], object], said: str) -> None:
    with pytest.raises(CordialeError, match=said):
        call()
