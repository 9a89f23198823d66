"""What the papers print of CDNOW, to the digits they print (METHODS.md, C1)."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from cordiale.btyd import Fit, choose, fit, fit_gamma_gamma, summarise

from . import cdnow

PARAMETERS = {
    "bg/nbd": ((0.243, 4.414, 0.793, 2.426), -9582.43),
    "mbg/nbd": ((0.525, 6.183, 0.891, 1.614), -9582.14),
    "pareto/nbd": ((0.553, 10.578, 0.606, 11.669), -9594.98),
    "nbd": ((0.385, 12.072), -9763.66),
}


@cache
def fitted(model: str) -> Fit:
    return fit(summarise(*cdnow.published()[:3]), model)


@cache
def on_calibration(model: str) -> Fit:
    base = cdnow.known(cdnow.CALIBRATED_UNTIL)
    return fit(summarise(base.x, base.t_x, base.T), model)


def held_out() -> np.ndarray:
    return cdnow.known(cdnow.KNOWN_UNTIL).x - cdnow.known(cdnow.CALIBRATED_UNTIL).x


@pytest.mark.parametrize("model", PARAMETERS)
def test_parameters_and_likelihood_are_those_published(model: str) -> None:
    parameters, height = PARAMETERS[model]
    found = fitted(model)
    assert found.converged
    assert found.parameters == pytest.approx(parameters, abs=1.5e-3)
    assert found.height == pytest.approx(height, abs=0.01)
    assert all(error is not None and 0 < error < one for error, one in zip(found.errors, parameters, strict=True))


def test_gamma_gamma_is_as_published() -> None:
    x, _, _, value = cdnow.published()
    found = fit_gamma_gamma(x, value)
    assert (found.p, found.q, found.v) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)
    assert (found.height, found.customers) == (pytest.approx(-4055.92, abs=0.01), 946)
    assert found.correlation == pytest.approx(0.114, abs=5e-4)
    assert found.is_independent
    expected = (24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17)
    assert found.expected_mean(x[:10], value[:10]) == pytest.approx(expected, abs=0.02)


def test_single_predictions_of_bg_nbd_are_as_published() -> None:
    found = fitted("bg/nbd")
    assert found.expected(39, 2, 30.43, 38.86) == pytest.approx(1.226, abs=5e-4)
    times = [0.1429, 1, 3, 31.857, 32, 52, 78]
    assert found.expected_new(times) == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.444, 1.858], abs=5e-4)
    assert found.expected(52, 26, 30.86, 31) == pytest.approx(25.76, abs=0.01)
    assert found.alive(26, 30.86, 31) == pytest.approx(0.9689, abs=5e-5)
    paradox = found.expected(52, [10, 15, 20, 25], 20, 39)
    assert paradox == pytest.approx([0.3475, 0.0428, 0.0042, 0.00036], abs=5e-5)


def test_the_chance_of_no_purchase_is_as_published() -> None:
    rounded = Fit("bg/nbd", (0.243, 4.414, 0.793, 2.426), (None,) * 4, 0.0, 2357.0)
    assert 1 - rounded.probability_of_purchase(39, 0, 0, 0) == pytest.approx(0.5737864, abs=5e-5)


def test_single_predictions_of_pareto_nbd_are_as_published() -> None:
    found = fitted("pareto/nbd")
    assert found.expected_new(52) == pytest.approx(1.4734, abs=5e-4)
    assert found.expected(52, 26, 30.86, 31) == pytest.approx(25.456, abs=0.002)
    assert found.alive(26, 30.86, 31) == pytest.approx(0.9979, abs=5e-5)
    paradox = found.expected(52, [10, 15, 20, 25], 20, 39)
    assert paradox == pytest.approx([0.7062, 0.1442, 0.0225, 0.0031], abs=5e-4)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("bg/nbd", [1312.5, 1387.3, 1460.4, 1531.7, 1601.4, 1669.6]),
        ("pareto/nbd", [1308.9, 1385.3, 1459.9, 1532.9, 1604.3, 1674.3]),
    ],
)
def test_the_curve_of_repeat_purchases_is_as_published(model: str, expected: list[float]) -> None:
    starts = cdnow.known(cdnow.CALIBRATED_UNTIL).start
    curve = on_calibration(model).expected_cumulative(7 * np.arange(20, 26), starts)
    assert curve == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("bg/nbd", [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]),
        ("pareto/nbd", [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403]),
    ],
)
def test_expectations_by_frequency_are_as_published(model: str, expected: list[float]) -> None:
    base = cdnow.known(cdnow.CALIBRATED_UNTIL)
    told = on_calibration(model).expected(273, base.x, base.t_x, base.T)
    groups = np.minimum(base.x, 7)
    assert np.bincount(groups).tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    actual = np.bincount(groups, held_out()) / np.bincount(groups)
    assert actual == pytest.approx([0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359], abs=6e-4)
    assert np.bincount(groups, told) / np.bincount(groups) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("model", "total", "mae", "rmse", "correlation"),
    [
        ("nbd", 2930, 1.041, 1.860, 0.583),
        ("bg/nbd", 1653, 0.785, 1.608, 0.626),
        ("pareto/nbd", 1666, 0.755, 1.603, 0.630),
    ],
)
def test_what_came_after_is_foretold_as_in_the_table(
    model: str, total: float, mae: float, rmse: float, correlation: float
) -> None:
    base, actual = cdnow.known(cdnow.CALIBRATED_UNTIL), held_out()
    told = on_calibration(model).expected(273, base.x, base.t_x, base.T)
    assert actual.sum() == 1882
    assert told.sum() == pytest.approx(total, abs=1)
    assert np.abs(told - actual).mean() == pytest.approx(mae, abs=6e-4)
    assert np.sqrt(np.square(told - actual).mean()) == pytest.approx(rmse, abs=6e-4)
    assert np.corrcoef(told, actual)[0, 1] == pytest.approx(correlation, abs=6e-4)


def test_bg_nbd_beats_everyone_at_his_own_rate_by_a_fifth() -> None:
    base, actual = cdnow.known(cdnow.CALIBRATED_UNTIL), held_out()
    own_rate = np.abs(base.x / base.T * 273 - actual).mean()
    told = on_calibration("bg/nbd").expected(273, base.x, base.t_x, base.T)
    assert own_rate == pytest.approx(1.024, abs=5e-4)
    assert np.abs(told - actual).mean() <= 0.80 * own_rate


def test_the_model_is_chosen_by_what_came_after() -> None:
    past, now = cdnow.known(cdnow.CALIBRATED_UNTIL), cdnow.known(cdnow.KNOWN_UNTIL)
    choice = choose(summarise(past.x, past.t_x, past.T), summarise(now.x, now.t_x, now.T))
    assert choice.best.model == max(choice.held_out, key=lambda name: choice.held_out[name]) == "mbg/nbd"
    assert choice.held_out["nbd"] < min(choice.held_out[name] for name in ("bg/nbd", "mbg/nbd", "pareto/nbd")) - 100
