"""Lapse risks and propensities: learnt on earlier windows, judged on the last one, then learnt anew with it.

With E the end of what is known and H the horizon, the judge's window is [E − H, E): its customers are described by
facts before E − H alone. What is learnt for it ends at E − H, so that nothing of the judge's window is in it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cordiale import learning
from cordiale.insight import definitions as insight
from cordiale.insight.rules.expressions import NUMERIC
from cordiale.scores import artifacts, observing
from cordiale.scores.learnt import Learnt, Step
from cordiale.scores.models import ScoreVersion
from cordiale.scores.observing import Observed, Past
from cordiale.scores.rules import gate
from cordiale.scores.rules.declarations import Score
from cordiale.scores.rules.gate import Check

if TYPE_CHECKING:
    from cordiale.learning import Classifier, Evaluation

MODEL, RULE = "model", "rule"
WINDOWS = 3
"""Windows learnt from at most, one before the other."""
SUITS = (0.05, 0.5)
"""The share of customers who do it, where there is a choice of horizons."""
_RULES = (
    "recency_days", "overdue_ratio", "days_between_orders", "orders_30d", "orders_90d", "orders_365d", "orders_total",
    "spend_30d", "spend_90d", "spend_365d",
)  # fmt: skip
_LEFT_OUT = ("customer_id", "rfm")
_MEASURES = ("brier", "log_loss", "auc", "average_precision", "lift_10", "lift_1")
_log = logging.getLogger(__name__)
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A ranking by one trait: by its value, or by its opposite (`sign` −1). Unknown values rank last."""

    trait: str
    sign: int

    def rank(self, features: pa.Table) -> Floats:
        """A figure for each row, higher for who is more likely."""
        values = self.sign * features[self.trait].cast(pa.float64(), safe=False).to_numpy()
        known = values[np.isfinite(values)]
        return np.where(np.isfinite(values), values, known.min() - 1 if known.size else 0.0)


def learn(score: Score, now: datetime, step: Step) -> Learnt:
    """Learn, judge, learn anew. What beats no simple rule gives way to that rule, made a probability."""
    past = observing.past(now)
    judged, checks = _judged(score, past)
    step()
    base = {
        "customers": judged.features.num_rows, "gate": [check.as_json() for check in checks],
        "base_rate": _share(judged.outcome), "first_order_at": iso(past.first_order_at), "until": iso(past.until),
    }  # fmt: skip
    refusals = gate.refusals(checks)
    if refusals:
        return Learnt(as_of=past.until, horizon=judged.horizon, card=base, refusals=refusals)
    earlier = _earlier(score, past, judged)
    step()
    rows, outcome, _customers, _days = _stacked(earlier)
    rule = best_rule(rows, outcome)
    model = _fitted(earlier, _plain(judged))
    step()
    ruled = _fitted(earlier, _plain(judged), (rule.trait,))
    asked = _plain(judged)
    chance, by_rule, rank = model.predict(asked), ruled.predict(asked), rule.rank(asked)
    found = learning.evaluate(chance, judged.outcome, rank)
    verdict = decide(found, chance, by_rule, judged.outcome)
    method, errors = verdict.method, verdict.errors
    step()
    windows, present = [judged, *earlier][:WINDOWS], observing.describe(score, past.until, past.buyers)
    only, like = ((), model) if method == MODEL else ((rule.trait,), ruled)
    final = _fitted(windows, _aged(present, past.until), only, like)
    reference = learning.reference(_plain(judged).select(list(final.encoding.names())))
    step()
    in_force = told(found if method == MODEL else learning.evaluate(by_rule, judged.outcome, rank))
    card = base | {
        "judged_at": iso(judged.as_of), "moments": [iso(one.as_of) for one in windows],
        "past_rates": [_share(one.outcome) for one in earlier],
        "learnt_from": int(final.facts["rows"]), "positives": int(judged.outcome.sum()), "rule": asdict(rule),
        "rules": ranked_rules(rows, outcome), "evaluation": told(found), "errors": dict(errors), "in_force": in_force,
        "technique": str(model.facts["method"]), "importance": final.importance(),
        "left_out": list(final.facts.get("left_out", [])), "reference": reference.as_json(),
    }  # fmt: skip
    return Learnt(
        as_of=past.until, horizon=judged.horizon, card=card, method=method, content=final.dump(),
        parameters={"features": list(final.encoding.names())},
    )  # fmt: skip


def values(
    score: Score, version: ScoreVersion, part: pa.Table, mask: pa.Array, as_of: datetime
) -> Mapping[str, pa.Array]:
    """The probability for each row for which `mask` holds, unknown for the others.

    A trait that is no longer computed counts as unknown for everybody.
    """
    chosen = part.filter(mask)
    probability = np.full(part.num_rows, np.nan)
    if chosen.num_rows:
        model = model_of(version)
        known = model.encoding.completed(chosen)
        probability[mask.to_numpy(zero_copy_only=False)] = model.predict(known, as_of=as_of)
    return {"probability": pa.array(probability, from_pandas=True)}


def drivers(version: ScoreVersion, row: pa.Table, as_of: datetime, top: int) -> list[tuple[str, float]]:
    """The traits that moved one customer's log-odds most, the strongest first; none that is no longer computed."""
    model = model_of(version)
    gone = model.encoding.lacking(row)
    moved = model.drivers(model.encoding.completed(row), top + len(gone), as_of=as_of).of(0)
    return [(name, effect) for name, effect in moved if name not in gone][:top]


def model_of(version: ScoreVersion) -> Classifier:
    """The fitted classifier of a version. Raises CordialeError where its file is gone or changed."""
    return _model(version.artifact, version.digest)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What goes in force, and the Brier score of the model and of the rule learnt in the same way."""

    method: str
    errors: Mapping[str, float]


def decide(found: Evaluation, chance: Floats, by_rule: Floats, outcome: npt.NDArray[np.bool_]) -> Verdict:
    """The model, where it ranks better than the rule and is no farther from what happened; else the rule."""
    errors = {MODEL: _brier(chance, outcome), RULE: _brier(by_rule, outcome)}
    is_better = found.average_precision.ratio > 1 and errors[MODEL] <= errors[RULE]
    return Verdict(method=MODEL if is_better else RULE, errors=errors)


def best_rule(features: pa.Table, outcome: npt.NDArray[np.bool_]) -> Rule:
    """The trait that alone ranks best, on what is learnt from: the judge's window has no say in it."""
    first = ranked_rules(features, outcome)[0]
    return Rule(trait=first["trait"], sign=first["sign"])


def ranked_rules(features: pa.Table, outcome: npt.NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Every simple rule tried, with its average precision, the best first."""
    from sklearn.metrics import average_precision_score  # noqa: PLC0415 - slow to import

    tried = []
    for trait in _rule_traits(features):
        for sign in (1, -1):
            reached = average_precision_score(outcome, Rule(trait=trait, sign=sign).rank(features))
            tried.append({"trait": trait, "sign": sign, "average_precision": float(reached)})
    return sorted(tried, key=lambda one: (-one["average_precision"], one["trait"], one["sign"]))


def told(found: Evaluation) -> dict[str, Any]:
    """An evaluation as the card keeps it."""
    return {
        "rows": found.rows, "positives": found.positives, "mean_ratio": list(found.mean_ratio),
        "measures": {name: asdict(getattr(found, name)) for name in _MEASURES},
        "reliability": [asdict(one) for one in found.reliability],
    }  # fmt: skip


def _judged(score: Score, past: Past) -> tuple[Observed, list[Check]]:
    """The judge's window at the first horizon that suits the base, and what the gate finds in it."""
    tried = []
    for horizon in score.horizons:
        judged = observing.observe(score, past.until - timedelta(days=horizon), horizon, past.buyers)
        checks = _checks(score, past, judged)
        tried.append((judged, checks))
        if not gate.refusals(checks) and SUITS[0] <= _share(judged.outcome) <= SUITS[1]:
            return judged, checks
    passed = [one for one in tried if not gate.refusals(one[1])]
    return min(passed or tried[:1], key=lambda one: abs(_share(one[0].outcome) - np.mean(SUITS)))


def _checks(score: Score, past: Past, judged: Observed) -> list[Check]:
    did = int(judged.outcome.sum())
    return [
        Check(measure=gate.BUYERS, have=past.buyers, need=score.gate.buyers),
        Check(measure=gate.HISTORY, have=past.days_before(judged.as_of - timedelta(days=judged.horizon)),
              need=score.gate.history),
        Check(measure=gate.POSITIVES, have=did, need=score.gate.positives),
        Check(measure=gate.NEGATIVES, have=len(judged.outcome) - did, need=score.gate.positives),
    ]  # fmt: skip


def _earlier(score: Score, past: Past, judged: Observed) -> list[Observed]:
    """Windows that end where the judge's begins, or before; each with the history the gate asks for."""
    width, windows = timedelta(days=judged.horizon), []
    for number in range(1, WINDOWS + 1):
        as_of = judged.as_of - number * width
        if number > 1 and past.days_before(as_of) < score.gate.history:
            break
        windows.append(observing.observe(score, as_of, judged.horizon, past.buyers))
    return windows


def _stacked(windows: Sequence[Observed]) -> tuple[pa.Table, npt.NDArray[np.bool_], Numbers, Numbers]:
    """Several windows as one table, with the outcome, the customer and the day of each row."""
    return (
        pa.concat_tables([_plain(one) for one in windows]),
        np.concatenate([one.outcome for one in windows]),
        np.concatenate([one.customers for one in windows]),
        np.concatenate([np.full(len(one.outcome), one.as_of.toordinal(), np.int64) for one in windows]),
    )


def _fitted(
    windows: Sequence[Observed], current: pa.Table, only: Sequence[str] = (), like: Classifier | None = None
) -> Classifier:
    """What these windows teach; traits that do not mean the same of the `current` customers are left out."""
    rows, outcome, customers, days = _stacked(windows)
    if only:
        return learning.fit_classifier(rows.select(list(only)), outcome, groups=customers, days=days, like=like)
    return learning.fit_classifier(rows, outcome, groups=customers, days=days, current=current, like=like)


def _plain(window: Observed) -> pa.Table:
    return _aged(window.features, window.as_of)


def _aged(features: pa.Table, as_of: datetime) -> pa.Table:
    """Features with instants as days before `as_of`, so that those of several days stand in one table."""
    return learning.ages(features.select([name for name in features.column_names if name not in _LEFT_OUT]), as_of)


def _rule_traits(features: pa.Table) -> list[str]:
    counted = [one.name for one in insight.current().traits if one.source == "events" and one.type in NUMERIC]
    names = [name for name in (*_RULES, *counted) if name in features.column_names]
    return names or [one.name for one in insight.current().traits if one.type in NUMERIC]


@lru_cache(maxsize=16)
def _model(artifact: str, digest: str) -> Classifier:
    return learning.load(artifacts.read(artifact, digest))  # type: ignore[return-value]


def _brier(chance: Floats, outcome: npt.NDArray[np.bool_]) -> float:
    return float(((chance - outcome) ** 2).mean())


def _share(outcome: npt.NDArray[np.bool_]) -> float:
    return float(outcome.mean()) if len(outcome) else 0.0


def iso(instant: datetime | None) -> str | None:
    """An instant as the card keeps it."""
    return instant.isoformat() if instant else None
