"""The category a customer never bought and will most probably buy next, and how probably.

Every pair of a customer and a category not bought yet is one row (`shelves`). Windows are those of other propensities:
what is learnt ends where the judge's window begins. The simple rule is popularity.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cordiale import learning
from cordiale.errors import CordialeError
from cordiale.lake import open_lake
from cordiale.scores import artifacts, observing, probability, shelves
from cordiale.scores.learnt import Learnt, Step
from cordiale.scores.models import ScoreVersion
from cordiale.scores.observing import Past
from cordiale.scores.rules import gate
from cordiale.scores.rules.declarations import Score
from cordiale.scores.rules.gate import Check
from cordiale.scores.shelves import OF_PAIRS, RATE, Shelf

if TYPE_CHECKING:
    from cordiale.learning import Classifier

WINDOWS = 2
"""Windows learnt from at most before the judge's, one before the other."""
_OFFERED, _PAIRS, _CHUNK, _HEAD = 40, 120_000, 4_000, 8
_BOUGHT = (
    "SELECT customer_id, category, min(ts) AS first, max(ts) AS last, count(DISTINCT order_id) AS orders"
    " FROM order_lines WHERE amount >= 0 AND category IS NOT NULL AND ts < ? GROUP BY customer_id, category"
)
_CAME = (
    "SELECT DISTINCT customer_id, category FROM order_lines"
    " WHERE amount >= 0 AND category IS NOT NULL AND ts >= ? AND ts < ?"
)
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Yes = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Model:
    """What a version's file holds."""

    shelf: Shelf
    classifier: Classifier

    def dump(self) -> bytes:
        """For `load`: the length of a JSON head, the head, the classifier."""
        text = json.dumps(self.shelf.as_json()).encode()
        return len(text).to_bytes(_HEAD, "big") + text + self.classifier.dump()


def load(content: bytes) -> Model:
    """What `Model.dump` wrote. Raises CordialeError for what another edition wrote."""
    end = _HEAD + int.from_bytes(content[:_HEAD], "big")
    try:
        shelf = shelves.from_json(json.loads(content[_HEAD:end]))
    except (KeyError, ValueError, TypeError) as error:
        raise CordialeError("the stored model of the next category cannot be read; fit it again") from error
    return Model(shelf=shelf, classifier=learning.load(content[end:]))  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class _Window:
    """Pairs as they stood on a day, and which of them came true within the horizon."""

    as_of: datetime
    shelf: Shelf
    customers: int
    pairs: pa.Table
    who: Numbers
    which: Numbers
    outcome: Yes

    def popularity(self) -> Floats:
        """The simple rule's figure of each pair."""
        return np.asarray(self.shelf.told[RATE][self.which])


def learn(score: Score, now: datetime, step: Step) -> Learnt:
    """Learn on the windows before the judge's, judge, learn anew with it."""
    past, width = observing.past(now), timedelta(days=score.horizons[0])
    judged = _window(score, past, past.until - width)
    before = _window(score, past, judged.as_of - width)
    step()
    checks = _checks(score, past, judged, before)
    base = {
        "customers": judged.customers, "gate": [check.as_json() for check in checks],
        "base_rate": float(judged.outcome.mean()) if len(judged.outcome) else 0.0,
        "first_order_at": probability.iso(past.first_order_at), "until": probability.iso(past.until),
    }  # fmt: skip
    refusals = gate.refusals(checks)
    if refusals:
        return Learnt(as_of=past.until, horizon=score.horizons[0], card=base, refusals=refusals)
    earlier = [before, *_farther(score, past, before)]
    step()
    model, ruled = _fitted(earlier), _fitted(earlier, only=[RATE])
    step()
    chance, by_rule, rank = model.predict(judged.pairs), ruled.predict(judged.pairs), judged.popularity()
    found = learning.evaluate(chance, judged.outcome, rank, groups=judged.who)
    verdict = probability.decide(found, chance, by_rule, judged.outcome)
    step()
    windows, is_model = [judged, *earlier][:WINDOWS], verdict.method == probability.MODEL
    final = _fitted(windows, like=model) if is_model else _fitted(windows, only=[RATE], like=ruled)
    shelf = _shelf(score, _bought(past.until), past.until)
    step()
    in_force = found if is_model else learning.evaluate(by_rule, judged.outcome, rank, groups=judged.who)
    traits = [name for name in final.encoding.names() if name not in OF_PAIRS]
    card = base | {
        "judged_at": probability.iso(judged.as_of), "moments": [probability.iso(one.as_of) for one in windows],
        "learnt_from": int(final.facts["rows"]), "positives": int(judged.outcome.sum()),
        "rule": {"trait": RATE, "sign": 1}, "rules": [], "evaluation": probability.told(found),
        "errors": dict(verdict.errors), "in_force": probability.told(in_force),
        "technique": str(model.facts["method"]), "importance": final.importance(), "left_out": [],
        "reference": learning.reference(judged.pairs.select(traits)).as_json() if traits else {},
        "categories": list(judged.shelf.offered),
    }  # fmt: skip
    return Learnt(as_of=past.until, horizon=score.horizons[0], card=card, method=verdict.method,
                  content=Model(shelf=shelf, classifier=final).dump(), parameters={"features": traits})  # fmt: skip


def values(
    score: Score, version: ScoreVersion, part: pa.Table, mask: pa.Array, as_of: datetime
) -> Mapping[str, pa.Array]:
    """The best category and its probability, for each row for which `mask` holds."""
    chosen, places = part.filter(mask), np.flatnonzero(mask.to_numpy(zero_copy_only=False))
    probabilities = np.full(part.num_rows, np.nan)
    names = np.full(part.num_rows, None, object)
    if chosen.num_rows:
        model = model_of(version)
        for first, pairs, who, which in _pairs(model.shelf, chosen, as_of):
            each, best = _best(model, pairs, who, which)
            rows = places[first + each]
            probabilities[rows] = best.max(axis=1)
            names[rows] = np.array(model.shelf.offered, object)[best.argmax(axis=1)]
    return {"probability": pa.array(probabilities, from_pandas=True), "category": pa.array(names, pa.string())}


def drivers(version: ScoreVersion, row: pa.Table, as_of: datetime, top: int) -> list[tuple[str, float]]:
    """What moved the log-odds of one customer's best category most."""
    model = model_of(version)
    _first, pairs, _who, which = next(_pairs(model.shelf, row, as_of))
    if not pairs.num_rows:
        return []
    best = int(np.lexsort((which, -model.classifier.predict(pairs)))[0])
    return model.classifier.drivers(pairs.slice(best, 1), top).of(0)


def model_of(version: ScoreVersion) -> Model:
    """The fitted model of a version. Raises CordialeError where its file is gone or changed."""
    return _model(version.artifact, version.digest)


def _pairs(shelf: Shelf, rows: pa.Table, as_of: datetime) -> Iterator[tuple[int, pa.Table, Numbers, Numbers]]:
    """A chunk of customers at a time: the place of its first in `rows`, its pairs, and the places of both in it."""
    everyone = rows["customer_id"].combine_chunks()
    bought = open_lake().query(_BOUGHT, bind=[as_of], only_customers=everyone)
    for first in range(0, rows.num_rows, _CHUNK):
        some = rows.slice(first, _CHUNK)
        held = shelf.baskets(some["customer_id"].to_numpy(), bought, as_of)
        yield first, *shelf.pairs(some, held)


def _best(model: Model, pairs: pa.Table, who: Numbers, which: Numbers) -> tuple[Numbers, Floats]:
    """The customers who have a pair, and how probable each offered category is for them; -1 of what they bought."""
    each, place = np.unique(who, return_inverse=True)
    chance = np.full((len(each), len(model.shelf.offered)), -1.0)
    chance[place, which] = model.classifier.predict(pairs)
    return each, chance


def _farther(score: Score, past: Past, before: _Window) -> list[_Window]:
    """Windows before the one that is always learnt from, each with the history the gate asks for."""
    width, windows = timedelta(days=score.horizons[0]), []
    for number in range(1, WINDOWS):
        as_of = before.as_of - number * width
        if past.days_before(as_of) < score.gate.history:
            break
        windows.append(_window(score, past, as_of))
    return windows


def _window(score: Score, past: Past, as_of: datetime) -> _Window:
    bought = _bought(as_of)
    shelf = _shelf(score, bought, as_of)
    rows = observing.describe(score, as_of, past.buyers).sort_by("customer_id")
    most = max(1, _PAIRS // max(1, len(shelf.offered)))
    if rows.num_rows > most:
        rows = rows.take(pa.array(np.linspace(0, rows.num_rows - 1, most).astype(np.int64)))
    ids = rows["customer_id"].to_numpy()
    pairs, who, which = shelf.pairs(rows, shelf.baskets(ids, bought, as_of))
    after = open_lake().query(_CAME, bind=[as_of, as_of + timedelta(days=score.horizons[0])])
    return _Window(
        as_of=as_of, shelf=shelf, customers=rows.num_rows, pairs=pairs, who=ids[who], which=which,
        outcome=shelf.came(ids, after, who, which),
    )  # fmt: skip


def _bought(as_of: datetime) -> pa.Table:
    """What everybody had bought before, but those who asked that nothing be learnt from them."""
    bought = open_lake().query(_BOUGHT, bind=[as_of])
    return bought.filter(pc.invert(pc.is_in(bought["customer_id"], observing.restricted())))


def _shelf(score: Score, bought: pa.Table, as_of: datetime) -> Shelf:
    return shelves.stand(bought, as_of, score.horizons[0], offered=_OFFERED)


def _checks(score: Score, past: Past, judged: _Window, before: _Window) -> list[Check]:
    did = int(judged.outcome.sum())
    return [
        Check(measure=gate.BUYERS, have=past.buyers, need=score.gate.buyers),
        Check(measure=gate.HISTORY, have=past.days_before(before.as_of), need=score.gate.history),
        Check(measure=gate.POSITIVES, have=min(did, int(before.outcome.sum())), need=score.gate.positives),
        Check(measure=gate.NEGATIVES, have=len(judged.outcome) - did, need=score.gate.positives),
    ]


def _fitted(windows: list[_Window], only: list[str] | None = None, like: Classifier | None = None) -> Classifier:
    rows = pa.concat_tables([one.pairs for one in windows])
    outcome = np.concatenate([one.outcome for one in windows])
    who = np.concatenate([one.who for one in windows])
    return learning.fit_classifier(rows.select(only) if only else rows, outcome, groups=who, like=like)


@lru_cache(maxsize=4)
def _model(artifact: str, digest: str) -> Model:
    return load(artifacts.read(artifact, digest))
