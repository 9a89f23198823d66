"""The category a customer never bought and will most probably buy next, and how probably.

Every pair of a customer and a category not bought yet is one row: how near the category is to those the customer buys
(cosine of their buyers), how many bought it first of late, and how the customer orders. Windows are those of other
propensities: what is learnt ends where the judge's window begins. The simple rule is popularity.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cordiale import learning
from cordiale.lake import open_lake
from cordiale.scores import artifacts, observing, probability
from cordiale.scores.learnt import Learnt, Step
from cordiale.scores.models import ScoreVersion
from cordiale.scores.observing import Past
from cordiale.scores.rules import gate
from cordiale.scores.rules.declarations import Score
from cordiale.scores.rules.gate import Check

if TYPE_CHECKING:
    from cordiale.learning import Classifier

AFFINITY, RATE, SHARE = "category_affinity", "category_rate", "category_share"
OF_CATEGORIES = (AFFINITY, RATE, SHARE)
OF_CUSTOMERS = (
    "orders_30d", "orders_90d", "spend_90d", "recency_days", "distinct_categories_365d", "average_basket",
    "days_between_orders", "promotion_share",
)  # fmt: skip
_KNOWN, _OFFERED, _PAIRS, _HEAD = 300, 40, 120_000, 8
_FIRST = "SELECT customer_id, category, min(ts) AS first FROM order_lines WHERE amount >= 0 AND category IS NOT NULL"
Floats = npt.NDArray[np.float64]
Yes = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """The categories as they stood on a day: `known` ones, and those `offered`, most often bought first of late first.

    `near` (known, offered) is the cosine of their buyers; `rate` the share of those who had not bought an offered one
    who did of late; `share` that of all who ever did.
    """

    known: tuple[str, ...]
    offered: tuple[str, ...]
    near: Floats
    rate: Floats
    share: Floats

    def own(self, ids: npt.NDArray[np.int64], bought: pa.Table) -> Yes:
        """Who bought which known category, shape (ids, known); `bought`: customer_id, category."""
        place = pc.index_in(bought["customer_id"], pa.array(ids)).combine_chunks()
        kind = pc.index_in(bought["category"], pa.array(self.known, pa.string())).combine_chunks()
        both = pc.and_(place.is_valid(), kind.is_valid())
        found = np.zeros((len(ids), len(self.known)), bool)
        found[place.filter(both).to_numpy(), kind.filter(both).to_numpy()] = True
        return found

    def pairs(self, rows: pa.Table, own: Yes) -> tuple[pa.Table, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """A row for each customer and offered category not bought yet, with the places of both."""
        columns = [self.known.index(name) for name in self.offered]
        who, which = np.nonzero(~own[:, columns])
        many = np.maximum(own.sum(axis=1), 1)
        affinity = (own.astype(np.float64) @ self.near) / many[:, None]
        told = {AFFINITY: affinity[who, which], RATE: self.rate[which], SHARE: self.share[which]}
        traits = [name for name in OF_CUSTOMERS if name in rows.column_names]
        figures = {name: rows[name].cast(pa.float64(), safe=False).to_numpy()[who] for name in traits}
        return pa.table({**told, **figures}), who, which


@dataclass(frozen=True, kw_only=True)
class Model:
    """What a version's file holds."""

    shelf: Shelf
    classifier: Classifier

    def dump(self) -> bytes:
        """For `load`: the length of a JSON head, the head, the classifier."""
        plain = {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in asdict(self.shelf).items()
        }
        text = json.dumps(plain).encode()
        return len(text).to_bytes(_HEAD, "big") + text + self.classifier.dump()


def load(content: bytes) -> Model:
    """What `Model.dump` wrote."""
    end = _HEAD + int.from_bytes(content[:_HEAD], "big")
    head = json.loads(content[_HEAD:end])
    arrays = {name: np.array(head[name], np.float64) for name in ("near", "rate", "share")}
    names = {name: tuple(head[name]) for name in ("known", "offered")}
    return Model(shelf=Shelf(**names, **arrays), classifier=learning.load(content[end:]))  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class _Window:
    """Pairs as they stood on a day, and which of them came true within the horizon."""

    as_of: datetime
    shelf: Shelf
    customers: int
    pairs: pa.Table
    who: npt.NDArray[np.int64]
    which: npt.NDArray[np.int64]
    outcome: Yes


def learn(score: Score, now: datetime, step: Step) -> Learnt:
    """Learn on the window before the judge's, judge, learn anew with both."""
    past, horizon = observing.past(now), score.horizons[0]
    width = timedelta(days=horizon)
    firsts = open_lake().query(f"{_FIRST} AND ts < ? GROUP BY customer_id, category", bind=[past.until])
    judged, before = (_window(score, past, firsts, past.until - number * width) for number in (1, 2))
    step()
    checks = _checks(score, past, judged, before)
    base = {
        "customers": judged.customers, "gate": [check.as_json() for check in checks],
        "base_rate": float(judged.outcome.mean()) if len(judged.outcome) else 0.0,
        "first_order_at": probability.iso(past.first_order_at), "until": probability.iso(past.until),
    }  # fmt: skip
    refusals = gate.refusals(checks)
    if refusals:
        return Learnt(as_of=past.until, horizon=horizon, card=base, refusals=refusals)
    model, ruled = _fitted([before]), _fitted([before], only=[RATE])
    step()
    chance, by_rule = model.predict(judged.pairs), ruled.predict(judged.pairs)
    found = learning.evaluate(chance, judged.outcome, judged.shelf.rate[judged.which], groups=judged.who)
    verdict = probability.decide(found, chance, by_rule, judged.outcome)
    step()
    method = verdict.method
    final = _fitted([judged, before], only=[RATE] if method == probability.RULE else [])
    step()
    ours = learning.evaluate(by_rule, judged.outcome, judged.shelf.rate[judged.which], groups=judged.who)
    traits = [name for name in final.encoding.names() if name not in OF_CATEGORIES]
    card = base | {
        "judged_at": probability.iso(judged.as_of), "moments": [probability.iso(one.as_of) for one in (judged, before)],
        "learnt_from": int(final.facts["rows"]), "positives": int(judged.outcome.sum()),
        "rule": {"trait": RATE, "sign": 1}, "rules": [], "evaluation": probability.told(found),
        "errors": dict(verdict.errors),
        "in_force": probability.told(found if method == probability.MODEL else ours),
        "technique": str(model.facts["method"]), "importance": final.importance(), "left_out": [],
        "reference": learning.reference(judged.pairs.select(traits)).as_json() if traits else {},
        "categories": list(judged.shelf.offered),
    }  # fmt: skip
    content = Model(shelf=_shelf(firsts, past.until, horizon), classifier=final).dump()
    return Learnt(as_of=past.until, horizon=horizon, card=card, method=method, content=content,
                  parameters={"features": traits})  # fmt: skip


def values(
    score: Score, version: ScoreVersion, part: pa.Table, mask: pa.Array, as_of: datetime
) -> Mapping[str, pa.Array]:
    """The best category and its probability, for each row for which `mask` holds."""
    chosen, places = part.filter(mask), np.flatnonzero(mask.to_numpy(zero_copy_only=False))
    probabilities = np.full(part.num_rows, np.nan)
    names = np.full(part.num_rows, None, object)
    if chosen.num_rows:
        chance, who, which = _chances(version, chosen, as_of)
        order = np.lexsort((which, -chance, who))
        first = order[np.unique(who[order], return_index=True)[1]]
        rows = places[who[first]]
        probabilities[rows] = chance[first]
        names[rows] = np.array(model_of(version).shelf.offered, object)[which[first]]
    return {"probability": pa.array(probabilities, from_pandas=True), "category": pa.array(names, pa.string())}


def drivers(version: ScoreVersion, row: pa.Table, as_of: datetime, top: int) -> list[tuple[str, float]]:
    """What moved the log-odds of one customer's best category most."""
    model = model_of(version)
    pairs, _who, which = _pairs(model.shelf, row, as_of)
    if not pairs.num_rows:
        return []
    best = int(np.lexsort((which, -model.classifier.predict(pairs)))[0])
    return model.classifier.drivers(pairs.slice(best, 1), top).of(0)


def model_of(version: ScoreVersion) -> Model:
    """The fitted model of a version. Raises CordialeError where its file is gone or changed."""
    return _model(version.artifact, version.digest)


def _chances(
    version: ScoreVersion, rows: pa.Table, as_of: datetime
) -> tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    model = model_of(version)
    pairs, who, which = _pairs(model.shelf, rows, as_of)
    return model.classifier.predict(pairs), who, which


def _pairs(
    shelf: Shelf, rows: pa.Table, as_of: datetime
) -> tuple[pa.Table, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    ids = rows["customer_id"].combine_chunks()
    bought = open_lake().query(f"{_FIRST} AND ts < ? GROUP BY customer_id, category", bind=[as_of], only_customers=ids)
    return shelf.pairs(rows, shelf.own(ids.to_numpy(), bought))


def _window(score: Score, past: Past, firsts: pa.Table, as_of: datetime) -> _Window:
    horizon = score.horizons[0]
    shelf = _shelf(firsts, as_of, horizon)
    rows = observing.describe(score, as_of, past.buyers)
    most = max(1, _PAIRS // max(1, len(shelf.offered)))
    rows = (
        rows.take(pa.array(np.linspace(0, rows.num_rows - 1, most).astype(np.int64))) if rows.num_rows > most else rows
    )
    ids = rows["customer_id"].to_numpy()
    before, end = (
        pa.scalar(as_of, firsts["first"].type),
        pa.scalar(as_of + timedelta(days=horizon), firsts["first"].type),
    )
    own = shelf.own(ids, firsts.filter(pc.less(firsts["first"], before)))
    then = shelf.own(ids, firsts.filter(pc.less(firsts["first"], end)))
    pairs, who, which = shelf.pairs(rows, own)
    columns = np.array([shelf.known.index(name) for name in shelf.offered], np.int64)
    outcome = then[who, columns[which]] if len(which) else np.zeros(0, bool)
    return _Window(
        as_of=as_of, shelf=shelf, customers=rows.num_rows, pairs=pairs, who=who, which=which, outcome=outcome
    )


def _shelf(firsts: pa.Table, as_of: datetime, horizon: int) -> Shelf:
    """The categories as they stood at `as_of`, from who first bought what when."""
    kind = firsts["first"].type
    seen = firsts.filter(pc.less(firsts["first"], pa.scalar(as_of, kind)))
    late = seen.filter(pc.greater_equal(seen["first"], pa.scalar(as_of - timedelta(days=horizon), kind)))
    counted, fresh = _counts(seen), _counts(late)
    known = tuple(sorted(counted, key=lambda name: (-counted[name], name))[:_KNOWN])
    offered = tuple(sorted((name for name in known if name in fresh), key=lambda name: (-fresh[name], name))[:_OFFERED])
    everyone = max(1, pc.count_distinct(seen["customer_id"]).as_py())
    new = np.array([fresh[name] for name in offered], np.float64)
    all_time = np.array([counted[name] for name in offered], np.float64)
    return Shelf(
        known=known, offered=offered, near=_near(seen, known, offered),
        rate=new / np.maximum(1, everyone - all_time + new), share=all_time / everyone,
    )  # fmt: skip


def _near(seen: pa.Table, known: tuple[str, ...], offered: tuple[str, ...]) -> Floats:
    """The cosine of the buyers of each known category and each offered one; 0 of a category with itself."""
    from scipy import sparse  # noqa: PLC0415 - slow to import

    kind = pc.index_in(seen["category"], pa.array(known, pa.string())).combine_chunks()
    is_known = kind.is_valid()
    who = seen["customer_id"].combine_chunks().filter(is_known).dictionary_encode().indices.to_numpy()
    which = kind.filter(is_known).to_numpy()
    shape = (int(who.max()) + 1 if len(who) else 1, max(1, len(known)))
    bought = sparse.csc_matrix((np.ones(len(who)), (who, which)), shape=shape)
    together = np.asarray((bought.T @ bought).todense(), np.float64)
    size = np.sqrt(np.maximum(np.diag(together), 1.0))
    cosine = together / size[:, None] / size[None, :]
    np.fill_diagonal(cosine, 0.0)
    return cosine[: len(known), [known.index(name) for name in offered]]


def _counts(rows: pa.Table) -> dict[str, int]:
    counted = pc.value_counts(rows["category"]).to_pylist()
    return {one["values"]: one["counts"] for one in counted}


def _checks(score: Score, past: Past, judged: _Window, before: _Window) -> list[Check]:
    did = int(judged.outcome.sum())
    return [
        Check(measure=gate.BUYERS, have=past.buyers, need=score.gate.buyers),
        Check(measure=gate.HISTORY, have=past.days_before(before.as_of), need=score.gate.history),
        Check(measure=gate.POSITIVES, have=min(did, int(before.outcome.sum())), need=score.gate.positives),
        Check(measure=gate.NEGATIVES, have=len(judged.outcome) - did, need=score.gate.positives),
    ]


def _fitted(windows: list[_Window], only: list[str] | None = None) -> Classifier:
    rows = pa.concat_tables([one.pairs for one in windows])
    outcome = np.concatenate([one.outcome for one in windows])
    who = np.concatenate([one.who for one in windows])
    return learning.fit_classifier(rows.select(only) if only else rows, outcome, groups=who)


@lru_cache(maxsize=4)
def _model(artifact: str, digest: str) -> Model:
    return load(artifacts.read(artifact, digest))
