"""Learning weights: by expectation maximisation from a large base, or from a sample whose truth is known."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from splink import block_on
from splink.internals.exceptions import SplinkException

from cordiale.duplicates.linking.comparisons import COMPARISONS, TERMS, Comparison, Weights
from cordiale.duplicates.linking.engine import Base
from cordiale.duplicates.linking.model import Model

ENOUGH = 20_000
"""Records from which weights are learned from the base itself."""
_RANDOM_PAIRS = 1_000_000
_BLOCKED_PAIRS = 500_000  # without this bound expectation maximisation takes most of a run's time
_FREQUENT = 20  # holders from which a value's own frequency is kept; rarer ones share the floor and name nobody
_MOST_TERMS = 3_000
_SHARED_BY = {"birth_on": 0.004, "email": 0.0005, "loose_email": 0.0005, "phone": 0.0005}
_SHARED_AT_LEAST = 25
_SEED = 1
_log = logging.getLogger(__name__)


def learn(base: Base, start: Model) -> Model:
    """A model of this base. Weights are learned where it is large enough and what was learned makes sense."""
    model = replace(start.for_base(base.count()), common=_common(base))
    base.blank(model)
    if base.count() < ENOUGH:
        return model
    model = replace(model, **_terms(base))
    return _trained(base, model)


def learn_from_truth(base: Base, start: Model, truth: str) -> Model:
    """Weights counted from true pairs; `truth` is a table of unique_id and person, over the base's records."""
    model = replace(start, **_terms(base)).for_base(base.count())
    base.rows(
        f"CREATE OR REPLACE TABLE labelled AS SELECT r.*, t.person FROM records r JOIN {truth} t USING (unique_id)"
    )
    linker = base.linker(model, "labelled")
    linker.training.estimate_u_using_random_sampling(max_pairs=_RANDOM_PAIRS, seed=_SEED, min_count_per_level=None)
    linker.training.estimate_m_from_label_column("person")
    return replace(model, weights=_weights(linker, start.weights))


def _trained(base: Base, start: Model) -> Model:
    linker = base.linker(start)
    linker.training.estimate_u_using_random_sampling(max_pairs=_RANDOM_PAIRS, seed=_SEED, min_count_per_level=None)
    for rule in (("birth_on",), ("first_name", "last_name"), ("email",)):
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*rule), estimate_without_term_frequencies=True, max_pairs=_BLOCKED_PAIRS
            )
        except (SplinkException, ValueError, ZeroDivisionError) as reason:  # nobody shares these values here
            _log.info("duplicates: nothing learned from %s: %s", rule, reason)
    weights = _weights(linker, start.weights)
    return replace(start, weights=weights, is_trained=True) if _makes_sense(weights) else start


def _weights(linker: Any, start: Weights) -> dict[str, dict[str, list[float]]]:
    """Splink's figures; where it saw nothing, those we started from."""
    trained = {
        one["output_column_name"]: one["comparison_levels"] for one in linker.misc.save_model_to_json()["comparisons"]
    }
    return {one.name: _levels(one, trained[one.name], start[one.name]) for one in COMPARISONS}


def _levels(
    comparison: Comparison, trained: list[Mapping[str, Any]], start: Mapping[str, Any]
) -> dict[str, list[float]]:
    figures = {one["label_for_charts"]: one for one in trained}
    return {
        level.name: [
            _figure(figures[level.name].get("m_probability"), start[level.name][0]),
            _figure(figures[level.name].get("u_probability"), start[level.name][1]),
        ]
        for level in comparison.levels
    }


def _figure(learned: Any, otherwise: float) -> float:
    return min(max(float(learned), 1e-8), 1 - 1e-8) if isinstance(learned, float | int) else otherwise


def _makes_sense(weights: Weights) -> bool:
    """Sharing a value must speak for, and differing against: a base of few pairs can teach the contrary."""
    return all(
        levels[comparison.levels[0].name][0] > 5 * levels[comparison.levels[0].name][1]
        and levels["different"][0] < levels["different"][1]
        for comparison in COMPARISONS
        for levels in [weights[comparison.name]]
    )


def _common(base: Base) -> dict[str, list[str]]:
    found = {}
    for column, share in _SHARED_BY.items():
        rows = base.rows(
            f"SELECT md5({column}) FROM records WHERE {column} IS NOT NULL"
            f" GROUP BY {column} HAVING count(*) > ? ORDER BY 1",
            [max(_SHARED_AT_LEAST, share * base.count())],
        )
        found[column] = [digest for (digest,) in rows]
    return found


def _terms(base: Base) -> dict[str, Any]:
    terms, floors = {}, {}
    for column in TERMS:
        rows = base.rows(
            f"SELECT {column}, count(*) FROM records WHERE {column} IS NOT NULL GROUP BY {column} ORDER BY 2 DESC, 1"
        )
        total = sum(count for _, count in rows) or 1
        kept = [(value, count) for value, count in rows[:_MOST_TERMS] if count >= _FREQUENT]
        rest = rows[len(kept) :]
        terms[column] = {value: count / total for value, count in kept}
        floors[column] = sum(count for _, count in rest) / (len(rest) or 1) / total if rest else 1 / total
    return {"terms": terms, "floors": floors}
