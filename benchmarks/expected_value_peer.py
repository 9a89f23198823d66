"""What lifetimes and pymc-marketing make of the same base: `python expected_value_peer.py PEER FOLDER`, told as JSON.

It stands alone, for each peer runs under a Python of its own, and it says what its process took.
"""

from __future__ import annotations

import inspect
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

AHEAD = 12.0
"""Weeks ahead that are foretold."""


def lifetimes(x: Any, t_x: Any, T: Any, value: Any) -> dict[str, Any]:  # noqa: N803
    """As its documentation has it: one row a customer, the library's own optimiser and defaults."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter  # noqa: PLC0415 - each peer has a Python of its own

    model, spending = BetaGeoFitter(), GammaGammaFitter()
    fitting = seconds(lambda: model.fit(x, t_x, T))
    predicting = seconds(lambda: model.conditional_expected_number_of_purchases_up_to_time(AHEAD, x, t_x, T))
    again = x > 0
    valuing = seconds(lambda: spending.fit(x[again], value[again]))
    parameters, worth = ([float(one.params_[name]) for name in names] for one, names in
                         ((model, ("r", "alpha", "a", "b")), (spending, ("p", "q", "v"))))  # fmt: skip
    return told(fitting, predicting, valuing, parameters, worth)


def pymc(x: Any, t_x: Any, T: Any, value: Any) -> dict[str, Any]:  # noqa: N803
    """Maximum a posteriori under flat priors, so that it is the maximum of the likelihood.

    A first fit to a few rows is not counted: it compiles the model, which is kept.
    """
    import pandas as pd  # noqa: PLC0415
    from pymc_extras.prior import Prior  # noqa: PLC0415
    from pymc_marketing import clv  # noqa: PLC0415

    flat = {name: Prior("HalfFlat") for name in ("r", "alpha", "a", "b")}
    rows = pd.DataFrame({"customer_id": np.arange(x.size), "frequency": x, "recency": t_x, "T": T})
    takes_data_to_fit = "data" not in inspect.signature(clv.BetaGeoModel.__init__).parameters  # since 1.0

    def fitted(data: Any) -> Any:
        model = clv.BetaGeoModel(model_config=flat, **({} if takes_data_to_fit else {"data": data}))
        model.fit(method="map", progressbar=False, **({"data": data} if takes_data_to_fit else {}))
        return model

    fitted(rows.head(1000))
    models: list[Any] = []
    fitting = seconds(lambda: models.append(fitted(rows)))
    model = models[0]
    predicting = seconds(lambda: model.expected_purchases(future_t=AHEAD))
    found = model.fit_result
    parameters = [float(np.asarray(found[name]).ravel()[0]) for name in ("r", "alpha", "a", "b")]
    return told(fitting, predicting, None, parameters, None)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def told(
    fitting: float, predicting: float, valuing: float | None, parameters: list[float], worth: Any
) -> dict[str, Any]:
    """The answer of a run."""
    return {"fit": fitting, "predict": predicting, "value": valuing, "parameters": parameters, "worth": worth,
            "peak": peak()}  # fmt: skip


def peak() -> float:
    """The most memory this process has held, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def columns(folder: Path) -> list[Any]:
    """x (whole), t_x and T (days) and mean value, a row a customer."""
    return [np.load(folder / f"{name}.npy") for name in ("x", "t_x", "T", "value")]


def main() -> None:
    """One peer on the base in a folder; times in weeks, in which these libraries settle best."""
    x, t_x, T, value = columns(Path(sys.argv[2]))  # noqa: N806
    peer = {"lifetimes": lifetimes, "pymc-marketing": pymc}[sys.argv[1]]
    print("\n" + json.dumps(peer(x, t_x / 7, T / 7, value)))


if __name__ == "__main__":
    main()
