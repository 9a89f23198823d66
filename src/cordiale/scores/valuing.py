"""Expected value: orders and money to come, how probably a customer is still active, and when the next order may be.

A model of repeat purchases (BG/NBD, MBG/NBD, Pareto/NBD or NBD, chosen by held-out likelihood) says how orders spread
over the months ahead. How many and how much there will be in the days of the judge's window, several ways say: that
model with Gamma-Gamma, a regression on all traits, the mean of both and what was of late, and the best simple rule. The
one nearest to what happened sets the level; the model of purchases carries it from these days to the horizon.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cordiale import learning
from cordiale.errors import CordialeError
from cordiale.lake import open_lake
from cordiale.scores import artifacts, histories, observing
from cordiale.scores.histories import Floats, Histories
from cordiale.scores.learnt import Learnt, Step
from cordiale.scores.models import ScoreVersion
from cordiale.scores.observing import Past
from cordiale.scores.rules import gate
from cordiale.scores.rules.declarations import Score
from cordiale.scores.rules.gate import Check

if TYPE_CHECKING:
    from cordiale.btyd import Choice, Fit, GammaGamma
    from cordiale.learning import AmountEvaluation, Regressor

PURCHASES, REGRESSION, BLEND = "purchases", "regression", "blend"
OWN_RATE, RECENT = "own rate", "last 90 days"
ORDERS, SPEND = "orders", "spend"
_ANEW: Mapping[str, None] = {ORDERS: None, SPEND: None}
REGRESSION_FROM = 1_000
"""Customers from which on a regression has enough to learn from; below, it would only tell noise apart."""
_WEEK = 7
_DAY_MICROSECONDS = 86_400_000_000
_HEAD = 8
_FARTHEST = 3650
_LEFT_OUT = ("customer_id", "rfm")


@dataclass(frozen=True, kw_only=True)
class _Known:
    """Customers who had ordered by a day, as they stood then, and what they did in the days after."""

    as_of: datetime
    rows: pa.Table
    past: Histories
    orders: Floats
    spend: Floats


@dataclass(frozen=True, kw_only=True)
class Model:
    """What a version's file holds. `levels` says for orders and spend which way sets the level, over `days` days."""

    purchases: Fit
    spending: GammaGamma
    levels: Mapping[str, str]
    days: int
    regressors: Mapping[str, Regressor]

    def amounts(self, what: str, way: str, past: Histories, rows: pa.Table, as_of: datetime) -> Floats:
        """Orders or spend of each row in `days` days, one way; the blend is the mean of both others and of late."""
        if way == BLEND:
            ways = (PURCHASES, REGRESSION, RECENT)
            return np.asarray(np.mean([self.amounts(what, one, past, rows, as_of) for one in ways], axis=0))
        if way == REGRESSION:
            regressor = self.regressors[what]
            return regressor.predict(regressor.encoding.completed(_features(rows)), as_of=as_of)
        if way == PURCHASES:
            orders = self.purchases.expected(self.days, past.x, past.t_x, past.T)
            return orders if what == ORDERS else orders * self.basket(past)
        return simple(what, way, past, self.days)

    def basket(self, past: Histories) -> Floats:
        """What an order of each row is expected to be worth."""
        return np.maximum(0.0, self.spending.expected_mean(past.orders, past.basket))

    def dump(self) -> bytes:
        """For `load`: the length of a JSON head, the head, then the regressions."""
        parts = {what: one.dump() for what, one in self.regressors.items()}
        head = {
            "purchases": self.purchases.to_dict(), "spending": self.spending.to_dict(), "levels": dict(self.levels),
            "days": self.days, "regressors": {what: len(part) for what, part in parts.items()},
        }  # fmt: skip
        text = json.dumps(head, sort_keys=True).encode()
        return len(text).to_bytes(_HEAD, "big") + text + b"".join(parts.values())


def load(content: bytes) -> Model:
    """What `Model.dump` wrote."""
    from cordiale.btyd import Fit, GammaGamma  # noqa: PLC0415 - slow to import

    end = _HEAD + int.from_bytes(content[:_HEAD], "big")
    head, regressors = json.loads(content[_HEAD:end]), {}
    for what, length in head["regressors"].items():
        regressors[what] = learning.load(content[end : end + length])
        end += length
    return Model(
        purchases=Fit.from_dict(head["purchases"]), spending=GammaGamma.from_dict(head["spending"]),
        levels=head["levels"], days=head["days"], regressors=regressors,  # type: ignore[arg-type]
    )  # fmt: skip


def simple(what: str, way: str, past: Histories, days: float) -> Floats:
    """A simple rule's orders or spend in so many days."""
    if way == OWN_RATE:
        return past.own_rate(days) * (past.basket if what == SPEND else 1.0)
    recent = past.recent_spend if what == SPEND else past.recent_orders
    return np.maximum(0.0, recent) * days / 90


def learn(score: Score, now: datetime, step: Step) -> Learnt:
    """Fit each model as of the judge's day, compare with what came after, and fit the chosen ones anew."""
    past = observing.past(now)
    days = score.judged_on
    judged = _known(past.until - timedelta(days=days), past.until)
    step()
    checks = _checks(score, past, judged)
    base = {
        "customers": judged.rows.num_rows, "gate": [check.as_json() for check in checks],
        "first_order_at": _iso(past.first_order_at), "until": _iso(past.until),
    }  # fmt: skip
    refusals = gate.refusals(checks)
    if refusals:
        return Learnt(as_of=past.until, horizon=score.horizons[0], card=base, refusals=refusals)
    present = _known(past.until, past.until)
    choice = _choice(judged, present)
    step()
    then = _then(score, past, judged, choice)
    step()
    levels, compared = _compared(then, judged)
    step()
    final = _final(then, levels, judged, present)
    step()
    card = base | {
        "judged_at": _iso(judged.as_of), "judged_on": days, "margin": score.margin, "discount": score.discount,
        "levels": levels, "compared": compared, "models": _models_told(choice),
        "purchases": _parameters(final.purchases),
        "spending": _spending_told(final.spending), "cumulative": _cumulative(choice.best, judged, past.until, days),
        "importance": {what: one.importance() for what, one in final.regressors.items()},
        "reference": learning.reference(_features(judged.rows), as_of=judged.as_of).as_json(),
        "by_frequency": _by_frequency(then, judged),
    }  # fmt: skip
    return Learnt(
        as_of=past.until, horizon=score.horizons[0], card=card, method=final.purchases.model, content=final.dump(),
        parameters={"margin": score.margin, "discount": score.discount, "features": _read(final)},
    )  # fmt: skip


def values(
    score: Score, version: ScoreVersion, part: pa.Table, mask: pa.Array, as_of: datetime
) -> Mapping[str, pa.Array]:
    """The columns for each row for which `mask` holds, unknown for the others."""
    chosen, places = part.filter(mask), mask.to_numpy(zero_copy_only=False)
    found = _values(version, chosen, as_of) if chosen.num_rows else {}
    columns = {}
    for key in ("orders", "value", "active"):
        column = np.full(part.num_rows, np.nan)
        column[places] = found.get(key, np.empty(0))
        columns[key] = pa.array(np.round(column, 2) if key == "value" else column, from_pandas=True)
    ahead = np.full(part.num_rows, np.inf)
    ahead[places] = found.get("next_order", np.empty(0))
    return columns | {"next_order": _instants(ahead, as_of)}


def model_of(version: ScoreVersion) -> Model:
    """The fitted models of a version. Raises CordialeError where its file is gone or changed."""
    return _model(version.artifact, version.digest)


def _values(version: ScoreVersion, rows: pa.Table, as_of: datetime) -> dict[str, Floats]:
    from cordiale import btyd  # noqa: PLC0415 - slow to import

    model, past, horizon = model_of(version), histories.read(rows, as_of), version.horizon
    history = (past.x, past.t_x, past.T)
    near = model.purchases.expected(model.days, *history)
    share = np.divide(1.0, near, out=np.zeros_like(near), where=near > 0)
    worth = btyd.value(
        model.purchases, *history, mean_value=1.0, horizon=horizon, margin=version.parameters["margin"],
        yearly_discount=version.parameters["discount"],
    )  # fmt: skip
    orders, spend = (model.amounts(what, model.levels[what], past, rows, as_of) for what in (ORDERS, SPEND))
    return {
        "orders": orders * share * model.purchases.expected(horizon, *history),
        "value": spend * share * worth,
        "active": model.purchases.alive(*history),
        "next_order": model.purchases.next_purchase(*history),
    }


def _known(as_of: datetime, until: datetime) -> _Known:
    rows = pa.concat_tables(list(observing.buyers_at(as_of)))
    orders, spend = np.zeros(rows.num_rows), np.zeros(rows.num_rows)
    if until > as_of and rows.num_rows:
        after = observing.orders_in(as_of, until)
        place = pc.index_in(rows["customer_id"], after["customer_id"].combine_chunks()).to_numpy()
        did = np.isfinite(place)
        found = place[did].astype(np.int64)
        orders[did] = after["orders"].to_numpy()[found]
        spend[did] = np.maximum(0.0, after["spend"].to_numpy()[found])
    return _Known(as_of=as_of, rows=rows, past=histories.read(rows, as_of), orders=orders, spend=spend)


def _checks(score: Score, past: Past, judged: _Known) -> list[Check]:
    return [
        Check(measure=gate.BUYERS, have=past.buyers, need=score.gate.buyers),
        Check(measure=gate.HISTORY, have=past.days_before(judged.as_of), need=score.gate.history),
        Check(measure=gate.POSITIVES, have=int((judged.orders > 0).sum()), need=score.gate.positives),
    ]


def _choice(judged: _Known, present: _Known) -> Choice:
    """The model of purchases: fitted on what was known on the judge's day, chosen by what came after."""
    from cordiale import btyd  # noqa: PLC0415 - slow to import

    same = pc.index_in(judged.rows["customer_id"], present.rows["customer_id"].combine_chunks()).to_numpy()
    there = np.isfinite(same)
    later, place = present.past, same[there].astype(np.int64)
    before = judged.past
    return btyd.choose(
        btyd.summarise(before.x[there], before.t_x[there], before.T[there]),
        btyd.summarise(later.x[place], later.t_x[place], later.T[place]),
    )


def _then(score: Score, past: Past, judged: _Known, choice: Choice) -> Model:
    """The models as they could be known on the judge's day; the regressions learnt from the window before."""
    from cordiale import btyd  # noqa: PLC0415 - slow to import

    before = judged.as_of - timedelta(days=score.judged_on)
    regressors: dict[str, Regressor] = {}
    if past.days_before(before) >= score.gate.history and judged.rows.num_rows >= REGRESSION_FROM:
        regressors = _regressors(_known(before, judged.as_of), judged)
    spending = btyd.fit_gamma_gamma(judged.past.orders, judged.past.basket)
    return Model(purchases=choice.best, spending=spending, levels={}, days=score.judged_on, regressors=regressors)


def _regressors(known: _Known, current: _Known, wanted: Mapping[str, Regressor | None] = _ANEW) -> dict[str, Regressor]:
    """What these customers' orders and spend teach about the `current` ones; instants are read as days before.

    `wanted`: what to learn, each like an earlier regression where there is one.
    """
    features, found = learning.ages(_features(known.rows), known.as_of), {}
    asked = learning.ages(_features(current.rows), current.as_of)
    amounts = {ORDERS: known.orders, SPEND: known.spend}
    for what, like in wanted.items():
        try:
            found[what] = learning.fit_regressor(features, amounts[what], current=asked, like=like)
        except CordialeError:  # too few rows to learn from: the other ways are compared without it
            continue
    return found


def _compared(then: Model, judged: _Known) -> tuple[dict[str, str], dict[str, Any]]:
    """For orders and spend: the way nearest to what happened, and each way against the best simple rule."""
    levels, told = {}, {}
    for what, observed in ((ORDERS, judged.orders), (SPEND, judged.spend)):
        rules = {way: simple(what, way, judged.past, then.days) for way in (OWN_RATE, RECENT)}
        rule = min(rules, key=lambda way: float(np.abs(rules[way] - observed).mean()))
        ways = [PURCHASES, *([REGRESSION, BLEND] if what in then.regressors else [])]
        found = {}
        for way in ways:
            amounts = then.amounts(what, way, judged.past, judged.rows, judged.as_of)
            found[way] = learning.evaluate_amounts(amounts, observed, rules[rule])
        best = min(ways, key=lambda way: found[way].mae.value)
        levels[what] = best if found[best].mae.ratio <= 1 else rule
        told[what] = {
            "rule": rule, "rules": {way: float(np.abs(one - observed).mean()) for way, one in rules.items()},
            "ways": {way: _amounts_told(one) for way, one in found.items()}, "level": levels[what],
            "observed": float(observed.sum()),
        }  # fmt: skip
    return levels, told


def _final(then: Model, levels: Mapping[str, str], judged: _Known, present: _Known) -> Model:
    """The same kinds of models, fitted to everything that is known now."""
    from cordiale import btyd  # noqa: PLC0415 - slow to import

    past = present.past
    wanted = {what: then.regressors[what] for what, way in levels.items() if way in (REGRESSION, BLEND)}
    regressors = _regressors(judged, present, wanted) if wanted else {}
    return Model(
        purchases=btyd.fit(btyd.summarise(past.x, past.t_x, past.T), then.purchases.model),
        spending=btyd.fit_gamma_gamma(past.orders, past.basket), levels=levels, days=then.days,
        regressors=regressors,
    )  # fmt: skip


def _cumulative(fit: Fit, judged: _Known, until: datetime, days: int) -> list[dict[str, float]]:
    """Week by week after the judge's day: orders expected so far of the customers known then, and those that came."""
    known = judged.rows.select(["customer_id"])
    weeks = open_lake().query(
        f"SELECT (epoch_us(ts) - ?) // {_WEEK * _DAY_MICROSECONDS} AS week, count(*) AS orders"
        " FROM order_lines SEMI JOIN known USING (customer_id)"
        " WHERE line_no = 1 AND amount >= 0 AND ts >= ? AND ts < ? GROUP BY week",
        bind=[int(judged.as_of.timestamp() * 1e6), judged.as_of, until], known=known,
    )  # fmt: skip
    came = dict(zip(weeks["week"].to_pylist(), weeks["orders"].to_pylist(), strict=True))
    past, told, total = judged.past, [], 0
    for week in range(days // _WEEK):
        total += came.get(week, 0)
        end = (week + 1) * _WEEK
        told.append({
            "day": end, "predicted": float(fit.expected(end, past.x, past.t_x, past.T).sum()), "observed": total,
        })  # fmt: skip
    return told


def _by_frequency(then: Model, judged: _Known) -> list[dict[str, float]]:
    """Orders foretold and seen by how many a customer had placed before: tenths of the base, equal numbers together."""
    orders, foretold = judged.past.orders, then.amounts(ORDERS, PURCHASES, judged.past, judged.rows, judged.as_of)
    edges = np.unique(np.quantile(orders, np.arange(1, 10) / 10, method="inverted_cdf"))
    place = np.searchsorted(edges, orders, side="left")
    return [
        {
            "from": int(orders[place == one].min()), "to": int(orders[place == one].max()),
            "customers": int((place == one).sum()), "predicted": float(foretold[place == one].mean()),
            "observed": float(judged.orders[place == one].mean()),
        }
        for one in np.unique(place)
    ]  # fmt: skip


def _models_told(choice: Choice) -> list[dict[str, Any]]:
    rows = [
        {"model": name, "held_out": choice.held_out[name], "is_chosen": name == choice.best.model,
         "problem": one.problem}
        for name, one in choice.fits.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row["held_out"])


def _parameters(fit: Fit) -> dict[str, Any]:
    return {
        "model": fit.model, "customers": fit.customers, "log_likelihood": fit.height, "problem": fit.problem,
        "parameters": [
            {"name": name, "value": value, "error": error}
            for name, value, error in zip(fit.names, fit.parameters, fit.errors, strict=True)
        ],
    }  # fmt: skip


def _spending_told(spending: GammaGamma) -> dict[str, Any]:
    kept = spending.to_dict()
    return {
        "customers": kept["customers"], "correlation": kept["correlation"], "log_likelihood": kept["height"],
        "is_independent": bool(spending.is_independent), "problem": kept["problem"],
        "parameters": [
            {"name": name, "value": kept[name], "error": error}
            for name, error in zip(("p", "q", "v"), spending.errors, strict=True)
        ],
    }  # fmt: skip


def _amounts_told(found: AmountEvaluation) -> dict[str, Any]:
    return {
        "mae": asdict(found.mae), "rmse": asdict(found.rmse), "mean_ratio": list(found.mean_ratio),
        "rule_mean_ratio": found.baseline_mean_ratio,
    }  # fmt: skip


def _read(model: Model) -> list[str]:
    """The traits a model reads."""
    asked = (name for one in model.regressors.values() for name in one.encoding.names())
    return list(dict.fromkeys([*histories.COLUMNS, *asked]))


def _features(rows: pa.Table) -> pa.Table:
    return rows.drop_columns(_dropped(rows))


def _dropped(rows: pa.Table) -> list[str]:
    return [name for name in _LEFT_OUT if name in rows.column_names]


def _instants(ahead: Floats, as_of: datetime) -> pa.Array:
    """Moments so many days after `as_of`; none where it is never, or farther than anybody plans."""
    known = np.isfinite(ahead) & (ahead <= _FARTHEST)
    start = int(as_of.timestamp() * 1e6)
    moments = start + (np.where(known, ahead, 0.0) * _DAY_MICROSECONDS).astype(np.int64)
    return pa.array(moments, mask=~known).cast(pa.timestamp("us", tz="UTC"))


@lru_cache(maxsize=4)
def _model(artifact: str, digest: str) -> Model:
    return load(artifacts.read(artifact, digest))


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
